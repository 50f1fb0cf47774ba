"""Who is there: numbers, quotas, calling, serving, and two clerks who press at the same moment."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.accounts.models import User
from apps.appointments.booking import holding, transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.reception import closing, shifts, waiting_time, walk_in_hours
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Shift, Ticket
from apps.appointments.reception.states import Source, TicketStatus
from apps.appointments.timetable.models import BookableService, Closure, Counter, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.core.transitions import TransitionError
from tests.appointments import setting
from tests.appointments.setting import many, racing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    """A working day ahead, at nine."""
    with time_machine.travel(setting.at("09:00"), tick=True):
        yield


def today_at(time: str) -> dt.datetime:
    return setting.at(time, timezone.localdate())


def town_hall(counters: int = 2, walk_ins: int = 0, tickets: int = 10, home: int = 5) -> Any:
    """An office open today; the last counters are for people without an appointment."""
    office = setting.office(counters=counters, closes="16:00")
    if walk_ins:
        chosen = list(Counter.objects.filter(office=office).order_by("-pk")[:walk_ins])
        OpeningRule.objects.get(office=office).counters.remove(*chosen)
        rule = OpeningRule.objects.create(
            office=office, weekdays=setting.EVERY_DAY, opens=dt.time(8), closes=dt.time(12), audience=Audience.WALK_IN,
            valid_from=timezone.localdate(), tickets=tickets, home_tickets=home,
        )  # fmt: skip
        rule.counters.set(chosen)
    return office


def booked(office: Any, time: str = "09:12") -> Booking:
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, starts_at=today_at(time), audience=Audience.INTERNAL
    )
    transitions.confirm(booking, name="Zoë D’Angelo", email="zoe@example.org")
    return booking


def arrived(office: Any, time: str = "09:12") -> Ticket:
    return queueing.check_in(booked(office, time), source=Source.HOME)


def drawn(office: Any, source: str = Source.TERMINAL, service: BookableService | None = None) -> Ticket:
    return queueing.draw(office, [service or setting.bookable()], 1, source=source)


def counter(office: Any, number: int = 1) -> Counter:
    return Counter.objects.select_related("office").get(office=office, name=f"Platz {number}")


# -- saying that one is there --------------------------------------------------------------------------


def test_whoever_says_twice_that_they_are_there_has_one_number() -> None:
    office = town_hall()
    booking = booked(office)
    first = queueing.check_in(booking, source=Source.HOME)
    assert queueing.check_in(booking, source=Source.TERMINAL) == first
    assert (first.label, first.minutes, first.due_at) == ("T 01", 12, booking.starts_at)


@pytest.mark.parametrize(("time", "early"), [("10:12", True), ("08:24", False)])
def test_too_early_and_too_late_are_said(time: str, early: bool) -> None:
    office = town_hall()
    with time_machine.travel(today_at("07:50")):
        booking = booked(office, time)
    with pytest.raises(queueing.NotNow) as caught:
        queueing.check_in(booking, source=Source.HOME)
    assert caught.value.early == early
    # Staff decide for themselves.
    assert queueing.check_in(booking, source=Source.DESK)


def test_appointment_of_another_day_is_not_today() -> None:
    office = town_hall()
    booking = holding.hold(
        office=office, services=[setting.bookable()], persons=1, starts_at=setting.at("09:00", setting.working_day(2))
    )
    transitions.confirm(booking, name="Zoë")
    with pytest.raises(queueing.NotNow):
        queueing.check_in(booking, source=Source.DESK)


def test_cancelled_appointment_is_not_called() -> None:
    office = town_hall()
    ticket = arrived(office, "09:48")
    assert ticket.booking
    transitions.cancel(ticket.booking)
    assert queueing.call_next(counter(office)) is None
    with pytest.raises(TransitionError):
        queueing.check_in(booked_anew(ticket.booking), source=Source.DESK)


def booked_anew(booking: Booking) -> Booking:
    Ticket.objects.all().delete()
    return Booking.objects.select_related("counter__office").get(pk=booking.pk)


# -- numbers without an appointment -----------------------------------------------------------------------


def test_quota_is_what_it_is_and_bookings_eat_nothing_of_it() -> None:
    office = town_hall(counters=2, walk_ins=1, tickets=3, home=1)
    arrived(office)
    drawn(office, Source.HOME)
    with pytest.raises(walk_in_hours.NoTickets) as caught:
        drawn(office, Source.HOME)
    assert caught.value.able
    drawn(office)
    drawn(office)
    with pytest.raises(walk_in_hours.NoTickets):
        drawn(office)
    assert [t.label for t in Ticket.objects.order_by("number")] == ["T 01", "W 02", "W 03", "W 04"]


def test_number_of_an_appointment_is_not_given_back() -> None:
    """Or they could not be called any more; an appointment is cancelled."""
    with pytest.raises(TransitionError):
        queueing.give_back(arrived(town_hall()))


def test_number_given_back_stays_used() -> None:
    """Or one person could hand the whole quota through."""
    office = town_hall(walk_ins=1, tickets=1)
    queueing.give_back(drawn(office))
    with pytest.raises(walk_in_hours.NoTickets):
        drawn(office)


def test_what_no_counter_can_do_has_no_numbers() -> None:
    office = town_hall(walk_ins=1)
    with pytest.raises(walk_in_hours.NoTickets) as caught:
        drawn(office, service=setting.bookable("reisepass", 24))
    assert not caught.value.able


@pytest.mark.parametrize(("time", "left"), [("06:59", 0), ("07:01", 10), ("11:47", 10), ("11:49", 0), ("12:01", 0)])
def test_numbers_are_given_in_time_to_be_served(time: str, left: int) -> None:
    office = town_hall(walk_ins=1)
    with time_machine.travel(today_at(time)):
        if left:
            assert drawn(office)
        else:
            with pytest.raises(walk_in_hours.NoTickets):
                drawn(office)


def test_closed_office_gives_no_numbers() -> None:
    office = town_hall(walk_ins=1)
    Closure.objects.create(office=office, begins=today_at("07:00"), ends=today_at("18:00"))
    assert walk_in_hours.sessions(office) == []


@racing
def test_last_number_is_drawn_once(django_db_serialized_rollback: Any) -> None:
    office = town_hall(walk_ins=1, tickets=3)
    service = setting.bookable()
    results = many(lambda _n: queueing.draw(office, [service], 1, source=Source.TERMINAL), 8)
    assert sum(isinstance(r, Ticket) for r in results) == 3
    assert sum(isinstance(r, walk_in_hours.NoTickets) for r in results) == 5
    assert sorted(Ticket.objects.values_list("number", flat=True)) == [1, 2, 3]


# -- calling ----------------------------------------------------------------------------------------------


def test_whose_time_has_come_is_called_first_and_walk_ins_at_their_counter() -> None:
    office = town_hall(counters=2, walk_ins=1)
    walk_in = drawn(office)
    later, now = arrived(office, "09:36"), arrived(office, "09:00")
    assert queueing.call_next(counter(office, 1)) == now
    assert queueing.call_next(counter(office, 2)) == walk_in
    queueing.finish(Ticket.objects.get(pk=now.pk))
    # Nobody else is there: the one whose time is yet to come.
    assert queueing.call_next(counter(office, 1)) == later


def test_who_waits_past_their_time_is_called_at_a_counter_for_walk_ins_too() -> None:
    office = town_hall(counters=2, walk_ins=1)
    with time_machine.travel(today_at("08:45"), tick=True):
        late = arrived(office, "08:48")
    walk_in = drawn(office)
    assert queueing.call_next(counter(office, 2)) == late
    queueing.finish(Ticket.objects.get(pk=late.pk))
    assert queueing.call_next(counter(office, 2)) == walk_in


def test_counter_calls_only_whom_it_can_serve() -> None:
    office = town_hall(counters=2)
    passport = setting.bookable("reisepass", 24)
    counter(office, 2).services.add(passport)
    booking = holding.hold(office=office, services=[passport], persons=1, starts_at=today_at("09:12"))
    transitions.confirm(booking, name="Zoë")
    ticket = queueing.check_in(booking, source=Source.DESK)
    assert queueing.call_next(counter(office, 1)) is None
    assert queueing.call_next(counter(office, 2)) == ticket


def test_one_at_a_counter() -> None:
    office = town_hall()
    arrived(office, "09:00")
    second = arrived(office, "09:12")
    queueing.call_next(counter(office))
    with pytest.raises(TransitionError):
        queueing.call_next(counter(office))
    with pytest.raises(TransitionError):
        queueing.call(second, counter(office))


def test_called_three_times_then_no_show_then_here_after_all() -> None:
    office = town_hall()
    ticket = arrived(office, "09:00")
    queueing.call_next(counter(office))
    ticket.refresh_from_db()
    queueing.call_again(ticket)
    queueing.call_again(ticket)
    with pytest.raises(TransitionError):
        queueing.call_again(ticket)
    queueing.no_show(ticket)
    assert Booking.objects.get().status == BookingStatus.NO_SHOW
    queueing.wait_again(ticket)
    called = queueing.call_next(counter(office))
    assert called == ticket
    queueing.begin(called)
    queueing.finish(called)
    assert Booking.objects.get().status == BookingStatus.SERVED


def test_handing_over_brings_somebody_to_the_other_counter_first(karla: User) -> None:
    office = town_hall()
    shifts.sit_down(counter(office, 2), karla)
    ticket = arrived(office, "09:12")
    queueing.call_next(counter(office, 1))
    ticket.refresh_from_db()
    queueing.begin(ticket)
    began = ticket.began_at
    earlier = arrived(office, "09:00")
    queueing.hand_over(ticket, counter(office, 2))
    assert queueing.call_next(counter(office, 1)) == earlier, "it is meant for the other one"
    again = queueing.call_next(counter(office, 2))
    assert again == ticket
    queueing.finish(again)
    assert Ticket.objects.get(pk=ticket.pk).began_at == began, "the time at both counters counts"


def test_nobody_is_handed_to_a_counter_that_cannot_do_it() -> None:
    office = town_hall()
    counter(office, 2).services.clear()
    ticket = arrived(office, "09:00")
    queueing.call_next(counter(office, 1))
    ticket.refresh_from_db()
    with pytest.raises(TransitionError):
        queueing.hand_over(ticket, counter(office, 2))
    assert Ticket.objects.get().status == TicketStatus.CALLED


@racing
def test_clerks_never_call_the_same_person(django_db_serialized_rollback: Any) -> None:
    office = town_hall(counters=6, walk_ins=0)
    tickets = [arrived(office, time) for time in ("09:00", "09:12", "09:24", "09:36", "09:48")]
    counters = [counter(office, n) for n in range(1, 7)]
    called = many(lambda n: queueing.call_next(counters[n]), 6)
    found = [t for t in called if isinstance(t, Ticket)]
    assert len(found) == len({t.pk for t in found}) == len(tickets), called
    assert called.count(None) == 1
    assert len(set(Ticket.objects.values_list("counter", flat=True))) == 5


@racing
def test_same_person_is_called_by_one_of_two(django_db_serialized_rollback: Any) -> None:
    office = town_hall(counters=4)
    ticket = arrived(office, "09:00")
    counters = [counter(office, n) for n in range(1, 5)]
    results = many(lambda n: queueing.call(Ticket.objects.get(pk=ticket.pk), counters[n]), 4)
    assert results.count(None) == 1
    assert all(isinstance(r, TransitionError) for r in results if r is not None)


@racing
def test_double_click_on_next_calls_one(django_db_serialized_rollback: Any) -> None:
    office = town_hall(counters=1)
    for time in ("09:00", "09:12", "09:24"):
        arrived(office, time)
    here = counter(office)
    results = many(lambda _n: queueing.call_next(here), 3)
    assert sum(isinstance(r, Ticket) for r in results) == 1
    assert Ticket.objects.filter(status=TicketStatus.CALLED).count() == 1


# -- who sits where ------------------------------------------------------------------------------------------


def test_one_person_sits_at_one_counter(karla: User, piotr: User) -> None:
    office = town_hall()
    first = shifts.sit_down(counter(office, 1), karla)
    assert shifts.sit_down(counter(office, 1), karla) == first
    shifts.sit_down(counter(office, 2), karla)
    shifts.sit_down(counter(office, 2), piotr)
    assert [(s.counter.name, s.user) for s in Shift.objects.filter(ended_at=None)] == [("Platz 2", piotr)]


def test_who_is_on_a_break_counts_for_nothing(karla: User) -> None:
    office = town_hall()
    shift = shifts.sit_down(counter(office), karla)
    assert shifts.staffed(office) == [counter(office)]
    shifts.pause(shift)
    assert shifts.staffed(office) == []
    shifts.resume(shift)
    shifts.stand_up(shift)
    assert shifts.staffed(office) == []


# -- at night -----------------------------------------------------------------------------------------------


def test_day_is_closed_at_night() -> None:
    office = town_hall()
    there, forgotten, missed = arrived(office, "09:00"), arrived(office, "09:12"), booked(office, "09:24")
    waits = arrived(office, "09:36")
    queueing.call_next(counter(office, 1))
    queueing.finish(Ticket.objects.get(pk=there.pk))
    queueing.call_next(counter(office, 2))
    with time_machine.travel(today_at("09:00") + dt.timedelta(days=1)):
        assert closing.close_days() >= 1
        assert closing.close_days() == 0
    stati = {b.pk: b.status for b in Booking.objects.all()}
    assert stati[missed.pk] == BookingStatus.NO_SHOW
    assert forgotten.booking_id
    assert stati[forgotten.booking_id] == BookingStatus.SERVED
    assert Ticket.objects.get(pk=forgotten.pk).ended_at is None, "how long it took is not known"
    assert Ticket.objects.get(pk=waits.pk).status == TicketStatus.LEFT


def test_where_no_number_was_called_nobody_is_said_to_have_missed_it() -> None:
    booking = booked(town_hall())
    with time_machine.travel(today_at("09:00") + dt.timedelta(days=1)):
        assert closing.close_days() == 0
    assert Booking.objects.get(pk=booking.pk).status == BookingStatus.CONFIRMED


# -- how long it will take -------------------------------------------------------------------------------------


def test_waiting_grows_with_the_line_and_shrinks_with_the_counters(karla: User, piotr: User) -> None:
    office = town_hall(counters=3, walk_ins=2)
    shifts.sit_down(counter(office, 3), karla)
    first = drawn(office)
    alone = waiting_time.waiting_range(office, first)
    assert alone
    assert (alone.low, alone.high, alone.ahead) == (0, 5, 0)
    others = [drawn(office) for _ in range(4)]
    last = waiting_time.waiting_range(office, others[-1])
    assert last
    assert last.ahead == 4
    # Four visits of twelve minutes, quick or slow.
    assert (last.low, last.high) == (25, 70)
    shifts.sit_down(counter(office, 2), piotr)
    helped = waiting_time.waiting_range(office, others[-1])
    assert helped
    assert helped.high < last.high


def test_appointments_still_expected_make_it_longer_not_shorter(karla: User) -> None:
    office = town_hall(counters=2, walk_ins=1)
    shifts.sit_down(counter(office, 1), karla)
    ticket = drawn(office)
    before = waiting_time.waiting_range(office, ticket)
    for time in ("09:12", "09:24", "09:36"):
        booked(office, time)
    after = waiting_time.waiting_range(office, ticket)
    assert before
    assert after
    assert after.high >= before.high
    assert after.low == before.low


def test_nobody_serves_and_nobody_will(karla: User) -> None:
    office = town_hall()
    assert waiting_time.waiting_range(office, arrived(office)) is None


def test_range_holds_for_most_who_wait(karla: User, piotr: User) -> None:
    """Days played with visits that take as long as visits do: the range is right for at least three in four."""
    import random

    office = town_hall(counters=2, walk_ins=2, tickets=100)
    shifts.sit_down(counter(office, 1), karla)
    shifts.sit_down(counter(office, 2), piotr)
    draw, hits, tries = random.Random(4), 0, 0
    for _day in range(40):
        Ticket.objects.all().delete()
        tickets = [drawn(office) for _ in range(8)]
        said = [waiting_time.waiting_range(office, t) for t in tickets]
        free = [0.0, 0.0]
        for found in said:
            free.sort()
            waited = free[0]
            free[0] += 12 * draw.lognormvariate(0, 0.35)
            assert found
            tries += 1
            hits += found.low <= waited <= found.high
    assert hits / tries >= 0.75, hits / tries
