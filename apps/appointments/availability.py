"""Which times are free: rules minus closures minus what is taken. Display only; the constraint decides.

Everything is reckoned in whole minutes since 1970 (UTC), which makes ranges plain numbers; days and
opening hours are meant in the city's time zone, so that the two odd days of the year come out right.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from apps.appointments.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule
from apps.appointments.states import REACH
from apps.core.business_calendar import is_holiday

Span = tuple[int, int]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Visit:
    """What somebody comes for: services (ids of BookableService) and how long it takes in minutes."""

    services: frozenset[int]
    minutes: int


@dataclass(frozen=True)
class Slot:
    """A free beginning at an office; at which counter is decided when it is taken."""

    office: int
    minute: int

    @property
    def starts_at(self) -> dt.datetime:
        return moment(self.minute)


@dataclass(frozen=True)
class Opening:
    """Hours of one counter on one day: what is open, and from where the grid counts."""

    counter: int
    day: dt.date
    span: Span


@dataclass(frozen=True)
class OfficeDays:
    """What is needed to compute an office's free times over some days."""

    office: int
    grid: int
    buffer: int
    earliest: int
    # By counter: what it can do, its openings, what is closed, what is taken (buffers included).
    skills: dict[int, frozenset[int]]
    openings: dict[int, list[Opening]]
    closed: dict[int, list[Span]]
    taken: dict[int, list[Span]]


