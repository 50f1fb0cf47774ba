"""Two and three people in one case: each sees what is for all and what is theirs, and nothing else."""

import io
import sys
import zipfile
from collections.abc import Iterable
from typing import Any

import pypdfium2
import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.accounts.models import User
from apps.applications import hearings
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.appointments.booking.transitions import manage_token
from apps.cases import invitations, parties
from apps.cases import transitions as verbs
from apps.cases.audience import filed_by, standing_for
from apps.cases.looks import reveal
from apps.cases.models import AccessCode, Attachment, Case, Mandate, Party, PartyContact
from apps.cases.states import JoinedBy, PartyRole, Way
from apps.core import uploads
from apps.core.business_calendar import add_working_days, today
from apps.core.models import OutgoingEmail
from apps.notices import pdf, rendering
from apps.notices.models import Delivery, Letter
from tests import factories
from tests.conftest import SecureClient

EXAMPLES = 500 if "--soak" in sys.argv else 10


def shared_case(aylin: User, maria: User, *, more: Iterable[dict[str, str]] = (), **changes: Any) -> Case:
    """Aylin's declaration, in which Maria holds the dog, too, and has connected her account; ``more`` others have none."""
    holders = [{"given_name": "Maria", "family_name": "Yıldız"}, *more]
    answers = factories.dog_answers(factories.dog("Bruno"), joint_holding=True, joint_holders=holders)
    answers |= changes
    case = applications.submit(factories.draft(aylin, "hundesteuer-anmelden", answers), by=aylin, way=Way.PORTAL)
    joint = case.parties.get(role=PartyRole.JOINT, family_name="Yıldız")
    Party.objects.filter(pk=joint.pk).update(account=maria, joined_by=JoinedBy.CODE)
    PartyContact.objects.filter(party=joint).update(street="Geheimweg", house_number="7")
    return factories.heard(Case.objects.get(pk=case.pk))


def file(name: str) -> Any:
    """A stored photograph."""
    return uploads.store(uploads.check(ContentFile(factories.jpeg_bytes(), name)))


def everything(user: User, case: Case) -> str:
    """All that somebody gets to read of a case: pages in both languages, errors, copy of their data, mails, letters, files."""
    client = SecureClient().as_(user)
    read = []
    for path in (
        reverse("portal:my_area"),
        case.get_absolute_url(),
        reverse("notices:panel", args=["ich", case.reference]),
        reverse("portal:delivery", args=[case.reference]),
        reverse("portal:act", args=[case.reference, "withdraw"]),
        reverse("applications:receipt", args=[case.reference]),
        case.staff_url,
    ):
        for prefix in ("", "/en"):
            read.append(client.get(prefix + path).content.decode())
    # What is shown in answer to a mistake.
    read.append(client.post(reverse("portal:answer", args=[case.reference]), {"body": ""}).content.decode())
    with zipfile.ZipFile(io.BytesIO(b"".join(client.get("/konto/daten/").streaming_content))) as archive:
        read += [*archive.namelist(), archive.read("meine-daten.json").decode()]
        read += [archive.read(name).decode("latin-1") for name in archive.namelist()]
    for attachment in Attachment.objects.filter(case=case):
        answer = client.get(reverse("portal:attachment", args=[case.reference, attachment.pk]))
        if answer.status_code == 200:
            read += [str(answer.headers), b"".join(answer).decode("latin-1")]
    for mail in OutgoingEmail.objects.filter(to_address=user.email):
        read.append(f"{mail.subject} {mail.body}")
    for booking in case.bookings.filter(user=user):
        read.append(client.get(reverse("appointments:calendar_file", args=[manage_token(booking)])).content.decode())
    for delivery in Delivery.objects.visible_to(user):
        read.append(pdf.letter_html(delivery.letter.template, delivery.letter.context) + delivery.filename)
        read.append(client.get(delivery.get_absolute_url()).headers.get("Content-Disposition", ""))
    return "\n".join(read)


def as_guest(case: Case, code: str) -> str:
    """What somebody reads with a code and without an account."""
    client = SecureClient()
    page = client.post(reverse("portal:join"), {"reference": case.reference, "code": code})["Location"]
    read = [client.get(prefix + page).content.decode() for prefix in ("", "/en")]
    read.append(client.post(page, {"answer": "1", "body": ""}).content.decode())
    return "\n".join(read)


