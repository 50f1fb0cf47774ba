"""Figures against what a hand would count."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from apps.appointments.booking import transitions
from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.appointments.figures import measures
from apps.appointments.figures.models import LeadTime
from apps.appointments.reception.models import Ticket
from apps.appointments.timetable.models import Closure
from apps.core.business_calendar import today
from tests.appointments import setting
from tests.appointments.setting import hold

pytestmark = pytest.mark.django_db


def confirmed(office: Any, time: str) -> Booking:
    """Without an address, of which each may have three."""
    booking = hold(office, time)
    transitions.confirm(booking, name="Zoë")
    return booking


def test_utilisation_is_booked_by_open_minutes() -> None:
    office = setting.office(counters=2)
    day = setting.working_day()
    for time in ("09:00", "09:12", "09:24", "09:36", "09:48"):
        confirmed(office, time)
    hold(office, "10:00")
    # Two counters for four hours, one of them closed for one.
    counter = Booking.objects.all()[0].counter
    Closure.objects.create(office=office, counter=counter, begins=setting.at("11:00"), ends=setting.at("12:00"))
    [row] = measures.utilisation([office], day, day)
    assert row.value == pytest.approx(5 * 12 / (8 * 60 - 60))
    assert row.count == 5


def test_no_shows_count_where_somebody_noted_it() -> None:
    office = setting.office(counters=1)
    times = ["08:00", "08:12", "08:24", "08:36", "08:48", "09:00"]
    for number, time in enumerate(times):
        booking = confirmed(office, time)
        status = BookingStatus.NO_SHOW if number < 2 else BookingStatus.SERVED
        Booking.objects.filter(pk=booking.pk).update(status=status)
    confirmed(office, "10:00")
    day = setting.working_day()
    [row] = measures.no_shows([office], day, day)
    assert (row.value, row.count) == (pytest.approx(2 / 6), 6)
    Booking.objects.filter(status=BookingStatus.SERVED).delete()
    assert measures.no_shows([office], day, day)[0].value is None, "too few to say"


def ticket(office: Any, number: int, *, waited: int, took: int, with_booking: bool = True) -> Ticket:
    due = timezone.now() - dt.timedelta(days=1)
    began = due + dt.timedelta(minutes=waited)
    made = Ticket.objects.create(
        office=office, day=timezone.localdate(due), number=number, with_booking=with_booking, source="desk", minutes=12,
        status="done", due_at=due, created_at=due - dt.timedelta(minutes=20 if with_booking else 0),
        first_called_at=began, called_at=began, began_at=began, ended_at=began + dt.timedelta(minutes=took),
        counter=office.counters.first(),
    )  # fmt: skip
    made.services.set([setting.bookable()])
    return made


def test_waiting_counts_from_ones_time_and_service_from_the_counter() -> None:
    office = setting.office()
    for number, (waited, took) in enumerate([(0, 8), (5, 10), (10, 12), (15, 14), (60, 30)], start=1):
        ticket(office, number, waited=waited, took=took)
    for number in range(10, 14):
        ticket(office, number, waited=1, took=12, with_booking=False)
    first = today() - dt.timedelta(days=7)
    with_booking, without = measures.waiting([office], first, today())
    assert (with_booking.value, with_booking.count, with_booking.more) == (10, 5, "42")
    assert (without.value, without.count) == (None, 4), "too few to say"
    [row] = measures.counter_time(first, today())
    assert (row.value, row.count, row.more) == (12, 9, "12")


def test_third_free_time_and_its_course() -> None:
    office = setting.office(weekdays=setting.EVERY_DAY, opens="23:30", closes="23:59")
    service = setting.bookable()
    # Two beginnings a day: the third lies on the second day with openings.
    from apps.appointments.timetable import availability

    days = sorted(
        availability.slots(
            availability.office_days(
                [office.pk], today(), today() + dt.timedelta(days=9), audience="public", now=timezone.now()
            ),
            availability.visit_of([service], 1),
        ).items()
    )
    expected, count = None, 0
    for day, slots in days:
        count += len(slots)
        if count >= 3:
            expected = (day - today()).days
            break
    assert measures.third_free(office, service.pk) == expected
    assert measures.note_lead_times() == 1
    assert measures.note_lead_times() == 0
    assert LeadTime.objects.get().days == expected
    [line] = measures.lead_time_course([office], service.pk, today())
    assert line["points"] == [(today(), expected)]


def test_office_without_three_free_times_has_none() -> None:
    office = setting.office(weekdays=[setting.working_day().weekday()], closes="08:12", horizon_days=9)
    assert measures.third_free(office, setting.bookable().pk) is None
