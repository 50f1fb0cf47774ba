"""Who is there: numbers drawn, called, served. The only writers of a number's status."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.appointments.booking.models import Booking
from apps.appointments.booking.sockets import booking_gone
from apps.appointments.booking.states import WORKFLOW, BookingStatus
from apps.appointments.reception.models import Ticket
from apps.appointments.reception.states import AT_COUNTER, TICKETS, Source, TicketStatus
from apps.appointments.reception.turns import in_order
from apps.appointments.reception.walk_in_hours import session_for
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import BookableService, Counter
from apps.catalogue.models import Office
from apps.core.transitions import TransitionConflict, TransitionError, Who, move

# So long before their time people may say that they are there, and so long after it began.
EARLY = dt.timedelta(minutes=60)
LATE = dt.timedelta(minutes=30)
MOST_CALLS = 3
# Told apart from other advisory locks by the first of two numbers.
TICKET_LOCK = 1_600_000_000


class NotNow(Exception):
    """It is too early (``early``) or too late to say that one is there."""

    def __init__(self, *, early: bool) -> None:
        super().__init__(early)
        self.early = early


# -- saying that one is there ----------------------------------------------------------------------------


def check_in(booking: Booking, *, source: str) -> Ticket:
    """A number for somebody who has come; the same one if they say so twice. Staff may do it at any hour.

    Raises NotNow, and TransitionError when the booking does not stand.
    """
    now = timezone.now()
    if (known := Ticket.objects.filter(booking=booking).first()) is not None:
        return known
    if booking.status != BookingStatus.CONFIRMED:
        raise TransitionError("this booking does not stand")
    if timezone.localdate(booking.starts_at) != timezone.localdate(now):
        raise NotNow(early=booking.starts_at > now)
    if source != Source.DESK and not booking.starts_at - EARLY <= now <= booking.starts_at + LATE:
        raise NotNow(early=booking.starts_at > now)
    with transaction.atomic():
        _alone(booking.office)
        # Asked again: of two clicks at once one has waited here.
        return Ticket.objects.filter(booking=booking).first() or _next(
            booking.office, booking.services.all(), booking=booking, with_booking=True, source=source,
            persons=booking.persons, due_at=booking.starts_at,
            minutes=max(minute(booking.ends_at) - minute(booking.starts_at), 1),
        )  # fmt: skip


# -- numbers without an appointment -----------------------------------------------------------------------


def draw(office: Office, services: Iterable[BookableService], persons: int, *, source: str) -> Ticket:
    """A number for somebody without an appointment. Raises NoTickets.

    A place of the opening's quota goes with it, which bookings cannot take: no two numbers have the same place.
    """
    chosen = list(services)
    visit = availability.visit_of(chosen, persons)
    with transaction.atomic():
        _alone(office)
        session = session_for(office, visit, source)
        taken = set(Ticket.objects.today_at(office).filter(rule=session.rule).values_list("place", flat=True))
        place = next(n for n in range(1, session.rule.tickets + 1) if n not in taken)
        return _next(
            office, chosen, rule=session.rule, place=place, source=source, persons=persons, due_at=timezone.now(),
            minutes=visit.minutes,
        )  # fmt: skip


def give_back(ticket: Ticket) -> None:
    """The person goes; raises TransitionError once they have been called, and for an appointment: that is cancelled."""
    if ticket.with_booking:
        raise TransitionError("an appointment is cancelled, not given back")
    move(ticket, TICKETS, TicketStatus.LEFT, who=Who.PARTY, changes={"ended_at": timezone.now()})


def _alone(office: Office) -> None:
    """One number at a time for an office and day, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [TICKET_LOCK + office.pk, timezone.localdate().toordinal()]
        )


def _next(office: Office, services: Iterable[BookableService], **about: Any) -> Ticket:
    """The next number of the day; for whoever is alone."""
    last = Ticket.objects.today_at(office).order_by("-number").values_list("number", flat=True).first() or 0
    ticket = Ticket.objects.create(office=office, day=timezone.localdate(), number=last + 1, **about)
    ticket.services.set(services)
    return ticket


@booking_gone.plug
def nobody_comes(booking: Booking) -> None:
    """The appointment was cancelled or moved: nobody is called for it any more."""
    for ticket in Ticket.objects.filter(booking=booking, status=TicketStatus.WAITING):
        gone(ticket)


def gone(ticket: Ticket) -> None:
    """Nobody is called for it any more, unless that has just happened."""
    with suppress(TransitionConflict):
        move(ticket, TICKETS, TicketStatus.LEFT, who=Who.PORTAL, changes={"ended_at": timezone.now()})


# -- calling and serving -----------------------------------------------------------------------------------