@pytest.fixture
def maria(db: None) -> User:
    """The other holder."""
    return factories.citizen("maria@example.org", "Maria", "Yıldız")


@pytest.fixture
def both(aylin: User, maria: User) -> Case:
    return shared_case(aylin, maria)


def test_the_case_is_in_the_area_of_both_and_of_nobody_else(
    both: Case, aylin: User, maria: User, juergen: User
) -> None:
    assert both in Case.objects.of(aylin)
    assert both in Case.objects.of(maria)
    assert both not in Case.objects.of(juergen)
    assert standing_for(both, juergen) == frozenset()
    assert (filed_by(both, aylin), filed_by(both, maria)) == (True, False)


def test_the_other_party_reads_what_the_form_calls_shared_and_no_address(
    client: Any, both: Case, aylin: User, maria: User
) -> None:
    page = client.as_(maria).get(both.get_absolute_url()).content.decode()
    assert "Bruno" in page
    assert "Goethestraße" not in page
    assert "14. März 1988" not in page
    assert "Goethestraße" in client.as_(aylin).get(both.get_absolute_url()).content.decode()
    assert "Geheimweg" not in client.get(both.get_absolute_url()).content.decode()


def test_only_who_has_applied_has_a_receipt(client: Any, both: Case, aylin: User, maria: User) -> None:
    receipt = reverse("applications:receipt", args=[both.reference])
    assert client.as_(maria).get(receipt).status_code == 404
    assert client.as_(aylin).get(receipt).status_code == 200


def test_what_one_says_and_sends_the_other_does_not_read(client: Any, both: Case, aylin: User, maria: User) -> None:
    verbs.message_in(both, body="Ich wohne jetzt im Geheimweg.", files=[file("meldebescheinigung.jpg")], by=maria)
    attachment = Attachment.objects.get(message__author=maria)
    path = reverse("portal:attachment", args=[both.reference, attachment.pk])
    page = client.as_(aylin).get(both.get_absolute_url()).content.decode()
    assert "Geheimweg" not in page
    assert "meldebescheinigung" not in page
    assert "Nachricht eingegangen" not in page
    assert client.get(path).status_code == 404
    page = client.as_(maria).get(both.get_absolute_url()).content.decode()
    assert "Geheimweg" in page
    assert client.get(path).status_code == 200


def test_question_to_one_is_answered_by_them_and_the_other_has_nothing_to_do(
    client: Any, both: Case, aylin: User, maria: User, piotr: User
) -> None:
    joint = both.parties.get(role=PartyRole.JOINT)
    OutgoingEmail.objects.all().delete()
    verbs.ask(both, body="Seit wann halten Sie ihn?", due_on=add_working_days(today(), 5), by=piotr, to=joint)
    assert [mail.to_address for mail in OutgoingEmail.objects.all()] == [maria.email]
    page = client.as_(aylin).get(both.get_absolute_url()).content.decode()
    assert "Seit wann halten Sie ihn?" not in page
    assert "Wir haben eine Frage an Sie." not in page
    assert "Wir bearbeiten Ihren Antrag." in page
    assert "Sie müssen gerade nichts tun." in client.get(reverse("portal:my_area")).content.decode()
    assert "Seit wann halten Sie ihn?" in client.as_(maria).get(both.get_absolute_url()).content.decode()
    assert "Bitte antworten Sie" in client.get(reverse("portal:my_area")).content.decode()
    client.as_(aylin).post(reverse("portal:answer", args=[both.reference]), {"body": "Ich sage etwas."})
    both.refresh_from_db()
    assert both.status == Status.QUESTION, "nobody answers for somebody else"
    client.as_(maria).post(reverse("portal:answer", args=[both.reference]), {"body": "Seit Mai."})
    both.refresh_from_db()
    assert both.status == Status.IN_REVIEW


def test_question_to_all_is_answered_by_any(both: Case, aylin: User, maria: User, piotr: User) -> None:
    verbs.ask(both, body="Seit wann?", due_on=add_working_days(today(), 5), by=piotr)
    verbs.answer(both, body="Seit Mai.", by=maria)
    both.refresh_from_db()
    assert both.status == Status.IN_REVIEW


