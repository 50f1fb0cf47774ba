"""Who is written to: one answer for letters, mails and the outgoing post."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.addressee import addressee_of
from apps.cases.emails import link_for, notify
from apps.cases.models import Case, Party
from apps.cases.states import Delivery, PartyRole
from apps.cases.transitions import can_be_asked
from apps.notices import rendering
from apps.notices.models import Notice
from tests import factories


def reread(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def represented(parking_case: Case) -> Case:
    """Aylin's case, in which a lawyer without an account stands for her."""
    parking_case.parties.create(
        role=PartyRole.REPRESENTATIVE, organisation="Kanzlei Łukaszewicz", family_name="Łukaszewicz", street="Am Markt",
        house_number="1", postcode="38100", city="Braunschweig", email="kanzlei@example.org",
    )  # fmt: skip
    return reread(parking_case)


def test_applicant_is_written_to_and_mails_go_to_the_account(parking_case: Case, aylin: User) -> None:
    Party.objects.filter(case=parking_case).update(email="alt@example.org")
    found = addressee_of(parking_case)
    assert found.party == parking_case.parties.get()
    assert (found.account, found.email) == (aylin, aylin.email)


def test_joint_person_entered_first_is_not_the_addressee(parking_case: Case) -> None:
    applicant = parking_case.parties.get()
    joint = parking_case.parties.create(role=PartyRole.JOINT, family_name="Yıldız", email="m@example.org")
    Party.objects.filter(pk=joint.pk).update(id=applicant.pk - 10**6)
    assert addressee_of(reread(parking_case)).party == applicant


@pytest.mark.parametrize(
    ("consents", "is_active", "delivery"),
    [
        (True, True, Delivery.PORTAL),
        (False, True, Delivery.POST),
        (True, False, Delivery.POST),
    ],
)
def test_letters_come_into_the_portal_only_with_consent_and_an_open_account(
    parking_case: Case, aylin: User, consents: bool, is_active: bool, delivery: str
) -> None:
    party = parking_case.parties.get()
    party.delivery, party.consent_at = Delivery.POST, None
    if consents:
        party.delivery, party.consent_at = Delivery.PORTAL, parking_case.submitted_at
    party.save()
    User.objects.filter(pk=aylin.pk).update(is_active=is_active)
    assert addressee_of(reread(parking_case)).delivery == delivery


def test_representative_gets_letter_and_mail_and_nothing_lies_in_the_account_of_others(
    client: Any, represented: Case, karla: Any
) -> None:
    assert not can_be_asked(represented)
    assert link_for(represented) == ""
    assert notify(represented, "case_question", due_on=represented.due_on).to_address == "kanzlei@example.org"
    applications.decide(represented, outcome=Status.REJECTED, reasons="Darum.", by=karla, fee=None)
    notice = Notice.objects.get()
    assert notice.delivery == Delivery.POST
    assert notice.context["recipients"][:2] == ["Kanzlei Łukaszewicz", "Łukaszewicz"]
    rendering.render(notice.pk)
    page = client.as_(karla).get("/verwaltung/postausgang/").content.decode()
    assert "Kanzlei Łukaszewicz" in page
    assert "38100 Braunschweig" in page


def test_representative_who_filed_with_an_account_of_their_own_fetches_there(represented: Case, aylin: User) -> None:
    Party.objects.filter(case=represented, role=PartyRole.REPRESENTATIVE).update(email=aylin.email.upper())
    assert addressee_of(reread(represented)).account == aylin


def test_message_without_account_is_answered_by_mail(db: None) -> None:
    case = factories.contact_case()
    found = addressee_of(case)
    assert found.account is None
    assert found.email == case.parties.get().email
    assert "/kontakt/antwort/" in link_for(case)
