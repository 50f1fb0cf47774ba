"""What was typed is still there when a log-in ends in the middle."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from apps.accounts.models import User
from apps.applications import drafts
from apps.applications.models import Draft
from apps.cases.models import Case, Message
from apps.cases.states import Channel
from apps.catalogue.models import Service

MORNING = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
WORDS = "Die Begründung, an der ich seit einer halben Stunde schreibe."


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands at eight in the morning until it is moved."""
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def note(case: Case) -> str:
    return f"/verwaltung/vorgaenge/{case.reference}/tun/note/"


def sent_too_late(client: Any, case: Case, karla: User, clock: Any) -> Any:
    client.as_(karla).get("/verwaltung/")
    clock.move_to(MORNING + dt.timedelta(minutes=40))
    return client.post(note(case), {"note-body": WORDS}, headers={"Referer": f"https://testserver{case.staff_url}"})


def test_clerks_words_are_there_after_signing_in_again(
    client: Any, parking_case: Case, karla: User, clock: Any
) -> None:
    answer = sent_too_late(client, parking_case, karla, clock)
    assert answer["Location"] == "/konto/login/?next=/konto/fortsetzen/"
    client.post(answer["Location"], {"login": karla.email, "password": "ein langes Passwort 42"})
    page = client.get("/konto/fortsetzen/").content.decode()
    assert WORDS in page
    assert f'action="{note(parking_case)}"' in page
    assert parking_case.staff_url in page
    assert not parking_case.notes.exists(), "nothing is sent by itself"
    # Shown once.
    assert client.get("/konto/fortsetzen/").status_code == 302


def test_somebody_else_does_not_get_them(
    client: Any, parking_case: Case, karla: User, henrike: User, clock: Any
) -> None:
    answer = sent_too_late(client, parking_case, karla, clock)
    client.post(answer["Location"], {"login": henrike.email, "password": "ein langes Passwort 42"})
    assert client.get("/konto/fortsetzen/").status_code == 302
    client.post("/konto/logout/")
    client.post("/konto/login/", {"login": karla.email, "password": "ein langes Passwort 42"})
    assert client.get("/konto/fortsetzen/").status_code == 302


def test_after_half_an_hour_they_are_gone(client: Any, parking_case: Case, karla: User, clock: Any) -> None:
    answer = sent_too_late(client, parking_case, karla, clock)
    clock.move_to(MORNING + dt.timedelta(minutes=40 + 31))
    client.post(answer["Location"], {"login": karla.email, "password": "ein langes Passwort 42"})
    assert client.get("/konto/fortsetzen/").status_code == 302


def test_whose_words_are_unknown_are_shown_at_once_and_kept_nowhere(client: Any, parking_case: Case) -> None:
    answer = client.post(f"/mein-bereich/vorgaenge/{parking_case.reference}/antworten/", {"body": WORDS})
    assert answer.status_code == 403
    assert WORDS in answer.content.decode()
    assert "Anmelden (neues Fenster)" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert "kept_input" not in client.session
    assert not Message.objects.filter(case=parking_case).exists()


def test_nothing_typed_leads_back_to_the_page(client: Any, parking_case: Case) -> None:
    page = parking_case.get_absolute_url()
    answer = client.post(
        f"/mein-bereich/vorgaenge/{parking_case.reference}/antworten/",
        {"body": ""},
        headers={"Referer": f"https://testserver{page}"},
    )
    assert answer["Location"] == f"/konto/login/?next={page}"


def test_page_of_another_host_is_not_led_to(client: Any, parking_case: Case) -> None:
    answer = client.post(note(parking_case), {}, headers={"Referer": "https://testserver.evil.example/x"})
    assert answer["Location"] == "/konto/login/?next=/konto/weiter/"


def test_captured_draft_keeps_what_was_typed_and_stands_on_the_desk(client: Any, karla: User, clock: Any) -> None:
    service = Service.objects.get(slug="bewohnerparkausweis")
    draft = drafts.begin(service, user=karla, browser="", channel=Channel.PHONE)
    client.as_(karla)
    desk = client.get("/verwaltung/").content.decode()
    assert "Angefangen zu erfassen" in desk
    assert draft.get_absolute_url() in desk
    clock.move_to(MORNING + dt.timedelta(minutes=40))
    step = f"/antraege/entwurf/{draft.pk}/schritt/person/"
    answer = client.post(step, {"family_name": "Ñáñez", "birth_date": "wann?"})
    assert answer["Location"] == f"/konto/login/?next={step}"
    assert Draft.objects.get(pk=draft.pk).typed["person"]["family_name"] == ["Ñáñez"]


def test_ten_hours_have_a_sentence_of_their_own(client: Any, aylin: User, clock: Any) -> None:
    client.as_(aylin).get("/")
    for hour in range(1, 21):
        clock.move_to(MORNING + dt.timedelta(minutes=30 * hour))
        client.get("/mein-bereich/")
    clock.move_to(MORNING + dt.timedelta(hours=10, minutes=5))
    page = client.get(client.get("/mein-bereich/")["Location"]).content.decode()
    assert "Nach zehn Stunden" in page
    assert "lange nicht aktiv" not in page
