"""The waiting list: who waits, and what happens to a time that somebody gave back.

It is offered to those who wait, in order, each for half an hour and never at night. When nobody wants it, it rests for
a while that nobody can know, and only then everybody sees it: neither reloading nor a machine is faster than waiting.
The only writers of a wish's status.
"""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from psycopg.types.range import Range

from apps.appointments.booking import transitions
from apps.appointments.booking.models import Booking, Passed, Wish
from apps.appointments.booking.states import WISHES, WORKFLOW, BookingStatus, WishStatus
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import local_minute, minute, moment
from apps.appointments.timetable.models import BookableService, OfficePolicy
from apps.appointments.timetable.states import Audience
from apps.appointments.timetable.taken import touch
from apps.core import emails
from apps.core.transitions import TransitionError, Who, move

OFFER_MINUTES = 30
# The hours in which offers are made; what is freed at night waits for the morning.
DAY_BEGINS, DAY_ENDS = dt.time(8, 0), dt.time(20, 0)
# Open wishes of one address.
MOST_WISHES = 2
# What is left of a freed time beside a shorter visit is worth keeping from this on.
SHORTEST = 5


class TooManyWishes(Exception):
    """As many wishes wait for the address as may."""


# -- wishes -----------------------------------------------------------------------------------------------


def wish(made: Wish, services: Iterable[BookableService], *, proved: bool = False) -> Wish:
    """Write down what somebody waits for; unless the address is proved, the mailed link makes it count.

    Raises TooManyWishes.
    """
    with transaction.atomic():
        _demand_room(made.email)
        made.save(force_insert=True)
        made.services.set(services)
        if proved:
            confirm(made)
        else:
            _mail(made, "appointment_wish")
    return made


def confirm(made: Wish) -> None:
    """From now on it is in line. Raises TransitionError when it has been ended, TooManyWishes."""
    with transaction.atomic():
        _demand_room(made.email)
        move(made, WISHES, WishStatus.WAITING, who=Who.PARTY, changes={"waiting_since": timezone.now()})
        _mail(made, "appointment_wish_waits")


