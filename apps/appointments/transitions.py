"""A booking's life: held, reserved, confirmed, moved, cancelled – the only writers of its status.

Who gets a time is decided by one constraint: no two active bookings of a counter overlap.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from apps.appointments import availability
from apps.appointments.availability import Visit, minute, moment
from apps.appointments.models import BookableService, Booking
from apps.appointments.states import ACTIVE, LAPSING, WORKFLOW, Audience, BookedBy, BookingStatus, CancelledBy
from apps.catalogue.models import Office
from apps.core import emails
from apps.core.references import new_reference
from apps.core.transitions import TransitionError, move

HOLD_MINUTES = 10
RESERVE_MINUTES = 30
MAX_EXTENSIONS = 3
CODE_TRIES = 5
MANAGE_SALT = "appointments.manage"
# A signed link is good until the visit is over; this is the longest horizon there is.
MANAGE_DAYS = 400


class Full(Exception):
    """Every counter that could serve the visit is taken at that time."""


class NotOffered(Exception):
    """The time is none that the office offers for this visit."""


class WrongCode(Exception):
    """The mailed code does not fit; ``left`` tries remain."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left


# -- taking a time ------------------------------------------------------------------------------------


def hold(
    *, office: Office, services: Iterable[BookableService], persons: int, starts_at: dt.datetime,
    audience: str = Audience.PUBLIC, booked_by: str = BookedBy.ONLINE, user: Any = None, language: str = "de",
    replaces: Booking | None = None, key: str | None = None,
) -> Booking:  # fmt: skip
    """Hold a time for ten minutes at whichever able counter is free; the same ``key`` holds once.

    Raises NotOffered for a time outside the rules, and Full when there was an instant at which every
    able counter was taken.
    """
    chosen = list(services)
    visit = availability.visit_of(chosen, persons)
    if abs(starts_at - timezone.now()) > dt.timedelta(days=MANAGE_DAYS):
        raise NotOffered
    start = minute(starts_at)
    day = timezone.localdate(starts_at)
    found = availability.office_days([office.pk], day, day, audience=audience, now=timezone.now(), taken=False)
    counters = [c for o in found for c in availability.counters_open_at(o, visit, start)]
    if not counters or moment(start) != starts_at:
        raise NotOffered
    [rules] = found
    booking = Booking(
        status=BookingStatus.HELD, persons=persons, audience=audience, booked_by=booked_by, language=language,
        user=user if getattr(user, "is_authenticated", False) else None, replaces=replaces,
        starts_at=moment(start), ends_at=moment(start + visit.minutes),
        expires_at=timezone.now() + dt.timedelta(minutes=HOLD_MINUTES), request_key=key,
    )  # fmt: skip
    with transaction.atomic():
        counter = _take(booking, counters, buffer=rules.buffer)
        if counter is None:
            return Booking.objects.get(request_key=key)
        booking.counter_id = counter
        booking.services.set(chosen)
    booking.refresh_from_db(fields=["during"])
    return booking


def _take(booking: Booking, counters: list[int], *, buffer: int) -> int | None:
    """Insert the booking at the first free counter; returns the counter, or None when its key has one already.

    One statement looks and inserts; where somebody commits in between, the constraint makes it insert
    nothing (ON CONFLICT DO NOTHING waits for them to decide) and the next free counter is tried. Full is
    raised only after a single statement has seen all counters taken at once.
    """
    upper = booking.ends_at + dt.timedelta(minutes=buffer)
    values: dict[str, Any] = {
        "counters": counters, "from": booking.starts_at, "to": upper, "ends": booking.ends_at,
        "active": list(ACTIVE), "lapsing": list(LAPSING), "status": booking.status, "persons": booking.persons,
        "audience": booking.audience, "booked_by": booking.booked_by, "expires": booking.expires_at,
        "user": booking.user_id, "language": booking.language, "replaces": booking.replaces_id,
        "key": booking.request_key,
    }  # fmt: skip
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_DROP_LAPSED, values)
            values |= {"id": uuid.uuid4(), "reference": new_reference()}
            cursor.execute(_TAKE_ONE, values)
            row = cursor.fetchone()
            if row is not None:
                booking.pk, booking.reference = values["id"], values["reference"]
                booking._state.adding, booking._state.db = False, "default"
                return int(row[0])
            if booking.request_key and Booking.objects.filter(request_key=booking.request_key).exists():
                return None
            cursor.execute(_ANY_FREE, values)
            if cursor.fetchone() is None:
                raise Full


