"""The page of a party, protected addresses, and that looking is written down."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import parties
from apps.cases.addressee import addressee_of, addressees_of
from apps.cases.models import PROTECTED_MINUTES, Case, Look, Mandate, PartyContact
from apps.cases.states import Act, PartyRole, Purpose, Way
from apps.core.business_calendar import today
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.retention import apply_retention
from apps.core.transitions import TransitionConflict, TransitionError
from apps.notices import rendering
from apps.notices.models import Delivery
from tests import factories
from tests.deciding import decide

MOVED = {"act": "change", "change-street": "Am Markt", "change-house_number": "3", "change-postcode": "38 100",
         "change-city": "Braunschweig", "change-country": "DE", "change-email": "", "change-phone": ""}  # fmt: skip
LAWYER = {
    "act": "mandate", "mandate-organisation": "Kanzlei Łukaszewicz", "mandate-street": "Kohlmarkt",
    "mandate-house_number": "1", "mandate-postcode": "38100", "mandate-city": "Braunschweig", "mandate-country": "DE",
    "mandate-receives": "on",
}  # fmt: skip


def page_of(case: Case) -> str:
    return reverse("admin:party", args=[case.reference, case.parties.get().pk])


@pytest.fixture
def shut(parking_case: Case, karla: User) -> Case:
    """Aylin's case, with an Auskunftssperre."""
    parties.protect(parking_case.parties.get(), by=karla)
    return parking_case


def test_clerk_corrects_an_address(client: Any, parking_case: Case, karla: User, aylin: User) -> None:
    client.as_(karla)
    wrong = client.post(page_of(parking_case), MOVED | {"change-postcode": "381"})
    assert wrong.status_code == 422
    assert "Eine Postleitzahl hat fünf Ziffern." in wrong.content.decode()
    assert 'value="Am Markt"' in wrong.content.decode()
    assert client.post(page_of(parking_case), MOVED).status_code == 302
    assert addressee_of(parking_case).lines[1:] == ["Am Markt 3", "38100 Braunschweig"]
    assert "am markt" in Case.objects.get(pk=parking_case.pk).search_text
    assert "Anschrift geändert" in client.as_(aylin).get(parking_case.get_absolute_url()).content.decode()


def test_page_of_a_party_is_for_those_who_work_on_the_case(
    client: Any, parking_case: Case, aylin: User, piotr: User, karla: User
) -> None:
    for stranger in (aylin, piotr):
        assert client.as_(stranger).get(page_of(parking_case)).status_code == 404
        assert client.post(page_of(parking_case), MOVED).status_code == 404
    other = factories.parking_case(aylin)
    mixed = reverse("admin:party", args=[parking_case.reference, other.parties.get().pk])
    assert client.as_(karla).get(mixed).status_code == 404


def test_protected_address_is_shown_for_a_reason_for_some_minutes_to_who_gave_it(
    client: Any, shut: Case, karla: User, henrike: User
) -> None:
    client.as_(karla)
    assert "Goethestraße" not in client.get(shut.staff_url).content.decode()
    page = client.get(page_of(shut)).content.decode()
    assert "Die Anschrift ist geschützt." in page
    assert "Goethestraße" not in page
    assert client.post(page_of(shut), MOVED).status_code == 404, "what one does not see one does not change"
    assert client.post(page_of(shut), {"act": "reveal", "reveal-reason": " "}).status_code == 422
    assert not Look.objects.filter(purpose=Purpose.ADDRESS).exists()
    client.post(page_of(shut), {"act": "reveal", "reveal-reason": "Rückfrage der Kasse"})
    look = Look.objects.get(purpose=Purpose.ADDRESS)
    assert (look.user, look.party, look.reason) == (karla, shut.parties.get(), "Rückfrage der Kasse")
    assert "Goethestraße" in client.get(shut.staff_url).content.decode()
    assert "Goethestraße" not in client.as_(henrike).get(shut.staff_url).content.decode()
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=PROTECTED_MINUTES, seconds=1)):
        assert not PartyContact.objects.visible_to(karla).exists()


def test_protected_address_is_nowhere_else_at_the_desk(client: Any, shut: Case, karla: User) -> None:
    client.as_(karla)
    for path in (
        shut.staff_url,
        f"{shut.staff_url}entscheiden/",
        page_of(shut),
        "/verwaltung/",
        "/verwaltung/vorgaenge/",
    ):
        assert "Goethestra" not in client.get(path).content.decode(), path
    found = client.post("/verwaltung/vorgaenge/", {"q": "Goethestraße"}).content.decode()
    assert shut.reference not in found
    assert shut.reference in client.post("/verwaltung/vorgaenge/", {"q": "Özdemir"}).content.decode()


