"""Coming: at the terminal, from the telephone, and what the waiting room sees."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Ticket
from apps.appointments.reception.states import Source, TicketStatus
from apps.appointments.timetable.models import Counter, OfficePolicy
from tests.appointments import setting
from tests.appointments.reception.test_transitions import town_hall
from tests.appointments.setting import many, racing
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(setting.at("09:00"), tick=True):
        yield


@pytest.fixture
def office() -> Any:
    return town_hall(counters=2, walk_ins=1, tickets=4, home=3)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def booked(office: Any, time: str = "09:12") -> Booking:
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, starts_at=setting.at(time, timezone.localdate())
    )
    transitions.confirm(booking, name="Zoë D’Angelo", email="zoe@example.org")
    return booking


WALK_IN = {"leistung": "personalausweis", "personen": "1", "standort": "rathaus-b"}


def test_number_is_shown_until_it_is_called_and_names_nobody(client: Any, office: Any) -> None:
    booking = booked(office)
    page = client.get(f"/termine/da/?nummer={booking.reference}")
    assert booking.reference in text(page)
    answer = client.post("/termine/da/", {"nummer": booking.reference.replace("-", " ").lower()}, follow=True)
    page = text(answer)
    assert "T 01" in page
    assert "Zoë" not in page
    url = answer.redirect_chain[0][0]
    assert "T 01" in text(client.get(f"{url}?teil=1"))
    counter = Counter.objects.select_related("office").order_by("name")[0]
    queueing.call_next(counter)
    assert "Sie sind dran: Platz 1" in text(client.get(url))


@pytest.mark.parametrize("typed", ["", "x", "3PE-E79-K49", "3PE-E79-K4", "\x00", "🙂" * 30])
def test_number_that_is_none_is_said(client: Any, office: Any, typed: str) -> None:
    answer = client.post("/termine/da/", {"nummer": typed})
    assert answer.status_code == 422
    assert not Ticket.objects.exists()


def test_numbers_are_not_tried_out(client: Any, office: Any) -> None:
    for _ in range(30):
        client.post("/termine/da/", {"nummer": "3PE-E79-K49"})
    known = booked(office).reference
    assert client.post("/termine/da/", {"nummer": known}).status_code == 429


def test_walk_in_draws_from_home_and_gives_back(client: Any, office: Any) -> None:
    page = text(client.get("/termine/ohne-termin/"))
    assert "noch 4 Wartenummern" in page
    assert "davon 3 von unterwegs" in page
    answer = client.post("/termine/ohne-termin/", WALK_IN, follow=True)
    assert "W 01" in text(answer)
    url = answer.redirect_chain[0][0]
    answer = client.post(f"{url}zurueckgeben/", follow=True)
    assert "zurückgegeben" in text(answer)
    assert Ticket.objects.get().status == TicketStatus.LEFT
    assert client.get(url.replace("nummer/", "nummer/x")).status_code == 404


def test_one_connection_does_not_draw_them_all(
    client: Any, office: Any, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.APPOINTMENT_TICKETS_PER_DAY = 2
    caplog.set_level("INFO", "security")
    stati = [client.post("/termine/ohne-termin/", WALK_IN).status_code for _ in range(2)]
    assert stati == [302, 302]
    assert "limit_reached" not in caplog.text
    assert client.post("/termine/ohne-termin/", WALK_IN).status_code == 429
    assert caplog.text.count("limit_reached") == 1
    others = SecureClient()
    assert others.post("/termine/ohne-termin/", WALK_IN, REMOTE_ADDR="192.0.2.9").status_code == 302
    # Those from afar are gone, those in the building not.
    answer = others.post("/termine/ohne-termin/", WALK_IN, REMOTE_ADDR="192.0.2.10")
    assert "Am Standort gibt es vielleicht noch welche" in text(answer)
    key = OfficePolicy.objects.get().terminal_key
    answer = client.post(f"/termine/terminal/{key}/", {**WALK_IN, "draw": "1"}, follow=True)
    assert "W 04" in text(answer)


@pytest.mark.parametrize("wrong", [{"standort": ""}, {"leistung": "x"}, {"personen": "0"}, {"standort": "x"}])
def test_what_does_not_hold_is_said(client: Any, office: Any, wrong: dict[str, str]) -> None:
    assert client.post("/termine/ohne-termin/", WALK_IN | wrong).status_code == 422


def test_terminal_checks_in_and_prints(client: Any, office: Any) -> None:
    key = OfficePolicy.objects.get().terminal_key
    url = f"/termine/terminal/{key}/"
    booking = booked(office)
    answer = client.post(url, {"nummer": booking.reference, "arrived": "1"}, follow=True)
    assert "data-print-now" in text(answer)
    assert "T 01" in text(answer)
    assert Ticket.objects.get().source == Source.TERMINAL
    # The second time it is the same number.
    client.post(url, {"nummer": booking.reference, "arrived": "1"})
    assert Ticket.objects.count() == 1
    assert client.post(url, {"nummer": "x", "arrived": "1"}).status_code == 422
    assert client.get("/termine/terminal/guess/").status_code == 404


def test_terminal_of_another_office_knows_no_such_appointment(client: Any, office: Any) -> None:
    setting.office("vorsfelde")
    key = OfficePolicy.objects.get(office__slug="vorsfelde").terminal_key
    answer = client.post(f"/termine/terminal/{key}/", {"nummer": booked(office).reference, "arrived": "1"})
    assert "gibt es hier heute keinen Termin" in text(answer)
    ticket = queueing.draw(office, [setting.bookable()], 1, source=Source.TERMINAL)
    assert client.get(f"/termine/terminal/{key}/{ticket.pk}/").status_code == 404


def test_display_shows_numbers_and_counters_only(client: Any, office: Any) -> None:
    booking = booked(office, "09:00")
    queueing.check_in(booking, source=Source.DESK)
    assert "Noch niemand aufgerufen" in text(client.get("/termine/anzeige/rathaus-b/"))
    queueing.call_next(Counter.objects.select_related("office").order_by("name")[0])
    page = text(client.get("/termine/anzeige/rathaus-b/?teil=1"))
    assert "Nummer T 01, bitte zu Platz 1" in page
    assert "Zoë" not in page
    said = re.search(r'data-call="([^"]+)"', page)
    queueing.call_again(Ticket.objects.get())
    again = re.search(r'data-call="([^"]+)"', text(client.get("/termine/anzeige/rathaus-b/?teil=1")))
    assert said
    assert again
    assert said[1] != again[1], "called again, said again"
    assert client.get("/termine/anzeige/gibt-es-nicht/").status_code == 404


@racing
def test_numbers_drawn_at_once_are_counted_one_by_one(django_db_serialized_rollback: Any, settings: Any) -> None:
    settings.APPOINTMENT_TICKETS_PER_DAY = 2
    town_hall(counters=2, walk_ins=1, tickets=12, home=10)
    stati = many(lambda _n: SecureClient().post("/termine/ohne-termin/", WALK_IN).status_code, 8)
    assert sorted(stati) == [302, 302, *[429] * 6]
    assert Ticket.objects.count() == 2


def test_yesterdays_number_is_not_called_today(client: Any, office: Any) -> None:
    queueing.draw(office, [setting.bookable()], 1, source=Source.TERMINAL)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=True):
        assert queueing.call_next(Counter.objects.select_related("office").order_by("name")[1]) is None
        assert "Noch niemand" in text(client.get("/termine/anzeige/rathaus-b/"))


def test_failed_attempts_use_nothing_up_and_say_from_when(client: Any, office: Any, settings: Any) -> None:
    settings.APPOINTMENT_TICKETS_PER_DAY = 1
    with time_machine.travel(setting.at("06:30", timezone.localdate()), tick=True):
        for _ in range(3):
            assert "ab 07:00 Uhr" in text(client.post("/termine/ohne-termin/", WALK_IN))
    with time_machine.travel(setting.at("07:30", timezone.localdate()), tick=True):
        assert client.post("/termine/ohne-termin/", WALK_IN).status_code == 302
        assert client.post("/termine/ohne-termin/", WALK_IN).status_code == 429
