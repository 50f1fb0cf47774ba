"""A booking's life once its time is held: reserved, confirmed, moved, cancelled.

With ``holding.py`` and ``waiting_list.py`` the only writers of its status.
"""

import datetime as dt
import hashlib
import secrets
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from apps.accounts.models import User
from apps.accounts.requests import Viewer
from apps.appointments.booking.holding import account_of, release_lapsed
from apps.appointments.booking.models import LONGEST_DAYS, Booking, Invitation, Wish
from apps.appointments.booking.sockets import booking_gone
from apps.appointments.booking.states import WISHES, WORKFLOW, BookingStatus, CancelledBy, WishStatus
from apps.appointments.timetable import availability
from apps.appointments.timetable.availability import Visit
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import BookableService
from apps.appointments.timetable.states import Audience
from apps.appointments.timetable.taken import touch
from apps.cases import transitions as cases
from apps.cases.addressee import addressee_of
from apps.cases.models import Case
from apps.cases.states import PartyRole
from apps.core import bell, emails, security_log
from apps.core.transitions import TransitionConflict, TransitionError, Who, move

RESERVE_MINUTES = 30
CODE_TRIES = 5
# Confirmed times ahead that one address may have at once.
MOST_AHEAD = 3
MANAGE_SALT = "appointments.manage"
OFFER_TASK = "appointments.offer"
# Nobody shall work out what comes next.
_draw = secrets.SystemRandom()
# From the morning of the day before; whoever books later than that needs no reminder.
REMIND_BEFORE = dt.timedelta(hours=30)
LATELY = dt.timedelta(hours=12)


class TooMany(Exception):
    """As many appointments stand for the address as may."""