def minute(when: dt.datetime) -> int:
    """Whole minutes since 1970 of an aware moment, rounded down."""
    return int((when - EPOCH).total_seconds() // 60)


def moment(minutes: int) -> dt.datetime:
    """The aware moment (UTC) of so many minutes since 1970."""
    return EPOCH + dt.timedelta(minutes=minutes)


def visit_of(services: Iterable[BookableService], persons: int) -> Visit:
    """The visit of ``persons`` (at least 1) for services; minutes add up."""
    chosen = list(services)
    minutes = sum(s.minutes + (persons - 1) * s.minutes_per_further_person for s in chosen)
    return Visit(frozenset(s.pk for s in chosen), minutes)


def local_minute(day: dt.date, time: dt.time) -> int:
    """A time of day in Wolfsburg as minutes since 1970.

    In the hour that comes twice the first is meant; in the hour that is left out, what the clock
    would have shown without the change.
    """
    return minute(dt.datetime.combine(day, time, tzinfo=timezone.get_default_timezone()))


def office_days(
    offices: Sequence[int], first: dt.date, last: dt.date, *, audience: str, now: dt.datetime, taken: bool = True
) -> list[OfficeDays]:
    """Read what is needed for some offices from ``first`` to ``last``, in a fixed number of queries.

    Without ``taken`` bookings are left out: what would be open if nobody had booked.
    """
    policies = list(OfficePolicy.objects.filter(office__in=offices, active=True))
    ids = [p.office_id for p in policies]
    begin, end = local_minute(first, dt.time.min), local_minute(last + dt.timedelta(days=1), dt.time.min)
    counters: dict[int, dict[int, set[int]]] = {}
    rows = Counter.objects.filter(office__in=ids, active=True).values_list("office_id", "pk", "services")
    for office, counter, service in rows:
        counters.setdefault(office, {}).setdefault(counter, set()).add(service)
    openings = _openings(ids, first, last, audience)
    closed = _closed(ids, begin, end)
    busy = _taken(ids, begin, end) if taken else {}
    result = []
    for policy in policies:
        mine = counters.get(policy.office_id, {})
        result.append(
            OfficeDays(
                office=policy.office_id,
                grid=policy.grid_minutes,
                buffer=policy.buffer_minutes,
                earliest=minute(now) + (policy.lead_minutes if audience == "public" else 0),
                skills={c: frozenset(s) for c, s in mine.items()},
                openings={
                    c: [o for o in openings.get(c, []) if (o.day - timezone.localdate(now)).days <= policy.horizon_days]
                    for c in mine
                },
                closed={
                    c: closed.get((policy.office_id, None), []) + closed.get((policy.office_id, c), []) for c in mine
                },
                taken=busy,
            )
        )
    return result


def slots(offices: Iterable[OfficeDays], visit: Visit) -> dict[dt.date, list[Slot]]:
    """Free beginnings by day, in order of time; the same moment at two offices is two slots."""
    found: dict[dt.date, set[Slot]] = {}
    for office in offices:
        for counter in able(office, visit):
            for opening, starts in _starts(office, counter, visit.minutes):
                found.setdefault(opening.day, set()).update(Slot(office.office, start) for start in starts)
    return {day: sorted(found[day], key=lambda s: (s.minute, s.office)) for day in sorted(found) if found[day]}


def able(office: OfficeDays, visit: Visit) -> list[int]:
    """Counters that can do everything the visit is for; those with the fewest skills first.

    So the counter that can do all is kept for those who need it.
    """
    fitting = [c for c, skills in office.skills.items() if visit.services <= skills]
    return sorted(fitting, key=lambda c: (len(office.skills[c]), c))


def counters_open_at(office: OfficeDays, visit: Visit, start: int) -> list[int]:
    """Able counters at which the visit may begin at ``start``, by the openings alone."""
    return [
        c for c in able(office, visit) if any(start in starts for _opening, starts in _starts(office, c, visit.minutes))
    ]


def _starts(office: OfficeDays, counter: int, minutes: int) -> Iterable[tuple[Opening, list[int]]]:
    openings = office.openings.get(counter, [])
    if not openings or minutes <= 0:
        return
    free = _free(office, counter)
    begins = [span[0] for span in free]
    for opening in openings:
        first, last = opening.span
        # Beginnings lie on the grid of the opening that they are in.
        found: list[int] = []
        index = max(bisect_right(begins, first) - 1, 0)
        for low, high in free[index:]:
            if low >= last:
                break
            lowest = max(low, first, office.earliest)
            start = first + -(-(lowest - first) // office.grid) * office.grid
            found.extend(range(start, min(high - minutes + 1, last), office.grid))
        yield opening, found


def _free(office: OfficeDays, counter: int) -> list[Span]:
    """Spans in which a visit may lie: open, not closed, and ending a buffer before what comes next."""
    pieces = _without(_merged([o.span for o in office.openings[counter]]), _merged(office.closed.get(counter, [])))
    taken = _merged(office.taken.get(counter, []))
    if not taken:
        return pieces
    widened = [(low - office.buffer, high) for low, high in taken]
    # Two bookings that leave less than a buffer between them overlap once widened.
    return _without(pieces, _merged(widened))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _without(spans: list[Span], holes: list[Span]) -> list[Span]:
    """Spans (merged) less holes (merged)."""
    if not holes:
        return spans
    left: list[Span] = []
    position = 0
    for span_low, high in spans:
        low = span_low
        while position < len(holes) and holes[position][1] <= low:
            position += 1
        index = position
        while index < len(holes) and holes[index][0] < high:
            if holes[index][0] > low:
                left.append((low, holes[index][0]))
            low = max(low, holes[index][1])
            index += 1
        if low < high:
            left.append((low, high))
    return left


def _openings(offices: list[int], first: dt.date, last: dt.date, audience: str) -> dict[int, list[Opening]]:
    rules = (
        OpeningRule.objects.filter(office__in=offices, audience__in=REACH[audience], valid_from__lte=last)
        .filter(Q(valid_until=None) | Q(valid_until__gte=first))
        .prefetch_related("counters")
    )
    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    working = [day for day in days if not is_holiday(day)]
    found: dict[int, list[Opening]] = {}
    for rule in rules:
        weekdays = set(rule.weekdays)
        spans = [
            (day, (local_minute(day, rule.opens), local_minute(day, rule.closes)))
            for day in working
            if day.weekday() in weekdays
            and rule.valid_from <= day
            and (rule.valid_until is None or day <= rule.valid_until)
        ]
        for counter in rule.counters.all():
            found.setdefault(counter.pk, []).extend(
                Opening(counter.pk, day, span) for day, span in spans if span[0] < span[1]
            )
    return found


def _closed(offices: list[int], begin: int, end: int) -> dict[tuple[int, int | None], list[Span]]:
    rows = Closure.objects.filter(office__in=offices, begins__lt=moment(end), ends__gt=moment(begin))
    found: dict[tuple[int, int | None], list[Span]] = {}
    for row in rows:
        # A closure from half past the minute closes that minute, too.
        span = (minute(row.begins), -(-int((row.ends - EPOCH).total_seconds()) // 60))
        found.setdefault((row.office_id, row.counter_id), []).append(span)
    return found


def _taken(offices: list[int], begin: int, end: int) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"offices": offices, "from": moment(begin), "to": moment(end)})
        for counter, low, high in cursor.fetchall():
            found.setdefault(counter, []).append((low, high))
    return found


# As plain numbers, since making range objects of thousands of rows takes longer than finding them.
_TAKEN = """
    SELECT b.counter_id, floor(extract(epoch FROM lower(b.during)) / 60)::bigint,
           floor(extract(epoch FROM upper(b.during)) / 60)::bigint
    FROM appointments_booking b JOIN appointments_counter c ON c.id = b.counter_id
    WHERE c.office_id = ANY(%(offices)s) AND b.starts_at < %(to)s AND b.starts_at > %(from)s::timestamptz - interval '1 day'
      AND (b.status = 'confirmed' OR b.status IN ('held', 'reserved') AND b.expires_at > clock_timestamp())
"""
