"""Bookings that the rules do not cover any more: whatever was changed, none is silently dropped.

Nothing is remembered: who is concerned follows from the rules and the bookings as they stand. So a closure, a changed
rule, a counter out of service, a service no longer offered all lead to the same list.
"""

import hashlib
from collections.abc import Iterable
from itertools import groupby

from django.db.models import Prefetch
from django.utils import timezone

from apps.appointments.booking.models import Booking
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import BookableService
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office


def concerned(offices: Iterable[Office]) -> list[Booking]:
    """Confirmed bookings ahead at a counter that is not open or not able then, in order of time.

    Each says in ``concerned_for`` why, as a hash; those that the office keeps for this very reason are left out.
    """
    rows = (
        Booking.objects.confirmed()
        .filter(counter__office__in=list(offices), starts_at__gt=timezone.now())
        .select_related("counter__office")
        .prefetch_related(Prefetch("services", queryset=BookableService.objects.select_related("service")))
        .order_by("counter__office", "starts_at", "reference")
    )
    found: list[Booking] = []
    known = availability.rules()
    for office, group in groupby(rows, key=lambda b: b.counter.office_id):
        bookings = list(group)
        first, last = (timezone.localdate(b.starts_at) for b in (bookings[0], bookings[-1]))
        days = availability.office_days(
            [office], first, last, audience=Audience.INTERNAL, now=None, taken=False, given=known
        )
        for booking in bookings:
            booking.concerned_for = _why(days[0] if days else None, booking)
            if booking.concerned_for not in ("", booking.kept_for):
                found.append(booking)
    return sorted(found, key=lambda b: (b.starts_at, b.reference))


def _why(days: availability.OfficeDays | None, booking: Booking) -> str:
    """What keeps the counter from serving the booking, as a hash; empty if nothing does."""
    if days is None:
        return _hashed("office")
    low, high = minute(booking.starts_at), minute(booking.ends_at)
    missing = {s.pk for s in booking.services.all()} - days.skills.get(booking.counter_id, frozenset())
    if not missing and availability.covers(days, booking.counter_id, low, high):
        return ""
    closed = sorted(s for s in days.closed.get(booking.counter_id, []) if s[0] < high and s[1] > low)
    opened = sorted(o.span for o in days.openings.get(booking.counter_id, []) if o.span[0] < high and o.span[1] > low)
    return _hashed(f"{sorted(missing)} {closed} {opened}")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
