"""Who is there: numbers drawn, called, served – the only writers of a ticket's status – and who sits where."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from apps.appointments import availability
from apps.appointments.availability import local_minute, minute
from apps.appointments.models import BookableService, Booking, Counter, OpeningRule, Shift, Ticket
from apps.appointments.states import (
    AT_COUNTER,
    TICKETS,
    WORKFLOW,
    Audience,
    BookingStatus,
    Source,
    TicketStatus,
)
from apps.catalogue.models import Office
from apps.core.business_calendar import is_holiday
from apps.core.transitions import TransitionConflict, TransitionError, Who, move

# So long before their time people may say that they are there, and so long after it began.
EARLY = dt.timedelta(minutes=60)
LATE = dt.timedelta(minutes=30)
# Numbers are given from this long before an opening.
DRAW_BEFORE = 60
# Whoever has waited so long past their appointment is called at a counter for people without one, too.
OVERDUE = dt.timedelta(minutes=10)
MOST_CALLS = 3
# Told apart from other advisory locks by the first of two numbers.
TICKET_LOCK = 1_600_000_000


class NotNow(Exception):
    """It is too early (``early``) or too late to say that one is there."""

    def __init__(self, *, early: bool) -> None:
        super().__init__(early)
        self.early = early


class NoTickets(Exception):
    """No number is left; ``able`` is False where nobody without an appointment is served for that at all.

    ``begins`` is the minute from which numbers are given later today, if they are.
    """

    def __init__(self, *, able: bool, begins: int | None = None) -> None:
        super().__init__(able)
        self.able, self.begins = able, begins


# -- saying that one is there ----------------------------------------------------------------------------


def check_in(booking: Booking, *, source: str) -> Ticket:
    """A number for somebody who has come; the same one if they say so twice. Staff may do it at any hour.

    Raises NotNow, and TransitionError when the booking does not stand.
    """
    known = Ticket.objects.filter(booking=booking).first()
    if known is not None:
        return known
    if booking.status != BookingStatus.CONFIRMED:
        raise TransitionError("this booking does not stand")
    now = timezone.now()
    if timezone.localdate(booking.starts_at) != timezone.localdate(now):
        raise NotNow(early=booking.starts_at > now)
    if source != Source.DESK and not booking.starts_at - EARLY <= now <= booking.starts_at + LATE:
        raise NotNow(early=booking.starts_at > now)
    office = booking.office
    with transaction.atomic():
        _alone(office)
        known = Ticket.objects.filter(booking=booking).first()
        if known is not None:
            return known
        ticket = Ticket.objects.create(
            office=office, day=timezone.localdate(now), number=_next_number(office), booking=booking,
            with_booking=True, source=source, persons=booking.persons, due_at=booking.starts_at,
            minutes=max(minute(booking.ends_at) - minute(booking.starts_at), 1),
        )  # fmt: skip
        ticket.services.set(booking.services.all())
    return ticket


# -- numbers without an appointment -----------------------------------------------------------------------


@dataclass(frozen=True)
class Session:
    """Hours of today in which people without an appointment are served, and the numbers left for them."""

    rule: OpeningRule
    opens: int
    closes: int
    counters: list[int]
    left: int
    left_from_home: int


def sessions(office: Office) -> list[Session]:
    """Today's hours without appointments at an office that are not over yet, in order of time."""
    known = availability.rules()
    today = timezone.localdate()
    if office.pk not in known.policies or is_holiday(today):
        return []
    now = minute(timezone.now())
    skills = known.skills.get(office.pk, {})
    drawn: dict[int, list[str]] = {}
    for rule_id, source in Ticket.objects.today_at(office).exclude(rule=None).values_list("rule_id", "source"):
        drawn.setdefault(rule_id or 0, []).append(source)
    found = []
    for rule, counters in known.openings:
        if rule.office_id != office.pk or rule.audience != Audience.WALK_IN or not _applies(rule, today):
            continue
        opens, closes = local_minute(today, rule.opens), local_minute(today, rule.closes)
        open_counters = [c for c in counters if c in skills and not _closed(known, office.pk, c, opens, closes)]
        if closes > now and open_counters:
            taken = drawn.get(rule.pk, [])
            left = max(rule.tickets - len(taken), 0)
            from_home = max(rule.home_tickets - taken.count(Source.HOME), 0)
            found.append(Session(rule, opens, closes, open_counters, left, min(left, from_home)))
    return sorted(found, key=lambda s: s.opens)


def _applies(rule: OpeningRule, day: dt.date) -> bool:
    return (
        day.weekday() in rule.weekdays
        and rule.valid_from <= day
        and (rule.valid_until is None or day <= rule.valid_until)
    )


def _closed(known: availability.Rules, office: int, counter: int, opens: int, closes: int) -> bool:
    """Whether a closure covers all that is left of an opening."""
    begin = max(opens, minute(timezone.now()))
    return any(
        where == office and which in (None, counter) and span[0] <= begin and span[1] >= closes
        for where, which, span in known.closures
    )