def _demand_room(email: str) -> None:
    """Raise TooManyWishes when the address waits as often as it may; one at a time for an address."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"wishes:{email.lower()}"])
    if Wish.objects.in_line().filter(email__iexact=email).count() >= MOST_WISHES:
        raise TooManyWishes


def end(made: Wish) -> None:
    """Somebody waits no longer; what is offered to them goes to the next. Raises TransitionError."""
    with transaction.atomic():
        # The offer first, then the wish: in this order somebody who accepts locks them, too.
        rows = Booking.objects.filter(wish=made, status=BookingStatus.OFFERED).order_by("pk")
        offers = list(rows.select_for_update(of=("self",)))
        move(made, WISHES, WishStatus.ENDED, who=Who.PARTY, changes={"ended_at": timezone.now()})
        for booking in offers:
            pass_on(booking)


def before(made: Wish) -> int:
    """How many wait longer for something of the same."""
    earlier = Wish.objects.in_line().filter(waiting_since__lt=made.waiting_since, services__in=made.services.all())
    return earlier.distinct().count()


def offer_of(made: Wish) -> Booking | None:
    """What is offered to somebody right now."""
    rows = Booking.objects.filter(wish=made, status=BookingStatus.OFFERED, expires_at__gt=timezone.now())
    return rows.select_related("counter__office").first()


def _mail(made: Wish, template: str) -> None:
    with translation.override(made.language):
        link = settings.SITE_URL + reverse("appointments:wish", args=[made.token])
    emails.queue(made.email, template, {"wish": made, "link": link}, language=made.language)


# -- freed times --------------------------------------------------------------------------------------------


def offer(pk: Any) -> bool:
    """Offer a freed time to the first in line whom it suits; True if it was. Nothing at night."""
    with transaction.atomic():
        freed = (
            Booking.objects.select_for_update(skip_locked=True, of=("self",)).select_related("counter__office")
            .filter(pk=pk, status=BookingStatus.FREED).first()
        )  # fmt: skip
        if freed is None:
            return False
        night = not DAY_BEGINS <= timezone.localtime().time() < DAY_ENDS
        days = _days(freed)
        for candidate in _suited(freed):
            start = _start(freed, candidate, days)
            if start is None:
                continue
            if night:
                _rest_until_morning(freed)
                return False
            if _is_free(candidate) and _give(freed, candidate, start):
                return True
    return False


def _is_free(candidate: Wish) -> bool:
    """Whether nothing else is offered to them right now; whoever offers them something else at once is passed over."""
    row = Wish.objects.select_for_update(skip_locked=True).filter(pk=candidate.pk, status=WishStatus.WAITING)
    return row.exists() and not Booking.objects.filter(wish=candidate, status=BookingStatus.OFFERED).exists()


def _rest_until_morning(freed: Booking) -> None:
    """Somebody would want it, but not now: it stays off the market until they can be asked."""
    now = timezone.localtime()
    day = now.date() if now.time() < DAY_BEGINS else now.date() + dt.timedelta(days=1)
    morning = moment(local_minute(day, DAY_BEGINS)) + dt.timedelta(minutes=OFFER_MINUTES)
    lead = OfficePolicy.objects.filter(office=freed.counter.office_id).values_list("lead_minutes", flat=True)[0]
    # What begins before anybody could answer is public now.
    if freed.starts_at > morning + dt.timedelta(minutes=lead):
        later = Booking.objects.filter(pk=freed.pk, expires_at__lt=morning)
        later.update(expires_at=morning)


def _suited(freed: Booking) -> Iterable[Wish]:
    """Wishes in line whose days and hours a freed time meets, without those it was offered to already."""
    local = timezone.localtime(freed.starts_at)
    office = freed.counter.office_id
    beyond = Wish.services.through.objects.filter(wish=OuterRef("pk")).exclude(
        bookableservice__in=freed.counter.services.all()
    )
    asked = Passed.objects.filter(wish=OuterRef("pk"), counter=freed.counter, starts_at=freed.starts_at)
    busy = Booking.objects.filter(wish=OuterRef("pk"), status=BookingStatus.OFFERED)
    return (
        Wish.objects.in_line()
        .filter(Q(office=None) | Q(office=office), first_day__lte=local.date(), last_day__gte=local.date())
        .filter(weekdays__contains=[local.weekday()])
        .filter(Q(replaces=None) | Q(replaces__status=BookingStatus.CONFIRMED, replaces__starts_at__gt=freed.starts_at))
        .exclude(Exists(beyond)).exclude(Exists(asked)).exclude(Exists(busy))
        .prefetch_related("services").select_related("replaces", "user")
    )  # fmt: skip


def _start(freed: Booking, candidate: Wish, found: list[availability.OfficeDays]) -> int | None:
    """When the visit could begin within a freed time, what lies beside it included; None if it does not fit."""
    visit = availability.visit_of(candidate.services.all(), candidate.persons)
    low = minute(freed.starts_at)
    for days in found:
        for start in availability.beginnings_at(days, freed.counter_id, visit.minutes):
            hour = timezone.localtime(moment(start)).time()
            if low <= start < minute(freed.ends_at) and candidate.earliest <= hour <= candidate.latest:
                return start
    return None


def _days(freed: Booking) -> list[availability.OfficeDays]:
    """The day of a freed time as it is without it."""
    day = timezone.localdate(freed.starts_at)
    found = availability.office_days(
        [freed.counter.office_id], day, day, audience=Audience.PUBLIC,
        now=timezone.now() + dt.timedelta(minutes=OFFER_MINUTES),
    )  # fmt: skip
    own = (minute(freed.starts_at), minute(freed.during.upper))
    for days in found:
        spans = days.taken.get(freed.counter_id, [])
        days.taken[freed.counter_id] = [span for span in spans if span != own]
    return found


def _give(freed: Booking, candidate: Wish, start: int) -> bool:
    """Make the freed row an offer; False where somebody has taken what lies beside it."""
    visit = availability.visit_of(candidate.services.all(), candidate.persons)
    before_low, before_high = freed.starts_at, freed.ends_at
    buffer = freed.during.upper - freed.ends_at
    starts_at, ends_at = moment(start), moment(start + visit.minutes)
    changes = {
        "starts_at": starts_at, "ends_at": ends_at, "during": Range(starts_at, ends_at + buffer),
        "wish": candidate, "persons": candidate.persons, "name": candidate.name, "email": candidate.email,
        "phone": candidate.phone, "language": candidate.language, "user": candidate.user,
        "replaces": candidate.replaces, "case": candidate.replaces.case if candidate.replaces else None,
        "expires_at": timezone.now() + dt.timedelta(minutes=OFFER_MINUTES),
    }  # fmt: skip
    try:
        with transaction.atomic():
            move(freed, WORKFLOW, BookingStatus.OFFERED, who=Who.PORTAL, changes=changes)
    except IntegrityError:
        freed.refresh_from_db()
        return False
    freed.services.set(candidate.services.all())
    touch(freed.counter.office_id, timezone.localdate(starts_at))
    # What is left on either side waits for somebody else.
    for low, high in ((before_low, starts_at - buffer), (ends_at + buffer, before_high)):
        if high - low >= dt.timedelta(minutes=SHORTEST):
            transitions.rest(freed, low, high)
    transitions.mail(freed, "appointment_offer", page="confirm")
    return True


def pass_on(booking: Booking) -> None:
    """An offer was declined or ran out: the next in line. A new row, for its link was somebody's."""
    with transaction.atomic():
        row = (
            Booking.objects.select_for_update(of=("self",)).select_related("counter__office")
            .filter(pk=booking.pk, status=BookingStatus.OFFERED).first()
        )  # fmt: skip
        if row is None:
            raise TransitionError("not offered any more")
        if row.wish is not None:
            Passed.objects.get_or_create(wish=row.wish, counter=row.counter, starts_at=row.starts_at)
        row.services.clear()
        Booking.objects.filter(pk=row.pk).delete()
        touch(row.counter.office_id, timezone.localdate(row.starts_at))
        transitions.rest(row, row.starts_at, row.ends_at)


def sweep() -> int:
    """What time has done: offers that ran out go on, freed times are offered, wishes end. Returns how many offers."""
    now = timezone.now()
    for booking in Booking.objects.filter(status=BookingStatus.OFFERED, expires_at__lte=now)[:200]:
        with suppress(TransitionError):
            pass_on(booking)
    for old in Wish.objects.filter(status=WishStatus.WAITING, last_day__lt=timezone.localdate())[:200]:
        with suppress(TransitionError), transaction.atomic():
            move(old, WISHES, WishStatus.ENDED, who=Who.PORTAL, changes={"ended_at": now})
            _mail(old, "appointment_wish_over")
    freed = Booking.objects.filter(status=BookingStatus.FREED, expires_at__gt=now).order_by("starts_at")
    return sum(offer(pk) for pk in freed.values_list("pk", flat=True)[:200])
