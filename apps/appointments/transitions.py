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
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from psycopg.types.range import Range

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
# Confirmed times ahead that one address may have at once.
MOST_AHEAD = 3
# Told apart from other advisory locks by the first of two numbers.
OFFICE_LOCK = 1_700_000_000
MANAGE_SALT = "appointments.manage"
# A signed link is good until the visit is over; this is the longest horizon there is.
MANAGE_DAYS = 400


class Full(Exception):
    """Every counter that could serve the visit is taken at that time."""


class NotOffered(Exception):
    """The time is none that the office offers for this visit."""


class TooMany(Exception):
    """As many appointments stand for the address as may."""


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
        user=_account(user) or (replaces.user if replaces else None), replaces=replaces,
        case=replaces.case if replaces else None,
        starts_at=moment(start), ends_at=moment(start + visit.minutes),
        expires_at=timezone.now() + dt.timedelta(minutes=HOLD_MINUTES), request_key=key,
    )  # fmt: skip
    with transaction.atomic():
        _queue_up(office.pk, day)
        counter = _take(booking, counters, buffer=rules.buffer)
        if counter is None:
            return Booking.objects.get(request_key=key)
        booking.counter_id = counter
        through = Booking.services.through
        through.objects.bulk_create([through(booking_id=booking.pk, bookableservice_id=s.pk) for s in chosen])
    booking.during = Range(booking.starts_at, booking.ends_at + dt.timedelta(minutes=rules.buffer))
    return booking


def _queue_up(office: int, day: dt.date) -> None:
    """One hold at a time for an office and day, until the end of the transaction.

    Right without it, too, but many who delete lapsed rows and insert at once would wait for each other in
    circles, and PostgreSQL needs a second to notice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [OFFICE_LOCK + office, day.toordinal()])


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
        "user": booking.user_id, "language": booking.language, "case": booking.case_id, "replaces": booking.replaces_id,
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
         extensions, user_id, name, email, phone, language, code_hash, code_tries, case_id, replaces_id, request_key, created_at,
         cancelled_by)
    SELECT %(id)s, %(reference)s, c.id, tstzrange(%(from)s, %(to)s), %(from)s, %(ends)s, %(persons)s, %(status)s,
           %(audience)s, %(booked_by)s, %(expires)s, 0, %(user)s, '', '', '', %(language)s, '', 0, %(case)s, %(replaces)s, %(key)s,
           clock_timestamp(), ''
    FROM unnest(%(counters)s::bigint[]) WITH ORDINALITY AS c(id, place)
    WHERE NOT EXISTS ({_OVERLAPS})
    ORDER BY c.place LIMIT 1
    ON CONFLICT DO NOTHING
    RETURNING counter_id
"""  # noqa: S608  only our own text is put together
# What has lapsed meanwhile counts as free here: the next turn drops it.
_ANY_FREE = f"""
    SELECT 1 FROM unnest(%(counters)s::bigint[]) AS c(id)
    WHERE NOT EXISTS ({_OVERLAPS} AND (b.expires_at IS NULL OR b.expires_at > clock_timestamp())) LIMIT 1
"""  # noqa: S608  only our own text is put together


def _account(user: Any) -> Any:
    return user if getattr(user, "is_authenticated", False) else None


def request_key(sent: str, *, client: str, body: str) -> str | None:
    """What is kept of an Idempotency-Key: nobody else's, and for nothing else; None for none."""
    return hashlib.sha256("\n".join([sent, client, body]).encode()).hexdigest() if sent else None


def release(bookings: QuerySet[Booking]) -> int:
    """Give held or reserved times back, details included; returns how many.

    The rows are locked before they go, so that none is confirmed in between; what somebody is confirming
    right now is left to them.
    """
    with transaction.atomic():
        locked = bookings.filter(status__in=LAPSING).select_for_update(skip_locked=True, of=("self",))
        ids = list(locked.values_list("pk", flat=True)[:1000])
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