def draw(office: Office, services: Iterable[BookableService], persons: int, *, source: str) -> Ticket:
    """A number for somebody without an appointment. Raises NoTickets.

    A place of the opening's quota goes with it, which bookings cannot take: no two numbers have the same place.
    """
    chosen = list(services)
    visit = availability.visit_of(chosen, persons)
    with transaction.atomic():
        _alone(office)
        session = _session_for(office, visit, source)
        taken = set(
            Ticket.objects.today_at(office).filter(rule=session.rule).values_list("place", flat=True)
        )  # fmt: skip
        place = next(n for n in range(1, session.rule.tickets + 1) if n not in taken)
        now = timezone.now()
        ticket = Ticket.objects.create(
            office=office, day=timezone.localdate(now), number=_next_number(office), rule=session.rule, place=place,
            source=source, persons=persons, due_at=now, minutes=visit.minutes,
        )  # fmt: skip
        ticket.services.set(chosen)
    return ticket


def _session_for(office: Office, visit: availability.Visit, source: str) -> Session:
    skills = availability.rules().skills.get(office.pk, {})
    now = minute(timezone.now())
    able, begins = False, None
    for session in sessions(office):
        if not any(visit.services <= skills.get(counter, frozenset()) for counter in session.counters):
            continue
        if now < session.opens - DRAW_BEFORE:
            begins = begins or session.opens - DRAW_BEFORE
            continue
        if now + visit.minutes > session.closes:
            continue
        able = True
        if (session.left_from_home if source == Source.HOME else session.left) > 0:
            return session
    raise NoTickets(able=able, begins=begins)


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


def _next_number(office: Office) -> int:
    last = Ticket.objects.today_at(office).order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def booking_gone(booking: Booking) -> None:
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
    with transaction.atomic():
        ticket = (
            in_order(Ticket.objects.today_at(counter.office).servable_at(counter), counter)
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if ticket is not None:
            _call(ticket, counter)
    return ticket


def in_order(tickets: QuerySet[Ticket], counter: Counter) -> QuerySet[Ticket]:
    """Those who wait in the order in which a counter calls them.

    First who was handed over to it. Then, at a counter that is there for people without an appointment right now,
    those and whoever waits past their time; at any other, those with an appointment. Then the others. Among them by
    the time that is theirs.
    """
    mine = Q(with_booking=True)
    if serves_walk_ins(counter):
        mine = Q(with_booking=False) | Q(due_at__lte=timezone.now() - OVERDUE)
    rank = Case(
        When(for_counter=counter, then=Value(0)), When(mine, then=Value(1)), default=Value(2),
        output_field=IntegerField(),
    )  # fmt: skip
    return tickets.filter(status=TicketStatus.WAITING).annotate(rank=rank).order_by("rank", "due_at", "number")


def serves_walk_ins(counter: Counter) -> bool:
    """Whether the counter is open for people without an appointment at this hour."""
    now = minute(timezone.now())
    return any(counter.pk in s.counters and s.opens <= now < s.closes for s in sessions(counter.office))


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
    if counter is not None and not Ticket.objects.filter(pk=ticket.pk).servable_at(counter).exists():
        # It was meant for the counter that hands it over; what matters is what the other one can do.
        beyond = ticket.services.exclude(pk__in=counter.services.all())
        if beyond.exists():
            raise TransitionError("the other counter cannot do that")
    changes = {"for_counter": counter, "counter": None, "calls": 0}
    move(ticket, TICKETS, TicketStatus.WAITING, who=Who.STAFF, changes=changes)


def _tell_booking(ticket: Ticket, status: str, who: Who = Who.STAFF) -> None:
    booking = ticket.booking
    if booking is not None and WORKFLOW.allows(booking.status, status):
        move(booking, WORKFLOW, status, who=who)


# -- who sits where ------------------------------------------------------------------------------------------


def sit_down(counter: Counter, user: Any) -> Shift:
    """Take a counter; whoever still sits there or whatever else one had ends. The same shift if it is one's own."""
    with transaction.atomic():
        Counter.objects.select_for_update().get(pk=counter.pk)
        mine = Shift.objects.filter(counter=counter, user=user, ended_at=None).first()
        if mine is not None:
            return mine
        Shift.objects.filter(Q(counter=counter) | Q(user=user), ended_at=None).update(ended_at=timezone.now())
        try:
            with transaction.atomic():
                return Shift.objects.create(counter=counter, user=user)
        except IntegrityError as error:
            raise TransitionConflict("sat down elsewhere at the same moment") from error


def stand_up(shift: Shift) -> None:
    """Leave the counter; who is being served stays there until somebody says what became of them."""
    Shift.objects.filter(pk=shift.pk, ended_at=None).update(ended_at=timezone.now(), break_since=None)


def pause(shift: Shift) -> None:
    """Take a break: nobody is called here meanwhile."""
    Shift.objects.filter(pk=shift.pk, ended_at=None, break_since=None).update(break_since=timezone.now())


def resume(shift: Shift) -> None:
    """Back from the break."""
    Shift.objects.filter(pk=shift.pk, ended_at=None).update(break_since=None)


def staffed(office: Office) -> list[Counter]:
    """Counters at which somebody sits who is not on a break; shifts of an earlier day count for nothing."""
    midnight = availability.moment(local_minute(timezone.localdate(), dt.time.min))
    open_shifts = Shift.objects.filter(ended_at=None, break_since=None, began_at__gte=midnight, counter__office=office)
    return [shift.counter for shift in open_shifts.select_related("counter")]