class WrongCode(Exception):
    """The mailed code does not fit; ``left`` tries remain."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left


# -- confirming -----------------------------------------------------------------------------------------


def reserve(booking: Booking, *, name: str, email: str, phone: str = "") -> str:
    """Take the details and keep the time for thirty minutes, until the mailed link or code confirms it.

    Returns the code. Raises TransitionError when the hold has lapsed.
    """
    code = f"{secrets.randbelow(10**6):06d}"
    hashed = _hashed(booking, code)
    changes = {"name": name, "email": email, "phone": phone, "code_hash": hashed, "code_tries": 0}
    if booking.status == BookingStatus.HELD:
        # Another address later on does not make the half hour longer.
        changes["expires_at"] = timezone.now() + dt.timedelta(minutes=RESERVE_MINUTES)
    with transaction.atomic():
        live = {"expires_at__gt": timezone.now()}
        move(booking, WORKFLOW, BookingStatus.RESERVED, who=Who.PARTY, changes=changes, where=live)
        mail(booking, "appointment_confirm", page="confirm", code=code)
    return code


def wrong_code(left: int = 0) -> WrongCode:
    """What a code that does not fit is answered with; whoever tries many shows in the security log."""
    security_log.note("code_failed", purpose="appointment")
    return WrongCode(left)


def check_code(booking: Booking, code: str) -> None:
    """Compare the mailed code; raises WrongCode, and after five tries nothing fits any more."""
    tried = Booking.objects.filter(pk=booking.pk, code_tries__lt=CODE_TRIES).exclude(code_hash="")
    if not tried.update(code_tries=F("code_tries") + 1):
        raise wrong_code()
    booking.refresh_from_db(fields=["code_tries"])
    digits = "".join(c for c in code if c.isdigit())
    # A code on a slip outlives a change of the key.
    if not any(
        secrets.compare_digest(booking.code_hash, _hashed(booking, digits, key))
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ):
        raise wrong_code(CODE_TRIES - booking.code_tries)
    Booking.objects.filter(pk=booking.pk).update(code_tries=0)


def confirm(
    booking: Booking, *, by: Viewer | None = None, name: str | None = None, email: str | None = None,
    phone: str | None = None, note: str = "",
) -> None:  # fmt: skip
    """The time is theirs; a booking it replaces goes in the same transaction. ``note`` goes into the mail.

    Name, email and phone are given where nothing had been reserved (signed-in people, staff). Raises
    TransitionError when the time has lapsed or the old one was moved elsewhere meanwhile, and TooMany when as
    many stand for the address as may.
    """
    details = {"name": name, "email": email, "phone": phone}
    if not (email if email is not None else booking.email) and booking.replaces_id is None and booking.case_id is None:
        # Nothing follows from it: what is one statement is its own transaction.
        _make_certain(booking, by, details, moves=False)
        return
    with transaction.atomic():
        old = Booking.objects.select_for_update().get(pk=booking.replaces_id) if booking.replaces_id else None
        if old is not None and old.cancelled_by == CancelledBy.MOVED:
            raise TransitionError("moved elsewhere meanwhile")
        stood = old is not None and old.status == BookingStatus.CONFIRMED
        _make_certain(booking, by, details, moves=stood)
        if booking.wish is not None and booking.wish.status == WishStatus.WAITING:
            move(booking.wish, WISHES, WishStatus.SERVED, who=Who.PARTY, changes={"ended_at": timezone.now()})
        if old is not None and stood:
            Wish.objects.filter(replaces=old).update(replaces=booking)
            _cancel(old, by=CancelledBy.MOVED)
        if booking.case_id is not None:
            open_ones = Invitation.objects.filter(case=booking.case_id, settled_at=None)
            open_ones.filter(service__in=booking.services.all()).update(settled_at=timezone.now())
        template = "appointment_moved" if old is not None else "appointment_confirmed"
        mail(booking, template, note=note)


def _make_certain(booking: Booking, by: Viewer | None, details: dict[str, Any], *, moves: bool) -> None:
    """Confirm in one round trip; what it does stands in migration 0006.

    What takes the place of one that stands (``moves``) is not one more; where that has gone, it is.
    """
    limit = MOST_AHEAD if booking.audience == Audience.PUBLIC and not moves else 0
    if not WORKFLOW.allows(booking.status, BookingStatus.CONFIRMED):
        raise TransitionError(f"a booking that is {booking.status} cannot be confirmed")
    account = None if booking.replaces_id is not None else account_of(by)
    with connection.cursor() as cursor:
        cursor.execute(
            # The last one is the case, which a booking has from the start.
            "SELECT appointments_confirm(%s, %s, %s, %s, %s, %s::bigint, NULL)",
            [booking.pk, limit, details["name"], details["email"], details["phone"], getattr(account, "pk", None)],
        )
        outcome = cursor.fetchone()[0]
    if outcome == "too many":
        raise TooMany
    if outcome != "confirmed":
        raise TransitionConflict("the time has lapsed")
    booking.status, booking.expires_at, booking.confirmed_at = BookingStatus.CONFIRMED, None, timezone.now()
    for key, value in details.items():
        if value is not None:
            setattr(booking, key, value)
    if booking.user_id is None and account is not None:
        booking.user = account


def cancel(booking: Booking, *, by: str = CancelledBy.CITIZEN, note: str = "") -> None:
    """Give a confirmed time back; ``note`` is what the office has to say about it.

    Raises TransitionError when it does not stand any more or is over.
    """
    if booking.starts_at <= timezone.now():
        raise TransitionError("the visit has begun")
    with transaction.atomic():
        _cancel(booking, by=by)
        mail(booking, "appointment_cancelled", note=note)
        if by == CancelledBy.OFFICE:
            _call(booking, note)


def _cancel(booking: Booking, *, by: str) -> None:
    changes = {"cancelled_at": timezone.now(), "cancelled_by": by}
    who = Who.STAFF if by == CancelledBy.OFFICE else Who.PARTY
    move(booking, WORKFLOW, BookingStatus.CANCELLED, who=who, changes=changes)
    for told_of in booking_gone:
        told_of(booking)
    touch(booking.counter.office_id, timezone.localdate(booking.starts_at))
    if by != CancelledBy.MOVED:
        # It is a wish like any other now; and whoever was invited still has to come.
        Wish.objects.filter(replaces=booking).update(replaces=None)
        if booking.case_id is not None:
            Invitation.objects.filter(case=booking.case_id, service__in=booking.services.all()).update(settled_at=None)
    rest(booking, booking.starts_at, booking.ends_at)


def rest(booking: Booking, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Keep a time that somebody gave back off the market: for the waiting list, and for a while nobody can know.

    Only what the public may book, and only where it may still be booked when the rest is over.
    """
    office, day = booking.counter.office_id, timezone.localdate(starts_at)
    days = availability.office_days([office], day, day, audience=Audience.PUBLIC, now=timezone.now(), taken=False)
    until = timezone.now() + dt.timedelta(seconds=_draw.randint(*settings.APPOINTMENT_REST_SECONDS))
    low, high = minute(starts_at), minute(ends_at)
    wait = minute(until) - minute(timezone.now()) + 1
    if not any(d.earliest + wait < low and availability.covers(d, booking.counter_id, low, high) for d in days):
        return
    touch(office, day)
    # With the buffer it was made with: another one may reach into what comes next.
    upper = ends_at + (booking.during.upper - booking.ends_at)
    try:
        with transaction.atomic():
            freed = Booking.objects.create(
                counter=booking.counter, starts_at=starts_at, ends_at=ends_at, during=Range(starts_at, upper),
                status=BookingStatus.FREED, expires_at=until,
            )  # fmt: skip
    except IntegrityError:
        # Somebody has it already.
        return
    bell.ring(OFFER_TASK, freed.pk)


def invite(case: Case, service: BookableService, *, by: User | None) -> None:
    """Ask the applicant to book an appointment for their case; once for each service. Needs an account to ask."""
    applicants = case.parties.filter(role=PartyRole.APPLICANT, account__is_active=True).select_related("account")
    account = addressee_of(case).account or next((party.account for party in applicants), None)
    if account is None:
        raise TransitionError("nobody to ask")
    with transaction.atomic():
        _row, made = Invitation.objects.get_or_create(case=case, service=service)
        if made:
            cases.add_note(case, body=_("Zum Termin eingeladen: %(name)s") % {"name": service}, by=by)
            link = settings.SITE_URL + case.get_absolute_url()
            context = {"case": case, "link": link}
            emails.queue(account.email, "appointment_invitation", context, language=case.language)