def test_representative_reads_what_is_for_whom_they_represent(
    client: Any, both: Case, aylin: User, juergen: User
) -> None:
    lawyer = Party.objects.create(case=both, role=PartyRole.REPRESENTATIVE, account=juergen, family_name="O’Neill")
    PartyContact.objects.create(party=lawyer)
    mandate = Mandate.objects.create(principal=both.parties.get(role=PartyRole.APPLICANT), representative=lawyer)
    verbs.message_in(both, body="Nur für Aylin.", by=aylin)
    assert "Nur für Aylin." in client.as_(juergen).get(both.get_absolute_url()).content.decode()
    assert "Geheimweg" not in everything(juergen, Case.objects.get(pk=both.pk))
    Mandate.objects.filter(pk=mandate.pk).update(revoked_at=both.submitted_at)
    assert client.get(both.get_absolute_url()).status_code == 404, "with the mandate everything ends"
    assert standing_for(Case.objects.get(pk=both.pk), juergen) == frozenset()


def test_what_a_representative_of_both_says_is_read_by_whom_it_was_asked_of(
    both: Case, aylin: User, maria: User, juergen: User, piotr: User
) -> None:
    lawyer = Party.objects.create(case=both, role=PartyRole.REPRESENTATIVE, account=juergen, family_name="O’Neill")
    PartyContact.objects.create(party=lawyer)
    for principal in both.parties.exclude(pk=lawyer.pk):
        Mandate.objects.create(principal=principal, representative=lawyer, receives=True)
    joint = both.parties.get(role=PartyRole.JOINT)
    OutgoingEmail.objects.all().delete()
    verbs.ask(both, body="Seit wann?", due_on=add_working_days(today(), 5), by=piotr, to=joint)
    assert [mail.to_address for mail in OutgoingEmail.objects.all()] == [juergen.email]
    verbs.answer(both, body="Frau Yıldız sagt: seit Mai.", by=juergen)
    fresh = Case.objects.get(pk=both.pk)
    assert "seit Mai" in everything(maria, fresh)
    assert "seit Mai" not in everything(aylin, fresh)


def test_copy_of_ones_data_does_not_say_that_somebody_else_was_asked(
    both: Case, aylin: User, maria: User, piotr: User
) -> None:
    joint = both.parties.get(role=PartyRole.JOINT)
    verbs.ask(both, body="Seit wann?", due_on=add_working_days(today(), 5), by=piotr, to=joint)
    fresh = Case.objects.get(pk=both.pk)
    assert "Rückfrage offen" not in everything(aylin, fresh)
    assert "Rückfrage offen" in everything(maria, fresh)


def test_reasons_of_a_claim_are_not_shared(client: Any, aylin: User, maria: User) -> None:
    case = shared_case(aylin, maria, dogs=[factories.dog("Bruno", claim="exempt", claim_reason="Blindenhund")])
    page = client.as_(maria).get(case.get_absolute_url()).content.decode()
    assert "Bruno" in page
    assert "Blindenhund" not in page


def test_contact_of_another_party_is_never_fetched(
    both: Case, aylin: User, maria: User, piotr: User, karla: User
) -> None:
    own = {user: set(PartyContact.objects.visible_to(user).values_list("party__role", flat=True))
           for user in (aylin, maria, piotr, karla)}  # fmt: skip
    assert own == {aylin: {"applicant"}, maria: {"joint"}, piotr: {"applicant", "joint"}, karla: set()}


SECRET = st.text("abcdefghijkmnopqrstuvwxyzäöüß", min_size=9, max_size=14)