_OVERLAPS = """
    SELECT 1 FROM appointments_booking b
    WHERE int8range(b.counter_id, b.counter_id, '[]') && int8range(c.id, c.id, '[]')
      AND b.during && tstzrange(%(from)s, %(to)s) AND b.status = ANY(%(active)s)
"""
# Waits for whoever else is deleting or confirming the same rows, always in the same order.
_DROP_LAPSED = """
    WITH lapsed AS (
        SELECT id FROM appointments_booking
        WHERE counter_id = ANY(%(counters)s) AND during && tstzrange(%(from)s, %(to)s)
          AND status = ANY(%(lapsing)s) AND expires_at <= clock_timestamp()
        ORDER BY id FOR UPDATE
    ), services AS (
        DELETE FROM appointments_booking_services s USING lapsed WHERE s.booking_id = lapsed.id
    )
    DELETE FROM appointments_booking b USING lapsed WHERE b.id = lapsed.id
"""
_TAKE_ONE = f"""
    INSERT INTO appointments_booking
        (id, reference, counter_id, during, starts_at, ends_at, persons, status, audience, booked_by, expires_at,
         extensions, user_id, name, email, phone, language, code_hash, code_tries, replaces_id, request_key, created_at,
         cancelled_by)
    SELECT %(id)s, %(reference)s, c.id, tstzrange(%(from)s, %(to)s), %(from)s, %(ends)s, %(persons)s, %(status)s,
           %(audience)s, %(booked_by)s, %(expires)s, 0, %(user)s, '', '', '', %(language)s, '', 0, %(replaces)s, %(key)s,
           clock_timestamp(), ''
    FROM unnest(%(counters)s::bigint[]) WITH ORDINALITY AS c(id, place)
    WHERE NOT EXISTS ({_OVERLAPS})
    ORDER BY c.place LIMIT 1
    ON CONFLICT DO NOTHING
    RETURNING counter_id
"""  # noqa: S608  only our own text is put together
_ANY_FREE = f"""
    SELECT 1 FROM unnest(%(counters)s::bigint[]) AS c(id) WHERE NOT EXISTS ({_OVERLAPS}) LIMIT 1
"""  # noqa: S608  only our own text is put together


def request_key(sent: str) -> str | None:
    """What is kept of an Idempotency-Key; None for none."""
    return hashlib.sha256(sent.encode()).hexdigest() if sent else None


def release(booking: Booking) -> None:
    """Give a held or reserved time back before it lapses."""
    Booking.objects.filter(pk=booking.pk, status__in=LAPSING).delete()


def release_lapsed() -> int:
    """Delete what has lapsed, details included; returns how many."""
    return Booking.objects.lapsed().delete()[1].get("appointments.Booking", 0)


def extend(booking: Booking) -> None:
    """Hold a time for ten minutes from now; three times at most. Raises TransitionError."""
    until = timezone.now() + dt.timedelta(minutes=HOLD_MINUTES)
    held = Booking.objects.filter(
        pk=booking.pk, status=BookingStatus.HELD, extensions__lt=MAX_EXTENSIONS, expires_at__gt=timezone.now()
    )
    if not held.update(expires_at=until, extensions=booking.extensions + 1):
        raise TransitionError("nothing left to extend")
    booking.refresh_from_db()


# -- confirming -----------------------------------------------------------------------------------------


def reserve(booking: Booking, *, name: str, email: str, phone: str = "", case: Any = None) -> str:
    """Take the details and keep the time for thirty minutes, until the mailed link or code confirms it.

    Returns the code. Raises TransitionError when the hold has lapsed.
    """
    code = f"{secrets.randbelow(10**6):06d}"
    changes = {
        "name": name, "email": email, "phone": phone, "case": case, "code_hash": _hashed(booking, code),
        "code_tries": 0, "expires_at": timezone.now() + dt.timedelta(minutes=RESERVE_MINUTES),
    }  # fmt: skip
    with transaction.atomic():
        _demand_live(booking)
        move(booking, WORKFLOW, BookingStatus.RESERVED, changes=changes)
        _mail(booking, "appointment_confirm", code=code, link=_absolute(booking, "appointments:confirm"))
    return code


