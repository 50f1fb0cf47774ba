"""„Mein Bereich": what a citizen has to do and has going on, and what it costs to show it."""

import datetime as dt
import html
from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.models import Draft
from apps.applications.states import Status
from apps.cases import consents
from apps.cases import transitions as verbs
from apps.cases.addressee import addressee_of
from apps.cases.models import Case, Consent
from apps.cases.states import Way
from apps.core.business_calendar import today
from tests import factories, walk
from tests.desk.test_queue import furnish, question

# Queries of a page, however many rows it shows.
MY_AREA, CASE = 11, 25


@pytest.fixture
def area(aylin: User) -> Any:
    """Aylin's browser."""
    return walk.browser(aylin)


def shown(client: Any) -> str:
    """The page."""
    response = client.get(reverse("portal:my_area"))
    assert response.status_code == 200
    return str(response.content.decode())


def test_nothing_yet(area: Any) -> None:
    page = shown(area)
    assert "Sie müssen gerade nichts tun." in page
    assert "Hier erscheinen Ihre Anträge" in page


def test_cases_are_one_s_own_newest_first(area: Any, aylin: User, juergen: User) -> None:
    old, new = factories.parking_case(aylin), factories.dog_case(aylin)
    his = factories.parking_case(juergen)
    Case.objects.filter(pk=old.pk).update(submitted_at=new.submitted_at - dt.timedelta(days=3))
    page = shown(area)
    assert page.index(new.reference) < page.index(old.reference)
    assert his.reference not in page
    assert "Guten Tag, Aylin Özdemir-Groß" in page


def test_a_question_is_something_to_do_until_it_is_answered(
    area: Any, aylin: User, karla: User, parking_case: Case
) -> None:
    question(parking_case, karla)
    page = shown(area)
    assert "Bitte antworten Sie" in page
    assert "Sie müssen gerade nichts tun." not in page
    assert "Wir haben eine Frage an Sie." in page
    verbs.answer(parking_case, body="Hier.", by=aylin)
    page = shown(area)
    assert "Bitte antworten Sie" not in page
    assert "Sie müssen gerade nichts tun." in page


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("take", "Wir bearbeiten Ihren Antrag."),
        ("withdraw", "Sie haben Ihren Antrag zurückgezogen."),
        ("reject", "Ihr Antrag ist abgelehnt."),
    ],
)
def test_the_status_is_said_in_plain_words(
    area: Any, aylin: User, karla: User, parking_case: Case, verb: str, sentence: str
) -> None:
    assert "Ihr Antrag ist da." in shown(area)
    if verb == "take":
        verbs.take(parking_case, by=karla)
    elif verb == "withdraw":
        applications.withdraw(parking_case, by=aylin)
    else:
        applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    assert sentence in shown(area)


def test_drafts_are_offered_until_they_are_filed(area: Any, aylin: User, juergen: User) -> None:
    mine, his = factories.parking_draft(aylin), factories.parking_draft(juergen)
    page = shown(area)
    assert str(mine.pk) in page
    assert str(his.pk) not in page
    case = applications.submit(mine, by=aylin, way="post")
    page = shown(area)
    assert str(mine.pk) not in page
    assert case.reference in page


def test_what_a_clerk_captures_is_no_draft_of_the_clerk_s_own(karla: User) -> None:
    captured = factories.draft(karla, "bewohnerparkausweis", {})
    Draft.objects.filter(pk=captured.pk).update(channel="paper")
    assert str(captured.pk) not in shown(walk.browser(karla))


