"""How long somebody with a number will wait: a range, never a promise.

The line is played through twice, with quick and with slow visits, by the counters that are staffed now.
"""

import datetime as dt
from dataclasses import dataclass, replace

from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from apps.appointments.booking.models import Booking
from apps.appointments.reception import shifts, turns, walk_in_hours
from apps.appointments.reception import transitions as queueing
from apps.appointments.reception.models import Ticket
from apps.appointments.reception.states import AT_COUNTER
from apps.appointments.timetable import availability
from apps.appointments.timetable.minutes import minute
from apps.catalogue.models import Office

# How much shorter or longer than planned visits take where too few have been counted.
GUESS = (0.6, 1.4)
FEWEST = 20
LOOK_BACK_DAYS = 28
STEP = 5
SHOWN_SECONDS = 15


@dataclass(frozen=True)
class Range:
    """Minutes from now, in steps of five; ``ahead`` people are before."""

    low: int
    high: int
    ahead: int


@dataclass(frozen=True)
class _Waiting:
    """Somebody in line: from when they can be called, whether they have an appointment, minutes, services."""

    key: object
    there: float
    due: float
    with_booking: bool
    minutes: int
    services: frozenset[int]
    for_counter: int | None = None


def waiting_range(office: Office, ticket: Ticket | None = None) -> Range | None:
    """For a number that waits, or for one drawn now; None where nobody serves today any more."""
    now = _now()
    line = [_as_waiting(t) for t in Ticket.objects.today_at(office).waiting().prefetch_related("services")]
    if ticket is None:
        line.append(_Waiting("mine", now, now, False, 12, frozenset()))
    servers = _servers(office)
    staffed = {s.counter for s in servers}
    line = [w if w.for_counter in staffed else replace(w, for_counter=None) for w in line]
    mine = next((w for w in line if w.key == (ticket.pk if ticket else "mine")), None)
    if mine is None or not servers:
        return None
    quick, slow = _ratios(office)
    low = _played(line, servers, mine, quick)
    high = _played([*line, *_expected(office)], servers, mine, slow)
    if low is None or high is None:
        return None
    ahead = sum(1 for w in line if w.key != mine.key and (w.due, str(w.key)) < (mine.due, str(mine.key)))
    return Range(int(low // STEP * STEP), max(-int(-high // STEP) * STEP, STEP), ahead)


def shown_range(office: Office) -> Range | None:
    """For a number drawn now, as displays and terminals show it: not computed anew for each look."""
    key = f"appointments:shown-range:{office.pk}"
    found: Range | None = caches["pages"].get_or_set(key, lambda: waiting_range(office), SHOWN_SECONDS)
    return found


def _now() -> float:
    return timezone.now().timestamp() / 60


def _as_waiting(ticket: Ticket) -> _Waiting:
    services = frozenset(s.pk for s in ticket.services.all())
    due = ticket.due_at.timestamp() / 60
    return _Waiting(ticket.pk, _now(), due, ticket.with_booking, ticket.minutes, services, ticket.for_counter_id)


def _expected(office: Office) -> list[_Waiting]:
    """Appointments of the next hours whose people are not there yet: they may come before somebody's turn."""
    now = timezone.now()
    rows = Booking.objects.confirmed().filter(
        counter__office=office, ticket=None, starts_at__gt=now - queueing.LATE,
        starts_at__lt=now + dt.timedelta(hours=3),
    ).prefetch_related("services")  # fmt: skip
    return [
        _Waiting(b.pk, max(b.starts_at.timestamp() / 60, _now()), b.starts_at.timestamp() / 60, True,
                 max(minute(b.ends_at) - minute(b.starts_at), 1), frozenset(s.pk for s in b.services.all()))
        for b in rows
    ]  # fmt: skip


@dataclass
class _Server:
    counter: int
    skills: frozenset[int]
    walk_ins_first: bool
    # What is being done there, and what of it is left depends on how slow visits are.
    planned: float
    elapsed: float
    opens: float


def _servers(office: Office) -> list[_Server]:
    """Counters that are staffed; before anybody sits there those that will open today."""
    known = availability.rules()
    skills = known.skills.get(office.pk, {})
    now = _now()
    sessions = walk_in_hours.sessions(office)
    walk_in = {c for s in sessions if s.opens <= now < s.closes for c in s.counters}
    busy = {t.counter_id: t for t in Ticket.objects.today_at(office).filter(status__in=AT_COUNTER)}
    found = []
    for counter in shifts.staffed(office):
        at = busy.get(counter.pk)
        begun = (at.began_at or at.called_at or timezone.now()).timestamp() / 60 if at else now
        found.append(
            _Server(counter.pk, skills.get(counter.pk, frozenset()), counter.pk in walk_in,
                    at.minutes if at else 0, now - begun, now)
        )  # fmt: skip
    if not found:
        for session in sessions:
            found += [
                _Server(c, skills.get(c, frozenset()), True, 0, 0, max(session.opens, now)) for c in session.counters
            ]
    return found


def _played(line: list[_Waiting], servers: list[_Server], mine: _Waiting, ratio: float) -> float | None:
    """Minutes until ``mine`` is called; None if no counter can serve it."""
    now = _now()
    free = {s.counter: max(s.opens, now + max(s.planned * ratio - s.elapsed, 0)) for s in servers}
    left = list(line)
    while left:
        able = [s for s in servers if any(_can(s, w) for w in left)]
        if not able:
            return None
        server = min(able, key=lambda s: (free[s.counter], s.counter))
        at = free[server.counter]
        mine_to_do = [w for w in left if _can(server, w)]
        there = [w for w in mine_to_do if w.there <= at]
        if not there:
            free[server.counter] = min(w.there for w in mine_to_do)
            continue
        chosen = min(there, key=lambda w: _place(server, w, at))
        if chosen is mine:
            return at - now
        left.remove(chosen)
        free[server.counter] = at + chosen.minutes * ratio
    return None


def _can(server: _Server, waiting: _Waiting) -> bool:
    return waiting.services <= server.skills and waiting.for_counter in (None, server.counter)


def _place(server: _Server, waiting: _Waiting, at: float) -> tuple[int, float, str]:
    rank = turns.rank(
        handed_over=waiting.for_counter == server.counter, with_booking=waiting.with_booking,
        late=dt.timedelta(minutes=at - waiting.due), walk_ins=server.walk_ins_first,
    )  # fmt: skip
    return rank, waiting.due, str(waiting.key)


def _ratios(office: Office) -> tuple[float, float]:
    """Quick and slow visits at an office against what was planned: a fifth is quicker, a fifth slower."""
    key = f"appointments:pace:{office.pk}"
    known: tuple[float, float] | None = caches["pages"].get(key)
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(_PACE, [office.pk, timezone.localdate() - dt.timedelta(days=LOOK_BACK_DAYS)])
            count, quick, slow = cursor.fetchone()
        known = (quick, slow) if count >= FEWEST else GUESS
        caches["pages"].set(key, known, 600)
    return known


_PACE = """
    SELECT count(*), percentile_cont(0.2) WITHIN GROUP (ORDER BY ratio), percentile_cont(0.8) WITHIN GROUP (ORDER BY ratio)
    FROM (SELECT least(greatest(date_part('epoch', ended_at - began_at) / 60 / minutes, 0.1), 5) AS ratio
          FROM appointments_ticket
          WHERE office_id = %s AND day >= %s AND status = 'done' AND ended_at > began_at) AS visits
"""