def check_code(booking: Booking, code: str) -> None:
    """Compare the mailed code; raises WrongCode, and after five tries nothing fits any more."""
    tried = Booking.objects.filter(pk=booking.pk, status=BookingStatus.RESERVED, code_tries__lt=CODE_TRIES)
    with transaction.atomic():
        if not tried.update(code_tries=booking.code_tries + 1):
            raise WrongCode(0)
    booking.refresh_from_db(fields=["code_tries"])
    digits = "".join(c for c in code if c.isdigit())
    if not secrets.compare_digest(booking.code_hash, _hashed(booking, digits)):
        raise WrongCode(CODE_TRIES - booking.code_tries)


def confirm(booking: Booking, *, by: Any = None, **details: Any) -> None:
    """The time is theirs; a booking it replaces goes in the same transaction.

    ``details`` are name, email, phone and case where nothing had been reserved (signed-in people, staff).
    Raises TransitionError when the time has lapsed meanwhile.
    """
    with transaction.atomic():
        _demand_live(booking)
        changes = {"confirmed_at": timezone.now(), "expires_at": None, "code_hash": "", **details}
        move(booking, WORKFLOW, BookingStatus.CONFIRMED, by=by, changes=changes)
        old = booking.replaces
        if old is not None:
            _cancel(old, by=CancelledBy.MOVED)
        template = "appointment_moved" if old is not None else "appointment_confirmed"
        _mail(booking, template, link=manage_link(booking))


def _demand_live(booking: Booking) -> None:
    """Lock the row; raises TransitionError when it has lapsed, whoever is about to delete it."""
    live = Booking.objects.select_for_update().filter(pk=booking.pk, status__in=LAPSING, expires_at__gt=timezone.now())
    if not live.exists():
        raise TransitionError("the time has lapsed")


def cancel(booking: Booking, *, by: str = CancelledBy.CITIZEN) -> None:
    """Give a confirmed time back. Raises TransitionError when it does not stand any more."""
    with transaction.atomic():
        _cancel(booking, by=by)
        _mail(booking, "appointment_cancelled")


def _cancel(booking: Booking, *, by: str) -> None:
    changes = {"cancelled_at": timezone.now(), "cancelled_by": by}
    move(booking, WORKFLOW, BookingStatus.CANCELLED, changes=changes)


# -- links and mails --------------------------------------------------------------------------------------


def manage_token(booking: Booking) -> str:
    """The signed part of the link with which somebody without an account moves or cancels."""
    return signing.dumps(str(booking.pk), salt=MANAGE_SALT)


def manage_link(booking: Booking) -> str:
    """The whole address behind the signed link."""
    with translation.override(booking.language):
        return settings.SITE_URL + reverse("appointments:manage", args=[manage_token(booking)])


def booking_for_token(token: str) -> Booking | None:
    """The booking behind a signed link; None when it is forged, too old or gone."""
    try:
        pk = signing.loads(token, salt=MANAGE_SALT, max_age=MANAGE_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return Booking.objects.select_related("counter__office", "counter__office__policy").filter(pk=pk).first()


def mail_reminder(booking: Booking) -> None:
    """The mail before the day; the caller has marked the booking."""
    _mail(booking, "appointment_reminder", link=manage_link(booking))


def _absolute(booking: Booking, name: str) -> str:
    with translation.override(booking.language):
        return settings.SITE_URL + reverse(name, args=[manage_token(booking)])


def _mail(booking: Booking, template: str, **context: Any) -> None:
    """A mail about the booking: when and where, but not for what and not for whom."""
    if booking.email:
        emails.queue(booking.email, template, {"booking": booking, **context}, language=booking.language)


def _hashed(booking: Booking, code: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}:{booking.pk}:{code}".encode()).hexdigest()


def visit_of(booking: Booking) -> Visit:
    """What the booking is for, with the minutes it was made with."""
    minutes = minute(booking.ends_at) - minute(booking.starts_at)
    return Visit(frozenset(booking.services.values_list("pk", flat=True)), minutes)
