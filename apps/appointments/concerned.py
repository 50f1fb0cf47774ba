"""Bookings that the rules do not cover any more: whatever was changed, none is silently dropped.

Nothing is remembered: who is concerned follows from the rules and the bookings as they stand. So a closure, a changed
rule, a counter out of service, a service no longer offered all lead to the same list.
"""

from collections.abc import Iterable
from itertools import groupby

from django.db.models import Prefetch
from django.utils import timezone

from apps.appointments import availability
from apps.appointments.availability import minute
from apps.appointments.models import BookableService, Booking
from apps.appointments.states import Audience
from apps.catalogue.models import Office


def concerned(offices: Iterable[Office]) -> list[Booking]:
    """Confirmed bookings ahead at a counter that is not open or not able then, in order of time."""
    rows = (
        Booking.objects.confirmed()
        .filter(counter__office__in=list(offices), starts_at__gt=timezone.now(), kept_at=None)
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
        found += [b for b in bookings if not (days and _served(days[0], b))]
    return sorted(found, key=lambda b: (b.starts_at, b.reference))


def _served(days: availability.OfficeDays, booking: Booking) -> bool:
    services = {s.pk for s in booking.services.all()}
    return services <= days.skills.get(booking.counter_id, frozenset()) and availability.covers(
        days, booking.counter_id, minute(booking.starts_at), minute(booking.ends_at)
    )
