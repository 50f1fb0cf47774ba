"""The clerk's case page: what it shows and what its buttons do."""

import datetime as dt
import smtplib
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases import transitions as verbs
from apps.cases.models import Case
from apps.core import emails
from apps.core.business_calendar import today
from apps.core.models import EmailStatus, OutgoingEmail
from apps.core.transitions import TransitionError
from apps.notices import rendering
from apps.notices.models import LegalRemedy, LetterPreview
from tests import factories
from tests.deciding import decide


def act(case: Case, verb: str) -> str:
    return f"{case.staff_url}tun/{verb}/"


def test_undeliverable_address_is_shown_to_the_clerk(
    client: Any, karla: Any, parking_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_email: OutgoingEmail) -> None:
        raise smtplib.SMTPRecipientsRefused({"aylin@example.org": (550, b"no such user")})

    monkeypatch.setattr(emails, "_hand_over", refused)
    mail = OutgoingEmail.objects.get()
    emails.send(str(mail.pk))
    mail.refresh_from_db()
    assert mail.status == EmailStatus.UNDELIVERABLE
    page = client.as_(karla).get(parking_case.staff_url).content.decode()
    assert "Eine E-Mail an aylin@example.org war nicht zustellbar." in page
    assert "E-Mail nicht zustellbar" in client.get("/verwaltung/").content.decode()
    assert parking_case.reference in client.get("/verwaltung/vorgaenge/?liste=undeliverable").content.decode()


def test_take_puts_the_case_on_the_desk_and_to_work(client: Any, karla: Any, parking_case: Case) -> None:
    client.as_(karla).post(act(parking_case, "take"))
    parking_case.refresh_from_db()
    assert (parking_case.assignee, parking_case.status) == (karla, Status.IN_REVIEW)


