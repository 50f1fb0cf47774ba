"""Serving at a counter."""

from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.reception import shifts
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.reception.states import Source, TicketStatus
from apps.appointments.timetable.models import Counter
from apps.appointments.timetable.states import Audience
from tests.appointments import setting

pytestmark = pytest.mark.django_db

DAY = "/verwaltung/termine/"
BOOK = "/verwaltung/termine/buchen/"
WHO = {"name": "Mehmet Yıldız", "phone": "05361 1234", "email": "", "booked_by": "phone"}


@pytest.fixture
def morning() -> Any:
    with time_machine.travel(setting.at("09:00"), tick=True):
        yield


def text(answer: Any) -> str:
    return str(answer.content.decode())


def arrived(office: Any, time: str) -> Ticket:
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, audience=Audience.INTERNAL,
        starts_at=setting.at(time, timezone.localdate()),
    )  # fmt: skip
    transitions.confirm(booking, name="Zoë D’Angelo")
    return queueing.check_in(booking, source=Source.DESK)


def press(clerk: Any, counter: Counter, act: str, **more: str) -> str:
    answer = clerk.post(f"/verwaltung/schalter/{counter.pk}/tun/", {"act": act, **more}, follow=True)
    assert answer.status_code == 200, answer
    return text(answer)


@pytest.mark.usefixtures("morning")
def test_a_morning_at_the_counter(clerk: Any, office: Any, piotr: Any) -> None:
    shifts.sit_down(Counter.objects.get(name="Platz 2"), piotr)
    tickets = [arrived(office, time) for time in ("09:00", "09:12", "09:24")]
    here, other = Counter.objects.order_by("name")
    # Nobody acts at a counter where they do not sit.
    assert "Wo sitzen Sie heute?" in press(clerk, here, "next")
    page = text(clerk.post("/verwaltung/schalter/", {"counter": str(here.pk)}, follow=True))
    assert "Es warten 3 Personen" in page
    page = press(clerk, here, "next")
    assert "T 01" in page
    assert "Zoë D’Angelo" in page
    press(clerk, here, "again")
    assert "Noch einmal aufrufen" not in press(clerk, here, "again")
    press(clerk, here, "begin")
    assert "T 02" in press(clerk, here, "finish_next")
    assert "doch da" in press(clerk, here, "no_show")
    press(clerk, here, "wait_again", ticket=str(tickets[1].pk))
    press(clerk, here, "call", ticket=str(tickets[2].pk))
    press(clerk, here, "hand_over", to=str(other.pk))
    assert Ticket.objects.get(pk=tickets[2].pk).for_counter == other
    press(clerk, here, "pause")
    assert shifts.staffed(office) == [other]
    press(clerk, here, "resume")
    assert "T 02" in press(clerk, here, "next")
    press(clerk, here, "finish")
    assert "Gerade wartet niemand, den dieser Platz" in press(clerk, here, "next")
    assert "Wo sitzen Sie heute?" in press(clerk, here, "leave")
    assert [s.counter for s in Shift.objects.filter(ended_at=None)] == [other]
    assert Booking.objects.filter(status=BookingStatus.SERVED).count() == 2


@pytest.mark.usefixtures("morning")
def test_reception_checks_people_in(clerk: Any, office: Any) -> None:
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, audience=Audience.INTERNAL,
        starts_at=setting.at("11:00", timezone.localdate()),
    )  # fmt: skip
    transitions.confirm(booking, name="Zoë D’Angelo")
    here = Counter.objects.order_by("name")[0]
    clerk.post("/verwaltung/schalter/", {"counter": str(here.pk)})
    assert "Ein Termin wird noch erwartet" in text(clerk.get(f"/verwaltung/schalter/{here.pk}/"))
    assert "Angemeldet: T 01" in press(clerk, here, "check_in", booking=booking.reference)
    assert "schneller" in press(clerk, here, "check_in", booking=booking.reference)
    assert "Ist gekommen" not in text(clerk.get(f"{DAY}{booking.pk}/"))


@pytest.mark.usefixtures("morning")
def test_stale_buttons_change_nothing(clerk: Any, office: Any) -> None:
    ticket = arrived(office, "09:00")
    here, other = Counter.objects.order_by("name")
    clerk.post("/verwaltung/schalter/", {"counter": str(here.pk)})
    queueing.call(ticket, other)
    for act in ("call", "finish", "begin", "no_show", "hand_over", "wait_again"):
        assert "schneller" in press(clerk, here, act, ticket=str(ticket.pk)), act
    for termin in ("x", "a\x00", "", "3PE-E79-K49"):
        assert "schneller" in press(clerk, here, "check_in", booking=termin)
    for data in ({"act": "x"}, {"act": "call", "ticket": "x"}, {}):
        assert clerk.post(f"/verwaltung/schalter/{here.pk}/tun/", data).status_code == 404
    assert clerk.post("/verwaltung/schalter/", {"counter": "x"}).status_code == 404
    assert Ticket.objects.get().status == TicketStatus.CALLED


@pytest.mark.usefixtures("morning")
def test_line_asks_the_same_number_of_queries(clerk: Any, office: Any, django_assert_num_queries: Any) -> None:
    here = Counter.objects.order_by("name")[0]
    clerk.post("/verwaltung/schalter/", {"counter": str(here.pk)})
    arrived(office, "09:00")
    clerk.get(f"/verwaltung/schalter/{here.pk}/?teil=1")
    with django_assert_num_queries(12):
        clerk.get(f"/verwaltung/schalter/{here.pk}/?teil=1")
    arrived(office, "09:12"), arrived(office, "09:24")
    with django_assert_num_queries(12):
        clerk.get(f"/verwaltung/schalter/{here.pk}/?teil=1")


@pytest.mark.usefixtures("morning")
def test_yesterdays_forgotten_visit_does_not_block_the_counter(office: Any) -> None:
    ticket = arrived(office, "09:00")
    here = Counter.objects.select_related("office").order_by("name")[0]
    queueing.call(ticket, here)
    # Counted from the first morning, on a working day again.
    with time_machine.travel(setting.at("09:00"), tick=True):
        assert queueing.call_next(here) is None
        today = arrived(office, "09:12")
        assert queueing.call_next(here) == today
    assert Ticket.objects.get(pk=ticket.pk).status == TicketStatus.DONE


@pytest.mark.usefixtures("morning")
def test_somebody_handed_to_a_counter_that_was_left_is_anybodys_again(office: Any, karla: Any, piotr: Any) -> None:
    ticket = arrived(office, "09:00")
    here, other = Counter.objects.select_related("office").order_by("name")
    shifts.sit_down(here, karla)
    shift = shifts.sit_down(other, piotr)
    queueing.call_next(here)
    ticket.refresh_from_db()
    queueing.hand_over(ticket, other)
    assert queueing.call_next(here) is None
    shifts.stand_up(shift)
    assert queueing.call_next(here) == ticket
