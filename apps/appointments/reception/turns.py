"""Whose turn it is at a counter: one rule for those who call, and for those who say how long it will take."""

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone

from apps.appointments.reception.models import Ticket
from apps.appointments.reception.states import TicketStatus
from apps.appointments.reception.walk_in_hours import sessions
from apps.appointments.timetable.minutes import minute
from apps.appointments.timetable.models import Counter

# Whoever has waited so long past their appointment is called at a counter for people without one, too.
OVERDUE = dt.timedelta(minutes=10)


def rank(*, handed_over: bool, with_booking: bool, late: dt.timedelta, walk_ins: bool) -> int:
    """Who comes before whom at a counter, the smallest number first; the same number goes by the time that is theirs.

    First who was ``handed_over`` to it. Then, at a counter that is there for people without an appointment right now
    (``walk_ins``), those and whoever waits past their time (``late``: since it was their turn); at any other, those with
    an appointment. Then the others.
    """
    if handed_over:
        return 0
    own = not with_booking or late >= OVERDUE if walk_ins else with_booking
    return 1 if own else 2


def in_order(tickets: QuerySet[Ticket], counter: Counter) -> list[Ticket]:
    """Those of some numbers who wait, in the order in which a counter calls them."""
    now, walk_ins = timezone.now(), serves_walk_ins(counter)

    def place(ticket: Ticket) -> tuple[int, dt.datetime, int]:
        handed_over = ticket.for_counter_id == counter.pk
        of_kind = rank(
            handed_over=handed_over, with_booking=ticket.with_booking, late=now - ticket.due_at, walk_ins=walk_ins
        )
        return of_kind, ticket.due_at, ticket.number

    return sorted(tickets.filter(status=TicketStatus.WAITING), key=place)


def serves_walk_ins(counter: Counter) -> bool:
    """Whether the counter is open for people without an appointment at this hour."""
    now = minute(timezone.now())
    return any(counter.pk in s.counters and s.opens <= now < s.closes for s in sessions(counter.office))
