"""The facts of a day at the offices: written once when it is over, and nothing of whom."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from apps.appointments.booking import transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.figures import facts, tasks
from apps.appointments.figures.models import ClosedDay
from apps.appointments.reception.models import Ticket
from apps.appointments.timetable.models import Closure
from apps.core.models import Fact, FactKind
from tests.appointments import setting
from tests.appointments.setting import hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> dt.date:
    """A day with five appointments: one stands, one was served, one missed, one cancelled, and one only held."""
    office = setting.office(counters=2)
    for time in ("09:00", "09:12", "09:24", "09:36"):
        transitions.confirm(hold(office, time), name="Zoë Geheim", email=f"z{time[3:]}@example.org")
    hold(office, "10:00")
    _stands, served, missed, gone = Booking.objects.filter(status=BookingStatus.CONFIRMED).order_by("starts_at")
    transitions.cancel(gone)
    Booking.objects.filter(pk=served.pk).update(status=BookingStatus.SERVED)
    Booking.objects.filter(pk=missed.pk).update(status=BookingStatus.NO_SHOW)
    Closure.objects.create(
        office=office, counter=Booking.objects.all()[0].counter, begins=setting.at("11:00"), ends=setting.at("12:00")
    )
    return setting.working_day()


def rows(what: str, *columns: str) -> list[tuple[Any, ...]]:
    return list(Fact.objects.filter(what=what).order_by("hour", "pk").values_list(*columns))


def test_what_became_of_each_time(day: dt.date) -> None:
    facts.close(day)
    found = rows(FactKind.APPOINTMENT, "outcome", "minutes", "detail", "kind", "month")
    assert sorted(row[0] for row in found) == ["cancelled", "confirmed", "no_show", "served"]
    assert {row[1:] for row in found} == {(12, "rathaus-b", "appointment", day.replace(day=1))}
    days = {row[0] for row in rows(FactKind.APPOINTMENT, "days")}
    assert days == {(day - timezone.localdate()).days}


def test_open_minutes_are_those_of_the_rules_of_that_day(day: dt.date) -> None:
    facts.close(day)
    # Two counters for four hours, one of them closed for one.
    assert rows(FactKind.OPEN_TIME, "minutes", "detail") == [(8 * 60 - 60, "rathaus-b")]


def test_a_day_is_closed_once(day: dt.date) -> None:
    assert facts.close(day) == 5
    assert facts.close(day) == 0
    assert Fact.objects.count() == 5
    assert ClosedDay.objects.get().day == day


def test_nothing_of_anybody_is_in_them(day: dt.date) -> None:
    facts.close(day)
    written = str(list(Fact.objects.values()))
    for secret in ("Zoë", "Geheim", "example.org", *Booking.objects.values_list("reference", flat=True)):
        assert str(secret) not in written
    assert all(fact.hour is None or (fact.hour.minute, fact.hour.second) == (0, 0) for fact in Fact.objects.all())


def test_numbers_say_how_long_somebody_waited(day: dt.date) -> None:
    office = Booking.objects.all()[0].office
    due = setting.at("09:00")
    Ticket.objects.create(
        office=office, day=day, number=1, with_booking=True, source="desk", minutes=12, status="done", due_at=due,
        created_at=due - dt.timedelta(minutes=20), first_called_at=due + dt.timedelta(minutes=7),
    )  # fmt: skip
    Ticket.objects.create(
        office=office, day=day, number=2, source="terminal", minutes=12, status="left", due_at=due, created_at=due
    )
    facts.close(day)
    assert sorted(rows(FactKind.NUMBER, "outcome", "channel", "minutes"), key=str) == [
        ("done_booked", "desk", 7), ("left", "terminal", None),
    ]  # fmt: skip


def test_the_night_closes_the_days_that_were_missed(day: dt.date) -> None:
    # The week before had been closed, then the worker stood still.
    ClosedDay.objects.create(day=day - dt.timedelta(days=2))
    with time_machine.travel(timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=3), dt.time(3)))):
        tasks.close_days()
        tasks.close_days()
    closed = list(ClosedDay.objects.order_by("day").values_list("day", flat=True))
    assert closed == [day + dt.timedelta(days=number) for number in range(-2, 3)]
    assert len(rows(FactKind.APPOINTMENT, "pk")) == 4


def test_facts_of_appointments_are_recounted(day: dt.date) -> None:
    with time_machine.travel(timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time(3)))):
        facts.close(day)
        assert facts.recount(day) == []
        call_command("recount_facts", f"{day:%Y-%m}")
        Fact.objects.filter(what=FactKind.APPOINTMENT, outcome="served").delete()
        assert facts.recount(day) == [f"appointments {day} served: 1 appointments, 0 facts"]


def test_facts_outlive_the_appointments(day: dt.date) -> None:
    facts.close(day)
    Booking.objects.all().delete()
    assert len(rows(FactKind.APPOINTMENT, "pk")) == 4