# -- confirming -----------------------------------------------------------------------------------------


def reserve(booking: Booking, *, name: str, email: str, phone: str = "", case: Any = None) -> str:
    """Take the details and keep the time for thirty minutes, until the mailed link or code confirms it.

    Returns the code. Raises TransitionError when the hold has lapsed.
    """
    code = f"{secrets.randbelow(10**6):06d}"
    changes = {
        "name": name, "email": email, "phone": phone, "case": case, "code_hash": _hashed(booking, code),
        "code_tries": 0,
    }  # fmt: skip
    if booking.status == BookingStatus.HELD:
        # Another address later on does not make the half hour longer.
        changes["expires_at"] = timezone.now() + dt.timedelta(minutes=RESERVE_MINUTES)
    with transaction.atomic():
        _demand_live(booking)
        move(booking, WORKFLOW, BookingStatus.RESERVED, changes=changes)
        _mail(booking, "appointment_confirm", code=code, link=_absolute(booking, "appointments:confirm"))
    return code


def check_code(booking: Booking, code: str) -> None:
    """Compare the mailed code; raises WrongCode, and after five tries nothing fits any more."""
    tried = Booking.objects.filter(pk=booking.pk, code_tries__lt=CODE_TRIES).exclude(code_hash="")
    if not tried.update(code_tries=F("code_tries") + 1):
        raise WrongCode(0)
    booking.refresh_from_db(fields=["code_tries"])
    digits = "".join(c for c in code if c.isdigit())
    if not secrets.compare_digest(booking.code_hash, _hashed(booking, digits)):
        raise WrongCode(CODE_TRIES - booking.code_tries)


def confirm(booking: Booking, *, by: Any = None, **details: Any) -> None:
    """The time is theirs; a booking it replaces goes in the same transaction.

    ``details`` are name, email, phone and case where nothing had been reserved (signed-in people, staff).
    Raises TransitionError when the time has lapsed or the old one was moved elsewhere meanwhile, and
    TooMany when as many stand for the address as may.
    """
    with transaction.atomic():
        _demand_live(booking)
        changes = {"confirmed_at": timezone.now(), "expires_at": None, **details}
        if booking.user_id is None and _account(by) is not None:
            changes["user"] = by
        old = None
        if booking.replaces_id is not None:
            old = Booking.objects.select_for_update().get(pk=booking.replaces_id)
        elif booking.audience == Audience.PUBLIC:
            _demand_room(changes.get("email", booking.email))
        move(booking, WORKFLOW, BookingStatus.CONFIRMED, by=by, changes=changes)
        if old is not None and old.status != BookingStatus.CANCELLED:
            _cancel(old, by=CancelledBy.MOVED)
        elif old is not None and old.cancelled_by == CancelledBy.MOVED:
            raise TransitionError("moved elsewhere meanwhile")
        template = "appointment_moved" if old is not None else "appointment_confirmed"
        _mail(booking, template, link=manage_link(booking))


def _demand_live(booking: Booking) -> None:
    """Lock the row; raises TransitionError when it has lapsed, whoever is about to delete it."""
    live = Booking.objects.select_for_update().filter(pk=booking.pk, status__in=LAPSING, expires_at__gt=timezone.now())
    if not live.exists():
        raise TransitionError("the time has lapsed")


def _demand_room(email: str) -> None:
    """Raise TooMany when the address has as many times ahead as it may; one at a time for an address."""
    if not email:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"appointments:{email.lower()}"])
    ahead = Booking.objects.confirmed().filter(email__iexact=email, starts_at__gt=timezone.now())
    if ahead.count() >= MOST_AHEAD:
        raise TooMany


def cancel(booking: Booking, *, by: str = CancelledBy.CITIZEN) -> None:
    """Give a confirmed time back. Raises TransitionError when it does not stand any more or is over."""
    if booking.starts_at <= timezone.now():
        raise TransitionError("the visit has begun")
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