def call_next(counter: Counter) -> Ticket | None:
    """Call whoever is next for a counter; None when nobody waits. Raises TransitionError while somebody is there.

    Rows that another counter is about to call are passed over (SKIP LOCKED), so two never call the same person.
    """
    waiting = in_order(Ticket.objects.today_at(counter.office).servable_at(counter), counter)
    with transaction.atomic():
        for candidate in waiting:
            still = Ticket.objects.filter(pk=candidate.pk, status=TicketStatus.WAITING).servable_at(counter)
            ticket = still.select_for_update(skip_locked=True, of=("self",)).first()
            if ticket is not None:
                _call(ticket, counter)
                return ticket
    return None


def call(ticket: Ticket, counter: Counter) -> None:
    """Call somebody in particular. Raises TransitionError, also when another counter was faster."""
    with transaction.atomic():
        free = Ticket.objects.filter(pk=ticket.pk, status=TicketStatus.WAITING).select_for_update(skip_locked=True)
        if not free.exists():
            raise TransitionConflict("called elsewhere meanwhile")
        _call(ticket, counter)


def _call(ticket: Ticket, counter: Counter) -> None:
    # The counter's row is the lock for "one at a counter": a clerk's double click calls one.
    Counter.objects.select_for_update().get(pk=counter.pk)
    for old in Ticket.objects.filter(counter=counter, status__in=AT_COUNTER, day__lt=timezone.localdate()):
        forgotten(old)
    if Ticket.objects.filter(counter=counter, status__in=AT_COUNTER).exists():
        raise TransitionError("somebody is at the counter")
    now = timezone.now()
    changes = {"counter": counter, "calls": 1, "called_at": now, "first_called_at": ticket.first_called_at or now}
    move(ticket, TICKETS, TicketStatus.CALLED, who=Who.STAFF, changes=changes)


def call_again(ticket: Ticket) -> None:
    """Call once more, three times at most. Raises TransitionError."""
    again = Ticket.objects.filter(pk=ticket.pk, status=TicketStatus.CALLED, calls__lt=MOST_CALLS)
    if not again.update(calls=F("calls") + 1, called_at=timezone.now()):
        raise TransitionError("called often enough")
    ticket.refresh_from_db()


def begin(ticket: Ticket) -> None:
    """They are at the counter. Raises TransitionError."""
    move(ticket, TICKETS, TicketStatus.SERVING, who=Who.STAFF, changes={"began_at": ticket.began_at or timezone.now()})


def finish(ticket: Ticket) -> None:
    """Served. Raises TransitionError."""
    now = timezone.now()
    with transaction.atomic():
        began = ticket.began_at or ticket.called_at or now
        move(ticket, TICKETS, TicketStatus.DONE, who=Who.STAFF, changes={"ended_at": now, "began_at": began})
        _tell_booking(ticket, BookingStatus.SERVED)


def forgotten(ticket: Ticket) -> None:
    """Nobody said when the visit of an earlier day was over: served, but not counted for how long it took."""
    with transaction.atomic():
        move(ticket, TICKETS, TicketStatus.DONE, who=Who.PORTAL)
        _tell_booking(ticket, BookingStatus.SERVED, Who.PORTAL)


def no_show(ticket: Ticket) -> None:
    """Called and not there. Raises TransitionError."""
    with transaction.atomic():
        move(ticket, TICKETS, TicketStatus.NO_SHOW, who=Who.STAFF, changes={"ended_at": timezone.now()})
        _tell_booking(ticket, BookingStatus.NO_SHOW)


def wait_again(ticket: Ticket) -> None:
    """They came after all. Raises TransitionError."""
    if ticket.status != TicketStatus.NO_SHOW:
        raise TransitionError("never missed")
    changes = {"counter": None, "calls": 0, "ended_at": None}
    move(ticket, TICKETS, TicketStatus.WAITING, who=Who.STAFF, changes=changes, where={"day": timezone.localdate()})


def hand_over(ticket: Ticket, counter: Counter | None) -> None:
    """Back into the line: for another counter, or for whichever is free. Raises TransitionError."""
    if ticket.status not in AT_COUNTER:
        raise TransitionError("nobody is at the counter")
    if counter is not None and ticket.services.exclude(pk__in=counter.services.all()).exists():
        raise TransitionError("the other counter cannot do that")
    changes = {"for_counter": counter, "counter": None, "calls": 0}
    move(ticket, TICKETS, TicketStatus.WAITING, who=Who.STAFF, changes=changes)


def _tell_booking(ticket: Ticket, status: str, who: Who = Who.STAFF) -> None:
    booking = ticket.booking
    if booking is not None and WORKFLOW.allows(booking.status, status):
        move(booking, WORKFLOW, status, who=who)