def test_an_answer_arrives_with_its_file_and_only_once(area: Any, karla: User, parking_case: Case) -> None:
    question(parking_case, karla)
    path = reverse("portal:answer", args=[parking_case.reference])
    response = area.post(path, {"body": "Hier ist es.", "file": factories.photo("foto.jpg")}, follow=True)
    assert "Danke. Ihre Antwort ist da" in response.content.decode()
    assert "foto.jpg" in response.content.decode()
    # Sent again from another window: kept, but the question has its answer.
    response = area.post(path, {"body": "Noch einmal.", "file": factories.photo("noch.jpg")}, follow=True)
    assert response.status_code == 200
    assert parking_case.messages.get(answer_to__isnull=False).body == "Hier ist es."
    parking_case.refresh_from_db()
    assert parking_case.status == Status.IN_REVIEW


@pytest.mark.parametrize("end", ["withdrawn", "rejected"])
def test_an_answer_after_the_end_is_no_error_and_reopens_nothing(
    area: Any, aylin: User, karla: User, parking_case: Case, end: str
) -> None:
    question(parking_case, karla)
    if end == "withdrawn":
        applications.withdraw(parking_case, by=aylin)
    else:
        applications.decide(parking_case, outcome=Status.REJECTED, reasons="Darum.", by=karla)
    path = reverse("portal:answer", args=[parking_case.reference])
    response = area.post(path, {"body": "Zu spät?", "file": factories.photo()}, follow=True)
    assert response.status_code == 200
    parking_case.refresh_from_db()
    assert parking_case.status == end
    assert not parking_case.messages.filter(answer_to__isnull=False).exists()


@pytest.mark.parametrize("fields", [{}, {"body": "  "}, {"body": "a\x00b"}, {"body": "x" * 4001}], ids=str)
def test_an_answer_without_words_or_file_is_asked_for_again(
    area: Any, karla: User, parking_case: Case, fields: dict[str, str]
) -> None:
    question(parking_case, karla)
    response = area.post(reverse("portal:answer", args=[parking_case.reference]), fields)
    assert response.status_code == 422
    assert 'id="id_body_error"' in response.content.decode()
    parking_case.refresh_from_db()
    assert parking_case.status == Status.QUESTION


def test_notes_and_the_clerk_s_timeline_are_not_shown(area: Any, karla: User, parking_case: Case) -> None:
    verbs.add_note(parking_case, body="Ruft oft an.", by=karla)
    verbs.take(parking_case, by=karla)
    page = area.get(parking_case.get_absolute_url()).content.decode()
    assert "Ruft oft an." not in page
    assert "Notiz geschrieben" not in page
    assert "Brandes" not in page


# -- what it costs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_my_area_asks_the_same_number_of_queries(
    area: Any, aylin: User, karla: User, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        question(factories.parking_case(aylin), karla)
        factories.dog_case(aylin)
        factories.parking_draft(aylin)
    with django_assert_num_queries(MY_AREA):
        response = area.get(reverse("portal:my_area"))
    assert len(response.context["rows"]) == 2 * rows
    assert len(response.context["to_do"]) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_case_page_asks_the_same_number_of_queries(
    area: Any, parking_case: Case, aylin: User, karla: User, rows: int, django_assert_num_queries: Any
) -> None:
    furnish(parking_case, rows, karla=karla, aylin=aylin)
    with django_assert_num_queries(CASE):
        page = area.get(parking_case.get_absolute_url()).content.decode()
    assert page.count("foto.jpg") == rows


def test_case_page_with_an_open_question(area: Any, karla: User, parking_case: Case) -> None:
    question(parking_case, karla)
    page = area.get(parking_case.get_absolute_url()).content.decode()
    due = today() + dt.timedelta(days=8)
    assert "Bitte ein Foto." in page
    assert f"Bitte antworten Sie bis {due.day}. " in page