class NothingOfOneReachesTheOther(TestCase):
    """Whatever the strings are: what is one party's alone is in nothing that another gets; with three of them."""

    @hypothesis_settings(
        max_examples=EXAMPLES, phases=[Phase.generate], deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
    )  # fmt: skip
    @given(st.lists(SECRET, min_size=11, max_size=11, unique=True))
    def test_hidden_strings(self, secrets: list[str]) -> None:
        # Each of them would count against the limits of the others.
        cache.clear()
        words = [f"zz{secret}zz" for secret in secrets]
        street_a, street_b, street_c, said_a, said_b, said_c, file_a, file_b, asked_b, remark_a, reason = words
        from apps.accounts.models import Department, Role

        aylin = factories.citizen("a@example.org", "Aylin", "Groß")
        maria = factories.citizen("m@example.org", "Maria", "Yıldız")
        taxes = Department.objects.get(slug="steuern")
        piotr = factories.staff("p@example.org", "Piotr", "W", (Role.CLERK, taxes))
        ole = {"given_name": "Ole", "family_name": "Petersen"}
        case = shared_case(aylin, maria, street=street_a, remarks=remark_a, more=[ole])
        # The third has no account: heard by a letter, comes by its code.
        third = case.parties.get(family_name="Petersen")
        third.hearings.all().delete()
        PartyContact.objects.filter(party=third).update(street=street_c, checked_on=today())
        hearings.hear(third, due_on=add_working_days(today(), 10), by=piotr)
        code = Letter.objects.get(template="hearing").context["code"]
        PartyContact.objects.filter(party__account=maria).update(street=street_b)
        verbs.message_in(case, body=said_a, files=[file(f"{file_a}.jpg")], by=aylin)
        verbs.message_in(case, body=said_b, files=[file(f"{file_b}.jpg")], by=maria)
        joint = case.parties.get(account=maria)
        verbs.ask(case, body=asked_b, due_on=add_working_days(today(), 5), by=piotr, to=joint)
        verbs.answer(case, body=said_b, by=maria)
        seen_by_guest = as_guest(case, code)
        invitations.answer(AccessCode.objects.get(party=third), body=said_c)
        parties.protect(joint, by=piotr)
        reveal(joint, reason=reason, by=piotr)
        applications.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr)
        for letter in Letter.objects.all():
            rendering._store(letter, rendering.LetterAttempt.objects.create(letter=letter), factories.pdf_bytes(), 1)
        of_a, of_b, of_c = (
            (street_a, said_a, file_a, remark_a),
            (street_b, said_b, file_b, asked_b),
            (street_c, said_c, code),
        )
        got = {user: everything(user, Case.objects.get(pk=case.pk)) for user in (aylin, maria)}
        for text, hidden, own in (
            (got[aylin], (*of_b, *of_c, reason), of_a),
            (got[maria], (*of_a, *of_c, reason), of_b),
            (seen_by_guest, (*of_a, *of_b, street_c, reason), ("Bruno", "Ole Petersen")),
        ):
            assert not [secret for secret in hidden if secret in text]
            # The search is no use if it finds nothing.
            assert all(secret in text for secret in own)
        assert "Auskunftssperre" not in got[aylin]


def test_the_papers_say_nothing_of_the_others_either(aylin: User, maria: User, piotr: User) -> None:
    """Real PDFs: of a hearing and of a decision, for three parties."""
    ole = {"given_name": "Ole", "family_name": "Petersen"}
    case = shared_case(aylin, maria, street="Aylinweg", more=[ole])
    third = case.parties.get(family_name="Petersen")
    third.hearings.all().delete()
    for party, street in ((case.parties.get(account=maria), "Mariaweg"), (third, "Oleweg")):
        PartyContact.objects.filter(party=party).update(street=street, checked_on=today())
    hearings.hear(third, due_on=add_working_days(today(), 10), by=piotr)
    parties.statement_came(third, body="Stimmt.", by=piotr)
    applications.decide(case, outcome=Status.ASSESSED, reasons="", by=piotr)
    found = []
    for delivery in Delivery.objects.select_related("party"):
        assert rendering.render(delivery.letter_id)
        content = bytes(Letter.objects.get(pk=delivery.letter_id).document.content)
        document = pypdfium2.PdfDocument(content)
        text = " ".join(page.get_textpage().get_text_bounded() for page in document)
        text += str(document.get_metadata_dict()) + content.decode("latin-1")
        found.append((delivery.party.family_name, [s for s in ("Aylinweg", "Mariaweg", "Oleweg") if s in text]))
    expected = [(aylin.family_name, ["Aylinweg"]), ("Yıldız", ["Mariaweg"]), *[("Petersen", ["Oleweg"])] * 2]
    assert sorted(found) == sorted(expected)
