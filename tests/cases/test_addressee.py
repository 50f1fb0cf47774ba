"""Who is written to: one answer for letters, mails and the outgoing post."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import consents
from apps.cases.addressee import addressee_of, addressees_of, correspondents
from apps.cases.emails import link_for, notify
from apps.cases.models import Case, Consent, Mandate, Party, PartyContact
from apps.cases.states import PartyRole, Way
from apps.cases.transitions import can_be_asked
from apps.core.business_calendar import today
from apps.notices import rendering
from apps.notices.models import Delivery
from tests import factories


@pytest.fixture
def represented(parking_case: Case) -> Case:
    """Aylin's case, in which a lawyer without an account receives for her."""
    lawyer = Party.objects.create(
        case=parking_case, role=PartyRole.REPRESENTATIVE, organisation="Kanzlei Łukaszewicz", family_name="Łukaszewicz"
    )
    PartyContact.objects.create(
        party=lawyer, street="Am Markt", house_number="1", postcode="38100", city="Braunschweig",
        email="kanzlei@example.org",
    )  # fmt: skip
    aylins = parking_case.parties.get(role=PartyRole.APPLICANT)
    Mandate.objects.create(principal=aylins, representative=lawyer, receives=True)
    return parking_case


def test_applicant_is_written_to_and_mails_go_to_the_account(parking_case: Case, aylin: User) -> None:
    PartyContact.objects.filter(party__case=parking_case).update(email="alt@example.org")
    found = addressee_of(parking_case)
    assert found.party == parking_case.parties.get()
    assert (found.account, found.email) == (aylin, aylin.email)


def test_joint_person_entered_first_is_not_the_first_addressee(parking_case: Case) -> None:
    applicant = parking_case.parties.get()
    joint = Party.objects.create(case=parking_case, role=PartyRole.JOINT, family_name="Yıldız", pk=applicant.pk - 10**6)
    assert [found.principal for found in addressees_of(parking_case)] == [applicant, joint]


@pytest.mark.parametrize(
    ("consents_", "is_active", "way"),
    [(True, True, Way.PORTAL), (False, True, Way.POST), (True, False, Way.POST)],
)
def test_letters_come_into_the_portal_only_with_consent_and_an_open_account(
    parking_case: Case, aylin: User, consents_: bool, is_active: bool, way: str
) -> None:
    if not consents_:
        Consent.objects.update(withdrawn_at=timezone.now())
    User.objects.filter(pk=aylin.pk).update(is_active=is_active)
    assert addressee_of(parking_case).way == way


def test_address_that_somebody_else_has_given_is_not_written_to(parking_case: Case, juergen: User) -> None:
    """It proves nothing; an account that was connected does."""
    joint = factories.joint_party(parking_case, email=juergen.email)
    assert [found.email for found in correspondents(parking_case)] == ["aylin@example.org"]
    Party.objects.filter(pk=joint.pk).update(account=juergen)
    assert [found.email for found in correspondents(parking_case)] == ["aylin@example.org", juergen.email]


def test_representative_gets_letter_and_mail_and_the_party_a_copy_that_says_so(
    client: Any, represented: Case, karla: Any
) -> None:
    assert not can_be_asked(represented)
    assert link_for(represented, addressee_of(represented)) == ""
    mail = notify(represented, "case_question", due_on=represented.due_on)
    assert mail is not None
    assert mail.to_address == "kanzlei@example.org"
    applications.decide(represented, outcome=Status.REJECTED, reasons="Darum.", by=karla, fee=None)
    counts, copy = Delivery.objects.order_by("is_copy")
    assert (counts.way, counts.is_copy, copy.way, copy.is_copy) == (Way.POST, False, Way.PORTAL, True)
    assert counts.recipients[:2] == ["Kanzlei Łukaszewicz", "Łukaszewicz"]
    assert counts.letter.context["on_behalf_of"] == "Aylin Özdemir-Groß"
    assert copy.letter.context["copy_of"] == "Kanzlei Łukaszewicz, Łukaszewicz"
    for delivery in (counts, copy):
        rendering.render(delivery.letter_id)
    page = client.as_(karla).get("/verwaltung/postausgang/").content.decode()
    assert "Kanzlei Łukaszewicz" in page
    assert "38100 Braunschweig" in page


@pytest.mark.parametrize(
    "over", [{"revoked_at": timezone.now()}, {"valid_until": today() - dt.timedelta(days=1)}, {"receives": False}]
)
def test_mandate_that_is_over_or_without_receipt_changes_no_addressee(represented: Case, over: dict[str, Any]) -> None:
    Mandate.objects.update(**over)
    assert addressee_of(represented).party == addressee_of(represented).principal


def test_mandate_holds_through_its_last_day(represented: Case) -> None:
    Mandate.objects.update(valid_until=today())
    assert addressee_of(represented).party.role == PartyRole.REPRESENTATIVE


def test_representative_with_an_account_of_their_own_fetches_there(represented: Case, juergen: User) -> None:
    lawyer = represented.parties.get(role=PartyRole.REPRESENTATIVE)
    Party.objects.filter(pk=lawyer.pk).update(account=juergen)
    consents.give(lawyer, language="de")
    found = addressee_of(represented)
    assert (found.account, found.way) == (juergen, Way.PORTAL)
    assert represented in Case.objects.of(juergen)


def test_somebody_is_one_party_of_a_case_at_most(parking_case: Case, aylin: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.joint_party(parking_case, aylin)


def test_message_without_account_is_answered_by_mail(db: None) -> None:
    case = factories.contact_case()
    found = addressee_of(case)
    assert found.account is None
    assert found.email == factories.contact_of(case).email
    assert "/kontakt/antwort/" in link_for(case, found)