# -- what staff do --------------------------------------------------------------------------------------


def new_code(booking: Booking) -> str:
    """A code to say or print, with which somebody without e-mail moves and cancels; the one before is void."""
    code = f"{secrets.randbelow(10**6):06d}"
    Booking.objects.filter(pk=booking.pk).update(code_hash=_hashed(booking, code), code_tries=0)
    return code


def move_by_office(old: Booking, new: Booking, *, note: str = "") -> None:
    """Confirm ``new``, held in place of ``old``, for the same person, and tell them why.

    Raises TransitionError when either has gone meanwhile.
    """
    with transaction.atomic():
        confirm(new, name=old.name, email=old.email, phone=old.phone, note=note)
        # The code that somebody was told goes on to be theirs; it is bound to the row, so a new one is needed.
        _call(new, note)


def other_counters(booking: Booking) -> list[int]:
    """Counters that are open for the booking at its time by the rules, its own left out."""
    day = timezone.localdate(booking.starts_at)
    found = availability.office_days([booking.office.pk], day, day, audience=Audience.INTERNAL, now=None, taken=False)
    start, end = minute(booking.starts_at), minute(booking.ends_at)
    visit = Visit(frozenset(booking.services.values_list("pk", flat=True)), end - start)
    return [
        counter
        for office in found
        for counter in availability.able(office, visit)
        if counter != booking.counter_id and availability.covers(office, counter, start, end)
    ]


def change_counter(booking: Booking) -> bool:
    """Serve the booking at another counter at the same time; nobody has to be told. False if all are taken."""
    release_lapsed()
    for counter in other_counters(booking):
        # What the constraint says of a counter that is taken.
        with suppress(IntegrityError), transaction.atomic():
            if Booking.objects.confirmed().filter(pk=booking.pk).update(counter_id=counter, kept_for=""):
                booking.counter_id = counter
                touch(booking.office.pk, timezone.localdate(booking.starts_at))
                return True
    return False


def keep(booking: Booking, why: str) -> None:
    """The office serves it although its hours say otherwise, for this reason (``concerned.why``) and no other."""
    Booking.objects.confirmed().filter(pk=booking.pk).update(kept_for=why)


def called(booking: Booking) -> None:
    """Somebody has called the person."""
    Booking.objects.filter(pk=booking.pk).update(call_since=None, call_note="")


def _call(booking: Booking, note: str) -> None:
    """Put somebody who gets no mail on the list of those to call."""
    if not booking.email:
        booking.call_since, booking.call_note = timezone.now(), note[:500]
        booking.save(update_fields=["call_since", "call_note"])


# -- links and mails --------------------------------------------------------------------------------------


def manage_token(booking: Booking) -> str:
    """The signed part of the link with which somebody without an account moves or cancels."""
    return signing.dumps(str(booking.pk), salt=MANAGE_SALT)


def booking_for_token(token: str) -> Booking | None:
    """The booking behind a signed link; None when it is forged, too old or gone."""
    try:
        # Good until the visit is over.
        pk = signing.loads(token, salt=MANAGE_SALT, max_age=LONGEST_DAYS * 24 * 3600)
    except signing.BadSignature:
        return None
    return Booking.objects.select_related("counter__office", "counter__office__policy").filter(pk=pk).first()


def remind() -> int:
    """Remind everybody who comes soon, once; returns how many. Made up for after an outage."""
    now = timezone.now()
    due = (
        Booking.objects.confirmed()
        .filter(starts_at__gt=now, starts_at__lte=now + REMIND_BEFORE, confirmed_at__lt=now - LATELY, reminded_at=None)
        .exclude(email="")
    )
    count = 0
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            # Two runs at once remind once: whoever marks the row writes the mail.
            if Booking.objects.confirmed().filter(pk=pk, reminded_at=None).update(reminded_at=timezone.now()):
                mail(Booking.objects.select_related("counter__office").get(pk=pk), "appointment_reminder")
                count += 1
    return count


def mail(booking: Booking, template: str, *, page: str = "manage", **context: Any) -> None:
    """A mail about the booking: when and where, but not for what and not for whom; its link leads to ``page``."""
    if booking.email:
        with translation.override(booking.language):
            link = settings.SITE_URL + reverse(f"appointments:{page}", args=[manage_token(booking)])
        emails.queue(booking.email, template, {"booking": booking, "link": link, **context}, language=booking.language)


def _hashed(booking: Booking, code: str, key: str = "") -> str:
    return hashlib.sha256(f"{key or settings.SECRET_KEY}:{booking.pk}:{code}".encode()).hexdigest()