def test_letters_with_a_protected_address_need_the_reason_too(
    client: Any, shut: Case, karla: User, aylin: User
) -> None:
    url = f"{shut.staff_url}entscheiden/"
    typed = {"outcome": "rejected", "reasons": "Darum.", "fee": "0"}
    answer = client.as_(karla).post(url, typed, follow=True).content.decode()
    assert "Der Brief zeigt eine geschützte Anschrift." in answer
    preview = shut.previews.get()
    for name in ("preview_pdf", "preview_page"):
        more = [1] if name == "preview_page" else []
        assert client.get(reverse(f"admin:{name}", args=[shut.reference, preview.pk, *more])).status_code == 404
    client.post(page_of(shut), {"act": "reveal", "reveal-reason": "Bescheid"})
    assert decide(client, url, typed).status_code == 302
    delivery = factories.delivery_of(shut)
    rendering.render(delivery.letter_id)
    assert client.get(delivery.get_absolute_url()).status_code == 200
    Look.objects.all().delete()
    assert client.get(delivery.get_absolute_url()).url == page_of(shut)
    Delivery.objects.update(way=Way.POST)
    assert "Anschrift geschützt" in client.get("/verwaltung/postausgang/").content.decode()
    client.post("/verwaltung/postausgang/", {"print": "1", "letters": [delivery.pk]})
    assert Look.objects.get(purpose=Purpose.ADDRESS).reason == "Postausgang"
    assert client.as_(aylin).get(delivery.get_absolute_url()).status_code == 200, "it is theirs"


def test_protection_holds_for_all_at_the_address(shut: Case, aylin: User, karla: User) -> None:
    other = factories.parking_case(aylin)
    contact = factories.contact_of(other)
    same = {name: getattr(contact, name) for name in ("street", "house_number", "postcode", "city")}
    joint = factories.joint_party(other, **same)
    parties.protect(other.parties.get(role=PartyRole.APPLICANT), by=karla)
    assert PartyContact.objects.get(party=joint).protected
    assert "gothestrasse" not in Case.objects.get(pk=other.pk).search_text
    assert "Goethestra" not in str(PartyContact.objects.visible_to(karla).values())


def test_mail_that_came_back_is_not_named_with_a_protected_address(client: Any, shut: Case, karla: User) -> None:
    OutgoingEmail.objects.update(status=EmailStatus.UNDELIVERABLE)
    page = client.as_(karla).get(shut.staff_url).content.decode()
    assert "Eine E-Mail war nicht zustellbar." in page
    assert "aylin@example.org" not in page


def test_note_typed_while_a_colleague_decided_is_kept(client: Any, parking_case: Case, karla: User) -> None:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    page = client.as_(karla).get(parking_case.staff_url).content.decode()
    assert "Notiz schreiben" not in page
    client.post(f"{parking_case.staff_url}tun/note/", {"note-body": "Hat angerufen."})
    assert parking_case.notes.get().body == "Hat angerufen."


def test_a_head_ends_the_protection_that_another_has_asked_for(
    client: Any, shut: Case, karla: User, henrike: User
) -> None:
    party = shut.parties.get()
    with pytest.raises(TransitionError, match="heads"):
        parties.unprotect(party, by=karla)
    empty = client.as_(karla).post(page_of(shut), {"act": "unprotect", "unprotect-reason": ""})
    assert "warum die Auskunftssperre endet" in empty.content.decode()
    done = client.post(page_of(shut), {"act": "unprotect", "unprotect-reason": "Meldebehörde, 3.11."}, follow=True)
    assert "Eine zweite Person muss es noch freigeben." in done.content.decode()
    assert PartyContact.objects.get(party=party).protected
    proposal = shut.proposals.get()
    url = reverse("admin:proposal", args=[shut.reference, proposal.pk])
    assert "Freigeben" not in client.get(shut.staff_url).content.decode(), "nobody releases their own"
    client.post(url, {"act": "release"})
    assert PartyContact.objects.get(party=party).protected
    client.as_(henrike)
    assert "Freizugeben" in client.get("/verwaltung/").content.decode()
    page = client.get(shut.staff_url).content.decode()
    assert "Meldebehörde, 3.11." in page
    assert "Goethestra" not in page
    client.post(url, {"act": "release"})
    assert not PartyContact.objects.get(party=party).protected
    assert "gothestrasse" in Case.objects.get(pk=shut.pk).search_text
    with pytest.raises(TransitionConflict):
        parties.unprotect(party, by=henrike)


