"""Taking a time and giving it back before it was confirmed.

Who gets a time is decided by one constraint: no two active bookings of a counter overlap.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from psycopg.types.range import Range

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.appointments.booking.models import LONGEST_DAYS, Booking
from apps.appointments.booking.states import MAKING_WAY, BookedBy, BookingStatus
from apps.appointments.timetable import availability
from apps.appointments.timetable.availability import Rules, Visit
from apps.appointments.timetable.minutes import minute, moment
from apps.appointments.timetable.models import BookableService
from apps.appointments.timetable.states import Audience
from apps.appointments.timetable.taken import touch
from apps.cases.models import Case
from apps.catalogue.models import Office
from apps.core.references import new_reference
from apps.core.transitions import TransitionError

HOLD_MINUTES = 10
MAX_EXTENSIONS = 3


class Full(Exception):
    """Every counter that could serve the visit is taken at that time."""


class NotOffered(Exception):
    """The time is none that the office offers for this visit."""


def hold(
    *, office: Office, services: Iterable[BookableService], persons: int, starts_at: dt.datetime,
    audience: str = Audience.PUBLIC, booked_by: str = BookedBy.ONLINE, user: Any = None, language: str = "de",
    replaces: Booking | None = None, key: str | None = None, case: Case | None = None,
) -> Booking:  # fmt: skip
    """Hold a time for ten minutes at whichever able counter is free; the same ``key`` holds once.

    Raises NotOffered for a time outside the rules, and Full when there was an instant at which every
    able counter was taken.
    """
    start = minute(starts_at)
    if abs(starts_at - timezone.now()) > dt.timedelta(days=LONGEST_DAYS) or moment(start) != starts_at:
        raise NotOffered
    booking = Booking(
        status=BookingStatus.HELD, persons=persons, audience=audience, booked_by=booked_by, language=language,
        # Whoever has the link moves the time, not the person it belongs to.
        user=replaces.user if replaces else account_of(user), replaces=replaces,
        case=replaces.case if replaces else case,
        starts_at=starts_at, expires_at=timezone.now() + dt.timedelta(minutes=HOLD_MINUTES), request_key=key,
    )  # fmt: skip
    slugs = [s.service.slug for s in services]
    known = availability.kept_rules()
    while True:
        chosen = [known.services[slug] for slug in slugs if slug in known.services]
        visit = availability.visit_of(chosen, persons)
        where = known.offices.get(office.slug) if len(chosen) == len(slugs) else None
        counters = _counters(known, where.pk, visit, start, audience) if where else []
        if where and counters:
            booking.ends_at = moment(start + visit.minutes)
            outcome = _take(booking, known, where.pk, counters, [s.pk for s in chosen])
            if outcome == "held":
                return booking
            known_one = Booking.objects.filter(request_key=key).first() if outcome == "known" else None
            if known_one is not None:
                return known_one
            if outcome == "full":
                raise Full
        # The rules were another's by the time it came to taking, or this process had not looked lately.
        before, known = known, availability.rules()
        if not counters and known is before:
            raise NotOffered


def _counters(known: Rules, office: int, visit: Visit, start: int, audience: str) -> list[int]:
    """Able counters at which the visit may begin at ``start`` by the rules, the least skilled first."""
    policy = known.policies.get(office)
    if policy is None:
        return []
    earliest, last = availability.bounds(policy, timezone.now(), audience)
    day = timezone.localdate(moment(start))
    if start < earliest or day > last:
        return []
    return availability.beginnings(known, office, day, visit, audience=audience).get(start, [])


def _take(booking: Booking, known: Rules, office: int, counters: list[int], services: list[int]) -> str:
    """Insert the booking at the first free of some counters; what the database's function answers.

    ``held``, ``full`` (one statement has seen all counters taken), ``known`` (its key holds a time already),
    ``stale`` (the rules have changed) or ``again`` (others were faster several times).
    """
    buffer = dt.timedelta(minutes=known.policies[office].buffer_minutes)
    booking.during = Range(booking.starts_at, booking.ends_at + buffer)
    booking.pk, booking.reference = uuid.uuid4(), new_reference()
    day = timezone.localdate(booking.starts_at).toordinal()
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD,
            [known.stamp, office, day, counters, services, booking.pk, booking.reference, booking.starts_at,
             booking.ends_at, booking.during.upper, booking.persons, booking.audience, booking.booked_by,
             booking.expires_at, booking.user_id, booking.language, booking.case_id, booking.replaces_id,
             booking.request_key],
        )  # fmt: skip
        outcome, counter = cursor.fetchone()
    if outcome == "held":
        booking.counter_id = counter
        booking._state.adding, booking._state.db = False, "default"
        touch(office, timezone.localdate(booking.starts_at))
    return str(outcome)


# One round trip and one transaction; what it does stands in migration 0006.
_HOLD = """
    SELECT outcome, counter FROM appointments_hold(
        %s::bigint, %s::int, %s::int, %s::bigint[], %s::bigint[], %s::uuid, %s::text, %s::timestamptz, %s::timestamptz,
        %s::timestamptz, %s::smallint, %s::text, %s::text, %s::timestamptz, %s::bigint, %s::text, %s::bigint,
        %s::uuid, %s::text
    )
"""


def account_of(user: Viewer | None) -> User | None:
    """The account of somebody who is signed in; None for anybody else."""
    return user if user is not None and user.is_authenticated else None


def request_key(sent: str, *, client: str, body: str) -> str | None:
    """What is kept of an Idempotency-Key: nobody else's, and for nothing else; None for none."""
    return hashlib.sha256("\n".join([sent, client, body]).encode()).hexdigest() if sent else None


def release(bookings: QuerySet[Booking]) -> int:
    """Give held or reserved times back, details included; returns how many.

    The rows are locked before they go, so that none is confirmed in between; what somebody is confirming
    right now is left to them.
    """
    with transaction.atomic():
        locked = bookings.filter(status__in=MAKING_WAY).select_for_update(skip_locked=True, of=("self",))
        rows = list(locked.values_list("pk", "counter__office", "starts_at")[:1000])
        ids = [pk for pk, _office, _starts in rows]
        for office, day in {(office, timezone.localdate(starts)) for _pk, office, starts in rows}:
            touch(office, day)
        return Booking.objects.filter(pk__in=ids).delete()[1].get("appointments.Booking", 0) if ids else 0


def release_lapsed() -> int:
    """Delete what has lapsed; returns how many."""
    return release(Booking.objects.lapsed())


def extend(booking: Booking) -> None:
    """Hold a time for ten minutes from now; three times at most. Raises TransitionError."""
    until = timezone.now() + dt.timedelta(minutes=HOLD_MINUTES)
    held = Booking.objects.filter(
        pk=booking.pk, status=BookingStatus.HELD, extensions__lt=MAX_EXTENSIONS, expires_at__gt=timezone.now()
    )
    if not held.update(expires_at=until, extensions=F("extensions") + 1):
        raise TransitionError("nothing left to extend")
    booking.refresh_from_db()