def test_answers_have_a_limit_by_the_hour(area: Any, aylin: User, karla: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.portal.views.cases.ANSWERS_PER_HOUR", 1)
    case = factories.parking_case(aylin)
    question(case, karla)
    path = reverse("portal:answer", args=[case.reference])
    assert area.post(path, {"body": "Ja."}).status_code == 302
    limited = area.post(path, {"body": "Und noch etwas."})
    assert limited.status_code == 422
    assert "Ihr Text steht noch hier" in limited.content.decode()
    assert "Und noch etwas." in limited.content.decode()
    assert case.messages.filter(body="Und noch etwas.").count() == 0


@pytest.mark.parametrize(
    "path",
    ["/leistungen/?q=hund", "/termine/zeiten/?leistung=personalausweis&personen=2&verschieben=abc",
     "/konto/login/?next=/mein-bereich/", "/en/leistungen/?q=hund&seite=2"],
)  # fmt: skip
def test_link_to_the_other_language_keeps_what_was_chosen(client: Any, db: None, path: str) -> None:
    page = html.unescape(client.get(path).content.decode())
    other = path.removeprefix("/en") if path.startswith("/en") else f"/en{path}"
    assert f'<a href="{other}" lang=' in page


def test_what_is_missing_can_be_sent_without_being_asked(area: Any, parking_case: Case) -> None:
    """A form says that a proof may come later: there has to be a place for it."""
    page = area.get(parking_case.get_absolute_url()).content.decode()
    assert "Etwas nachreichen oder mitteilen" in page
    path = reverse("portal:answer", args=[parking_case.reference])
    answer = area.post(path, {"body": "Hier ist der Nachweis.", "file": factories.photo("nachweis.jpg")}, follow=True)
    assert "Danke. Ihre Nachricht ist da." in answer.content.decode()
    message = parking_case.messages.get()
    assert (message.body, message.attachments.get().file.name) == ("Hier ist der Nachweis.", "nachweis.jpg")
    parking_case.refresh_from_db()
    assert parking_case.came_back_at is not None


def test_page_shown_in_answer_to_a_form_leads_to_itself_in_the_other_language(area: Any, parking_case: Case) -> None:
    """After an error the address is one that only takes forms."""
    path = reverse("portal:answer", args=[parking_case.reference])
    page = area.post(path, {"body": ""}).content.decode()
    assert f'href="/en{parking_case.get_absolute_url()}"' in page
    assert area.get(path).url == parking_case.get_absolute_url()


def test_consent_is_withdrawn_and_given_again_in_the_area(area: Any, parking_case: Case, aylin: User) -> None:
    path = reverse("portal:delivery", args=[parking_case.reference])
    assert "zum Abruf im Portal" in area.get(parking_case.get_absolute_url()).content.decode()
    page = area.get(path).content.decode()
    assert "Sie haben am" in page
    assert "gilt der Bescheid einen Tag nach Ihrem Abruf als bekannt gegeben" in page
    assert "künftig mit der Post" in area.post(path, {"way": "post"}, follow=True).content.decode()
    assert addressee_of(parking_case).way == Way.POST
    assert "Das war schon so eingestellt." in area.post(path, {"way": "post"}, follow=True).content.decode()
    assert "Ja, hier abrufen" in area.get(path).content.decode()
    area.post(path, {"way": "portal"})
    assert addressee_of(parking_case).way == Way.PORTAL
    given, again = Consent.objects.order_by("pk")
    assert given.withdrawn_at is not None
    assert again.version == consents.VERSION
    page = area.get(parking_case.get_absolute_url()).content.decode()
    assert "In den Abruf eingewilligt" in page
    assert "Einwilligung in den Abruf widerrufen" in page


def test_consent_is_for_ones_own_letters_only(area: Any, juergen: User) -> None:
    theirs = factories.parking_case(juergen)
    assert area.post(reverse("portal:delivery", args=[theirs.reference]), {"way": "post"}).status_code == 404
    joint = factories.joint_party(theirs, User.objects.get(email="aylin@example.org"))
    area.post(reverse("portal:delivery", args=[theirs.reference]), {"way": "portal"})
    assert [c.party for c in Consent.objects.order_by("pk")][-1] == joint
    area.post(reverse("portal:delivery", args=[theirs.reference]), {"way": "post"})
    assert addressee_of(theirs).way == Way.PORTAL, "that of another is for them to withdraw"