def test_the_others_do_not_learn_that_an_address_is_protected(client: Any, shut: Case, juergen: User) -> None:
    factories.joint_party(shut, juergen)
    page = client.as_(juergen).get(shut.get_absolute_url()).content.decode()
    assert "Auskunftssperre" not in page
    assert "Goethestra" not in page
    assert not shut.timeline.get(act=Act.PROTECTED).public


def test_clerk_notes_a_mandate_and_its_end(client: Any, parking_case: Case, karla: User, aylin: User) -> None:
    client.as_(karla)
    nobody = client.post(page_of(parking_case), LAWYER | {"mandate-organisation": ""})
    assert "Bitte nennen Sie die Person oder die Organisation." in nobody.content.decode()
    nowhere = client.post(page_of(parking_case), LAWYER | {"mandate-street": ""})
    assert "Wer Bescheide bekommt, braucht eine Anschrift." in nowhere.content.decode()
    past = client.post(page_of(parking_case), LAWYER | {"mandate-valid_until": "01.01.2020"})
    assert "Dieser Tag ist schon vorbei." in past.content.decode()
    assert not Mandate.objects.exists()
    applicants = page_of(parking_case)
    assert client.post(applicants, LAWYER).status_code == 302
    [addressee] = addressees_of(parking_case)
    assert (addressee.party.role, addressee.principal.account) == (PartyRole.REPRESENTATIVE, aylin)
    assert addressee.lines == ["Kanzlei Łukaszewicz", "Kohlmarkt 1", "38100 Braunschweig"]
    assert "Vertreten durch Kanzlei Łukaszewicz." in client.get(applicants).content.decode()
    assert "Vollmacht vermerkt" in client.as_(aylin).get(parking_case.get_absolute_url()).content.decode()
    client.as_(karla).post(applicants, {"act": "end_mandate"})
    assert addressee_of(parking_case).party.account == aylin
    with pytest.raises(TransitionConflict):
        parties.end_mandate(parking_case.parties.get(account=aylin), by=karla)


def test_a_new_mandate_ends_the_one_before(client: Any, parking_case: Case, karla: User) -> None:
    applicants = page_of(parking_case)
    client.as_(karla).post(applicants, LAWYER)
    client.post(applicants, LAWYER | {"mandate-organisation": "Andere Kanzlei"})
    assert Mandate.objects.in_force().get().representative.organisation == "Andere Kanzlei"


def test_every_look_of_staff_is_a_row_and_a_citizens_is_none(
    client: Any, parking_case: Case, karla: User, aylin: User, piotr: User, traffic: Any
) -> None:
    attachment = parking_case.attachments.get()
    client.as_(aylin).get(parking_case.get_absolute_url())
    client.get(reverse("portal:attachment", args=[parking_case.reference, attachment.pk]))
    client.as_(piotr).get(parking_case.staff_url)
    assert not Look.objects.exists()
    client.as_(karla).get(parking_case.staff_url)
    client.get(f"{parking_case.staff_url}entscheiden/")
    client.get(reverse("admin:attachment", args=[parking_case.reference, attachment.pk]))
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    delivery = factories.delivery_of(parking_case)
    rendering.render(delivery.letter_id)
    client.get(delivery.get_absolute_url())
    looks = Look.objects.filter(user=karla, place=traffic.place)
    assert [look.purpose for look in looks] == [Purpose.CASE, Purpose.CASE, Purpose.FILE, Purpose.LETTER]


def test_looks_are_kept_for_a_year(client: Any, parking_case: Case, karla: User) -> None:
    client.as_(karla).get(parking_case.staff_url)
    client.get(parking_case.staff_url)
    first = Look.objects.first()
    assert first is not None
    Look.objects.filter(pk=first.pk).update(at=timezone.now() - dt.timedelta(days=366))
    apply_retention()
    assert Look.objects.count() == 1


def test_mandate_that_ends_today_is_in_force_today(client: Any, parking_case: Case, karla: User) -> None:
    client.as_(karla).post(page_of(parking_case), LAWYER | {"mandate-valid_until": f"{today():%d.%m.%Y}"})
    assert addressee_of(parking_case).party.role == PartyRole.REPRESENTATIVE
