"""The facts of a day at the offices, written when the day is over: appointments, open time, numbers that were called.

Not when they happen, as those of cases: holding and confirming are statements in the database that nothing slows down.
"""

import datetime as dt
from collections import Counter
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus, CancelledBy
from apps.appointments.figures.models import ClosedDay
from apps.appointments.reception.models import Ticket
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import local_minute, moment
from apps.core.business_calendar import today
from apps.core.facts import made
from apps.core.models import Fact, FactKind
from apps.core.retention import days

KIND = "appointment"
# What became of a time that was somebody's.
COUNTED = (BookingStatus.CONFIRMED, BookingStatus.SERVED, BookingStatus.NO_SHOW, BookingStatus.CANCELLED)
MOST_DAYS = 60


def close(day: dt.date) -> int:
    """Write the facts of a day that is over; returns how many, none when it was closed before.

    What the rules say now is what they said that day, so it is done in the night after.
    """
    with transaction.atomic():
        _row, is_new = ClosedDay.objects.get_or_create(day=day)
        if not is_new:
            return 0
        facts = [*_appointments(day), *_open_time(day), *_numbers(day)]
        Fact.objects.bulk_create(facts)
    return len(facts)


def close_until(last: dt.date) -> int:
    """Close every day up to ``last`` that is not closed yet, those missed in an outage too; returns how many facts."""
    closed = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()
    first = closed + dt.timedelta(days=1) if closed is not None else last
    first = max(first, last - dt.timedelta(days=MOST_DAYS))
    return sum(close(first + dt.timedelta(days=number)) for number in range((last - first).days + 1))


def recount(month: dt.date) -> list[str]:
    """Where the facts of a month do not agree with the appointments that are still there; empty if they do."""
    begin = month.replace(day=1)
    end = (begin + dt.timedelta(days=32)).replace(day=1)
    kept_since = today() - days("bookings")
    wrong: list[str] = []
    if Fact.objects.filter(month=begin, hour=None).exists():
        # A month that is closed knows no days any more.
        return wrong
    for day in ClosedDay.objects.filter(day__gte=max(begin, kept_since), day__lt=end).values_list("day", flat=True):
        counted = Counter(fact.outcome for fact in _appointments(day))
        of_day = Fact.objects.filter(what=FactKind.APPOINTMENT, hour__date=day)
        noted = Counter(of_day.values_list("outcome", flat=True))
        wrong += [
            f"appointments {day} {outcome}: {counted[outcome]} appointments, {noted[outcome]} facts"
            for outcome in sorted({*counted, *noted})
            if counted[outcome] != noted[outcome]
        ]
    return wrong


def _about(office: Any) -> dict[str, Any]:
    department = office.policy.department if hasattr(office, "policy") else None
    return {"kind": KIND, "department": department.slug if department is not None else "", "detail": office.slug}


def _bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    begin, end = (moment(local_minute(d, dt.time.min)) for d in (day, day + dt.timedelta(days=1)))
    return begin, end


def _appointments(day: dt.date) -> list[Fact]:
    begin, end = _bounds(day)
    rows = Booking.objects.filter(starts_at__gte=begin, starts_at__lt=end, status__in=COUNTED)
    facts = []
    for booking in rows.select_related("counter__office__policy__department").prefetch_related("services__service"):
        outcome = booking.status
        if outcome == BookingStatus.CANCELLED:
            outcome = {CancelledBy.CITIZEN: "cancelled", CancelledBy.MOVED: "moved"}.get(
                CancelledBy(booking.cancelled_by or CancelledBy.CITIZEN), "cancelled_by_office"
            )
        booked_on = timezone.localdate(booking.confirmed_at or booking.created_at)
        minutes = int((booking.ends_at - booking.starts_at).total_seconds() // 60)
        services = sorted(service.service.slug for service in booking.services.all())
        facts.append(
            made(
                FactKind.APPOINTMENT, at=booking.starts_at, **_about(booking.counter.office),
                # Who comes for several things at once comes for the first of them.
                service=services[0] if services else "", channel=booking.booked_by, outcome=outcome,
                days=max((day - booked_on).days, 0), minutes=minutes,
            )
        )  # fmt: skip
    return facts


def _open_time(day: dt.date) -> list[Fact]:
    known = availability.rules()
    begin, _end = _bounds(day)
    facts = []
    for office in known.offices.values():
        minutes = availability.open_minutes(known, office.pk, day, day)
        if minutes:
            facts.append(made(FactKind.OPEN_TIME, at=begin, **_about(office), minutes=minutes))
    return facts


def _numbers(day: dt.date) -> list[Fact]:
    facts = []
    for ticket in Ticket.objects.filter(day=day).select_related("office__policy__department"):
        turn = max(ticket.created_at, ticket.due_at)
        called = ticket.first_called_at
        waited = max(int((called - turn).total_seconds() // 60), 0) if called is not None else None
        facts.append(
            made(
                FactKind.NUMBER, at=ticket.created_at, **_about(ticket.office), channel=ticket.source,
                outcome=f"{ticket.status}_booked" if ticket.with_booking else ticket.status, minutes=waited,
            )
        )  # fmt: skip
    return facts