def test_question_without_words_is_an_error_on_the_open_form(client: Any, karla: Any, parking_case: Case) -> None:
    response = client.as_(karla).post(act(parking_case, "ask"), {"ask-body": "", "ask-due_on": "31.02.2027"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Bitte schreiben Sie, was noch fehlt." in page
    assert 'value="31.02.2027"' in page


def test_question_waits_for_the_citizen_and_comes_back(client: Any, karla: Any, aylin: Any, parking_case: Case) -> None:
    due = today() + dt.timedelta(days=7)
    client.as_(karla).post(act(parking_case, "take"))
    client.post(act(parking_case, "ask"), {"ask-body": "Bitte das Foto.", "ask-due_on": due.strftime("%d.%m.%Y")})
    parking_case.refresh_from_db()
    assert (parking_case.status, parking_case.act_by) == (Status.QUESTION, due)
    assert "Bitte das Foto." in client.as_(aylin).get(parking_case.get_absolute_url()).content.decode()
    client.post(f"{parking_case.get_absolute_url()}antworten/", {"body": "Hier."})
    parking_case.refresh_from_db()
    assert parking_case.came_back_at is not None
    assert parking_case.reference in client.as_(karla).get("/verwaltung/vorgaenge/?liste=came_back").content.decode()


def test_case_handed_over_is_gone_from_here_and_unassigned_there(
    client: Any, karla: Any, piotr: Any, taxes: Any, parking_case: Case
) -> None:
    client.as_(karla).post(act(parking_case, "take"))
    data = {"hand_over-department": taxes.pk, "hand_over-reason": "Gehört zu euch.", "shown": karla.pk}
    client.post(act(parking_case, "hand_over"), data)
    assert client.get(parking_case.staff_url).status_code == 404
    page = client.as_(piotr).get(parking_case.staff_url).content.decode()
    assert "Gehört zu euch." in page
    parking_case.refresh_from_db()
    assert parking_case.assignee is None


def test_case_is_assigned_only_to_members_of_its_department(
    client: Any, karla: Any, henrike: Any, piotr: Any, parking_case: Case
) -> None:
    client.as_(karla)
    assert client.post(act(parking_case, "assign"), {"assign-to": piotr.pk}).status_code == 422
    client.post(act(parking_case, "assign"), {"assign-to": henrike.pk})
    parking_case.refresh_from_db()
    assert parking_case.assignee == henrike


def test_notes_are_for_colleagues_only(client: Any, karla: Any, aylin: Any, parking_case: Case) -> None:
    client.as_(karla).post(act(parking_case, "note"), {"note-body": "Ruft oft an."})
    assert "Ruft oft an." in client.get(parking_case.staff_url).content.decode()
    assert "Ruft oft an." not in client.as_(aylin).get(parking_case.get_absolute_url()).content.decode()


REJECTED = {"outcome": "rejected", "reasons": "Der Stellplatz fehlt.", "fee": "0"}


def test_decision_is_shown_as_its_letter_and_made_by_a_second_press(
    client: Any, karla: Any, parking_case: Case, mailoutbox: list[Any]
) -> None:
    url = f"{parking_case.staff_url}entscheiden/"
    before = parking_case.timeline.count()
    shown = client.as_(karla).post(url, REJECTED).url
    waiting = client.get(shown).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert "So entscheiden" not in waiting
    # Not even by hand, as long as nobody can have seen it.
    client.post(shown)
    preview = LetterPreview.objects.get()
    rendering.render_preview(preview.pk)
    page = client.get(shown).content.decode()
    assert "Noch ist nichts entschieden und nichts verschickt." in page
    assert client.get(f"{shown}bescheid/").content.startswith(b"%PDF-")
    assert client.get(f"{shown}1/").content.startswith(b"\x89PNG")
    assert client.get(f"{shown}9/").status_code == 404
    parking_case.refresh_from_db()
    assert parking_case.is_open
    assert parking_case.timeline.count() == before
    assert not parking_case.notices.exists()
    assert client.post(shown).url == parking_case.staff_url
    assert [factories.letter_of(parking_case).context] == preview.letters
    assert not LetterPreview.objects.exists()


def test_letter_is_changed_with_everything_that_was_typed(
    client: Any, karla: Any, henrike: Any, parking_case: Case
) -> None:
    url = f"{parking_case.staff_url}entscheiden/"
    shown = client.as_(karla).post(url, GRANTED | {"zone": "Köhlerberg"}).url
    rendering.render_preview(LetterPreview.objects.get().pk)
    assert f'href="{url}"' in client.get(shown).content.decode()
    # Whichever way they come back.
    page = client.get(url).content.decode()
    for typed in ("Köhlerberg", "30,70", GRANTED["valid_from"], "Die Gebühr deckt den Aufwand.", "checked"):
        assert typed in page
    assert "Köhlerberg" not in client.as_(henrike).get(url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_clerks_who_release_at_the_same_moment_end_in_one_decision(
    django_db_serialized_rollback: Any, aylin: Any, karla: Any, henrike: Any
) -> None:
    case = factories.parking_case(aylin)
    arguments: dict[str, Any] = {"outcome": Status.REJECTED, "reasons": "Darum.", "fee": Decimal()}
    previews = [applications.preview(case, typed={}, by=clerk, **arguments) for clerk in (karla, henrike)]
    for preview in previews:
        rendering.render_preview(preview.pk)
    together, ends = threading.Barrier(2), []

    def release(preview: LetterPreview, clerk: Any) -> None:
        try:
            together.wait()
            applications.release(preview, by=clerk, **arguments)
            ends.append("decided")
        except TransitionError:
            ends.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=release, args=pair) for pair in zip(previews, (karla, henrike), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["decided", "too late"]
    assert case.notices.count() == 1


def test_letter_that_would_be_another_one_now_is_not_released(client: Any, karla: Any, parking_case: Case) -> None:
    shown = client.as_(karla).post(f"{parking_case.staff_url}entscheiden/", REJECTED).url
    rendering.render_preview(LetterPreview.objects.get().pk)
    LegalRemedy.objects.create(key="vwvfg", text="Neue Belehrung.", valid_from=today())
    answer = client.post(shown, follow=True)
    assert "Der Bescheid sähe jetzt anders aus als in der Vorschau." in answer.content.decode()
    assert "Der Stellplatz fehlt." in answer.content.decode()
    parking_case.refresh_from_db()
    assert parking_case.is_open
    assert not parking_case.notices.exists()


def test_preview_is_for_who_made_it(client: Any, karla: Any, henrike: Any, parking_case: Case) -> None:
    shown = client.as_(karla).post(f"{parking_case.staff_url}entscheiden/", REJECTED).url
    rendering.render_preview(LetterPreview.objects.get().pk)
    client.as_(henrike)
    assert {client.get(shown + part).status_code for part in ("", "bescheid/", "1/")} == {404}
    assert client.post(shown).status_code == 404


def test_words_the_letter_cannot_print_are_shown_before_the_decision(client: Any, karla: Any, aylin: Any) -> None:
    case = factories.parking_case(aylin, family_name="Łukaszewicz 𠮷野")
    shown = client.as_(karla).post(f"{case.staff_url}entscheiden/", REJECTED).url
    rendering.render_preview(LetterPreview.objects.get().pk)
    page = client.get(shown).content.decode()
    assert "<bdi>𠮷野</bdi>" in page
    assert "<bdi>Łukaszewicz</bdi>" not in page


def test_two_clerks_deciding_at_once_end_in_one_decision(
    client: Any, karla: Any, henrike: Any, parking_case: Case
) -> None:
    url = f"{parking_case.staff_url}entscheiden/"
    shown = client.as_(henrike).post(url, REJECTED).url
    assert decide(client.as_(karla), url, REJECTED).url == parking_case.staff_url
    response = client.as_(henrike).post(shown, follow=True)
    assert "Über diesen Vorgang ist schon entschieden." in response.content.decode()
    response = client.post(url, REJECTED, follow=True)
    assert "jemand anderes über den Vorgang entschieden" in response.content.decode()
    assert "Der Stellplatz fehlt." in response.content.decode()
    assert parking_case.notices.count() == 1


def test_rejection_without_reasons_is_refused(client: Any, karla: Any, parking_case: Case) -> None:
    response = client.as_(karla).post(f"{parking_case.staff_url}entscheiden/", {"outcome": "rejected"})
    assert "Eine Ablehnung braucht eine Begründung." in response.content.decode()
    assert not parking_case.notices.exists()


def test_permit_that_has_ended_and_a_negative_fee_are_refused_where_they_are_typed(
    client: Any, karla: Any, aylin: Any
) -> None:
    case = factories.zone_case(aylin)
    typed = {
        "outcome": "granted",
        "valid_from": "01.01.2020",
        "valid_until": "31.12.2021",
        "fee": "-5,00",
        "reasons": "",
    }
    page = client.as_(karla).post(f"{case.staff_url}entscheiden/", typed).content.decode()
    assert "Dieser Tag ist schon vorbei." in page
    assert "Eine Gebühr ist nicht negativ. 0 steht für gebührenfrei." in page
    assert 'value="-5,00"' in page
    assert 'value="31.12.2021"' in page
    assert not case.notices.exists()


NEXT_YEAR = today().year + 1
GRANTED = {
    "outcome": "granted", "valid_from": f"01.01.{NEXT_YEAR}", "valid_until": f"31.12.{NEXT_YEAR}", "fee": "30,70", "zone": "A",
    "reasons": "Die Gebühr deckt den Aufwand.", "conditions": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        # § 39 VwVfG.
        (GRANTED | {"reasons": ""}, "Nebenbestimmungen und Gebühren brauchen eine Begründung."),
        (GRANTED | {"reasons": "", "fee": "0", "conditions": "Nur nachts."}, "Nebenbestimmungen und Gebühren brauchen"),
        (GRANTED | {"zone": "\u200b"}, "Bitte geben Sie die Zone an, für die der Ausweis gilt."),
        (GRANTED | {"fee": ""}, "Bitte geben Sie die Gebühr ein. 0 steht für gebührenfrei."),
        ({"outcome": "rejected", "reasons": "Darum.", "fee": ""}, "Bitte geben Sie die Gebühr ein. 0 steht für"),
    ],
)
def test_decision_that_says_too_little_is_asked_for_the_rest(
    client: Any, karla: Any, parking_case: Case, typed: dict[str, str], said: str
) -> None:
    answer = client.as_(karla).post(f"{parking_case.staff_url}entscheiden/", typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not parking_case.notices.exists()


def test_permit_names_its_zone_and_what_is_to_be_paid_although_somebody_sues(
    client: Any, karla: Any, parking_case: Case
) -> None:
    decide(client.as_(karla), f"{parking_case.staff_url}entscheiden/", GRANTED)
    context = factories.letter_of(parking_case).context
    assert any("der Bewohnerparkzone A, zu der die Wohnung" in line for line in context["tenor"])
    assert context["remedy_hint"].startswith("Eine Klage gegen die Gebühr hat keine aufschiebende Wirkung")


def test_what_costs_nothing_says_nothing_of_paying(client: Any, karla: Any, parking_case: Case) -> None:
    decide(client.as_(karla), f"{parking_case.staff_url}entscheiden/", GRANTED | {"fee": "0", "reasons": ""})
    context = factories.letter_of(parking_case).context
    assert context["remedy"].startswith("Gegen diesen Bescheid")
    assert (context["remedy_hint"], context["charge"]) == ("", [])


def test_declaration_on_which_nothing_is_assessed_contradicts_nothing(client: Any, piotr: Any, aylin: Any) -> None:
    case = factories.dog_case(aylin)
    typed = {"outcome": "rejected", "reasons": "Der Hund lebt in Gifhorn."}
    assert decide(client.as_(piotr), f"{case.staff_url}entscheiden/", typed).status_code == 302
    context = factories.letter_of(case).context
    assert context["tenor"] == ["Auf Ihre Anmeldung wird keine Hundesteuer festgesetzt."]
    assert context["remedy"].startswith("Gegen diesen Bescheid")
    assert context["remedy_hint"] == ""


def test_without_an_instruction_on_remedies_nothing_is_decided(client: Any, karla: Any, parking_case: Case) -> None:
    LegalRemedy.objects.filter(key="vwvfg").delete()
    url = f"{parking_case.staff_url}entscheiden/"
    answer = client.as_(karla).post(url, GRANTED)
    assert answer.status_code == 422
    assert "Für dieses Verfahren fehlt die Rechtsbehelfsbelehrung." in answer.content.decode()
    parking_case.refresh_from_db()
    assert parking_case.is_open
    assert not parking_case.notices.exists()
    # It is valid on its first day, and not before.
    remedy = LegalRemedy.objects.create(key="vwvfg", text="Neue Belehrung.", valid_from=today() + dt.timedelta(days=1))
    assert client.post(url, GRANTED).status_code == 422
    LegalRemedy.objects.filter(pk=remedy.pk).update(valid_from=today())
    assert decide(client, url, GRANTED).status_code == 302
    assert factories.letter_of(parking_case).context["remedy"] == "Neue Belehrung."


def test_of_two_clerks_who_take_a_case_one_gets_it_and_the_other_is_told(
    client: Any, karla: Any, henrike: Any, parking_case: Case
) -> None:
    page = client.as_(henrike).get(parking_case.staff_url).content.decode()
    assert '<input type="hidden" name="shown" value="">' in page
    assert client.as_(karla).post(act(parking_case, "take"), {"shown": ""}).status_code == 302
    late = client.as_(henrike).post(act(parking_case, "take"), {"shown": ""})
    assert "Der Vorgang hat sich inzwischen geändert." in late.content.decode()
    parking_case.refresh_from_db()
    assert parking_case.assignee == karla
    # Having seen who has it, a colleague may take it over.
    assert f'name="shown" value="{karla.pk}"' in late.content.decode()
    client.post(act(parking_case, "take"), {"shown": str(karla.pk)})
    parking_case.refresh_from_db()
    assert parking_case.assignee == henrike


def test_question_typed_while_the_case_was_handed_over_is_not_lost(
    client: Any, karla: Any, parking_case: Case, taxes: Any
) -> None:
    Case.objects.filter(pk=parking_case.pk).update(department=taxes)
    typed = {"ask-body": "Bitte ein besseres Foto, <b>mit allen Ecken</b>.", "ask-due_on": "31.12.2030"}
    answer = client.as_(karla).post(act(parking_case, "ask"), typed)
    assert answer.status_code == 404
    assert "Bitte ein besseres Foto, &lt;b&gt;mit allen Ecken&lt;/b&gt;." in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    # Nothing that another site could write stands on a page of ours: behind no address, no form's token was checked.
    assert "besseres Foto" not in client.post("/nirgends/", typed).content.decode()
    assert client.post("/nirgends/", {f"x{n}": "a b" for n in range(1500)}).status_code == 404
    # The same for a case that there never was.
    assert "besseres Foto" in client.post("/verwaltung/vorgaenge/XXX-XXX-XXX/tun/ask/", typed).content.decode()


def test_page_shown_in_answer_to_a_form_leads_to_the_case_in_the_other_language(
    client: Any, parking_case: Case, karla: User
) -> None:
    """After an error the address is one that only takes forms."""
    path = f"{parking_case.staff_url}tun/ask/"
    page = client.as_(karla).post(path, {"ask-body": ""}).content.decode()
    assert f'href="/en{parking_case.staff_url}"' in page
    assert client.get(path).url == parking_case.staff_url


def test_uploads_and_messages_are_before_the_eyes_of_who_decides(client: Any, parking_case: Case, karla: User) -> None:
    verbs.message_in(parking_case, body="Der Nachweis kommt morgen.", by=None)
    page = client.as_(karla).get(f"{parking_case.staff_url}entscheiden/").content.decode()
    assert f"/anlage/{parking_case.attachments.get().pk}/" in page
    assert "Der Nachweis kommt morgen." in page
    assert "(freiwillig)" not in page
