"""Which times are free: rules minus closures minus what is taken. Display only; the constraint decides.

Everything is reckoned in whole minutes (``minutes.py``).
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.appointments.timetable.minutes import EPOCH, Span, local_minute, minute, moment
from apps.appointments.timetable.models import BookableService, Closure, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import REACH, Audience
from apps.appointments.timetable.taken import kept, read_taken
from apps.catalogue.models import Office
from apps.core.business_calendar import is_holiday
from apps.core.stamps import value_of


@dataclass(frozen=True)
class Visit:
    """What somebody comes for: services (ids of BookableService) and how long it takes in minutes."""

    services: frozenset[int]
    minutes: int


class Slot(NamedTuple):
    """A free beginning at an office; at which counter is decided when it is taken."""

    office: int
    minute: int

    @property
    def starts_at(self) -> dt.datetime:
        return moment(self.minute)


@dataclass(frozen=True)
class Opening:
    """Hours of a counter on one day: what is open, and from where the grid counts."""

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


def visit_of(services: Iterable[BookableService], persons: int) -> Visit:
    """The visit of ``persons`` (at least 1) for services; minutes add up."""
    chosen = list(services)
    minutes = sum(s.minutes + (persons - 1) * s.minutes_per_further_person for s in chosen)
    return Visit(frozenset(s.pk for s in chosen), minutes)


@dataclass(frozen=True)
class Rules:
    """All offices' policies, counters, hours and closures, as read at one moment."""

    # The value of the stamp under which they were read.
    stamp: int
    # Offices that take appointments and services that one of their counters can do, by slug, in order of name.
    offices: dict[str, Office]
    services: dict[str, BookableService]
    policies: dict[int, OfficePolicy]
    # By office and counter: what the counter can do.
    skills: dict[int, dict[int, frozenset[int]]]
    # With the counters they are for.
    openings: list[tuple[OpeningRule, list[int]]]
    # Office, counter (None: all of them), span.
    closures: list[tuple[int, int | None, Span]]
    # Remembers ``beginnings``.
    opened: dict[tuple[int, dt.date, str, Visit], dict[int, list[int]]] = field(default_factory=dict)


# The rules of the last stamp; replaced as a whole, for threads read it.
_kept: dict[str, Rules] = {}
MOST_REMEMBERED = 5000


def rules() -> Rules:
    """The rules, kept in memory until the database's stamp says that one has changed (one query)."""
    stamp = value_of("opening")
    kept = _kept.get("rules")
    if kept is None or kept.stamp != stamp:
        _kept["rules"] = kept = read_rules(stamp)
    return kept


def kept_rules() -> Rules:
    """The rules as they were when this process last looked: for those who are told when they are outdated."""
    return _kept.get("rules") or rules()


def read_rules(stamp: int) -> Rules:
    """Read them anew."""
    skills: dict[int, dict[int, set[int]]] = {}
    counters = Counter.objects.filter(active=True)
    able = counters.filter(services=OuterRef("pk"), office__policy__active=True)
    services = BookableService.objects.filter(Exists(able), active=True, service__published=True)
    offered = {s.service.slug: s for s in services.select_related("service").order_by("service__name_de")}
    known = {s.pk for s in offered.values()}
    for office, counter, service in counters.values_list("office_id", "pk", "services"):
        skills.setdefault(office, {}).setdefault(counter, set()).update({service} & known)
    return Rules(
        stamp=stamp,
        offices={o.slug: o for o in Office.objects.filter(policy__active=True).order_by("name_de")},
        services=offered,
        policies={p.office_id: p for p in OfficePolicy.objects.filter(active=True)},
        skills={office: {c: frozenset(s) for c, s in mine.items()} for office, mine in skills.items()},
        openings=[(r, [c.pk for c in r.counters.all()]) for r in OpeningRule.objects.prefetch_related("counters")],
        # A closure from half past the minute closes that minute, too.
        closures=[
            (c.office_id, c.counter_id, (minute(c.begins), -(-int((c.ends - EPOCH).total_seconds()) // 60)))
            for c in Closure.objects.all()
        ],
    )


def office_days(
    offices: Sequence[int], first: dt.date, last: dt.date, *, audience: str, now: dt.datetime | None,
    taken: bool = True, given: Rules | None = None, shown: bool = False,
) -> list[OfficeDays]:  # fmt: skip
    """What is needed for some offices from ``first`` to ``last``: two queries, whatever their number.

    Without ``taken`` bookings are left out: what would be open if nobody had booked. Without ``now`` lead time
    and horizon are. ``given`` are rules that were read already. What is only ``shown`` may come out of the cache.
    """
    known = given or rules()
    ids = [office for office in offices if office in known.policies]
    begin, end = local_minute(first, dt.time.min), local_minute(last + dt.timedelta(days=1), dt.time.min)
    openings = _openings(known, set(ids), first, last, audience)
    counters = {office: list(known.skills.get(office, {})) for office in ids}
    if taken and shown and settings.APPOINTMENT_CACHE:
        starts = {day: local_minute(day, dt.time.min) for day in _days(first, last)}
        busy = kept(counters, starts, end, known.stamp)
    else:
        busy = read_taken([c for mine in counters.values() for c in mine], begin, end) if taken else {}
    result = []
    for office in ids:
        policy, mine = known.policies[office], known.skills.get(office, {})
        earliest, horizon = bounds(policy, now, audience) if now else (0, dt.date.max)
        result.append(
            OfficeDays(
                office=office,
                grid=policy.grid_minutes,
                buffer=policy.buffer_minutes,
                earliest=earliest,
                skills=mine,
                openings={c: [o for o in openings.get(c, []) if o.day <= horizon] for c in mine},
                closed={
                    c: [
                        span
                        for where, which, span in known.closures
                        if where == office and which in (None, c) and span[0] < end and span[1] > begin
                    ]
                    for c in mine
                },
                taken=busy,
            )
        )
    return result


def bounds(policy: OfficePolicy, now: dt.datetime, audience: str) -> tuple[int, dt.date]:
    """The first minute and the last day that may be booked; staff need no lead time."""
    lead = policy.lead_minutes if audience == "public" else 0
    return minute(now) + lead, timezone.localdate(now) + dt.timedelta(days=policy.horizon_days)


def slots(offices: Iterable[OfficeDays], visit: Visit) -> dict[dt.date, list[Slot]]:
    """Free beginnings by day, in order of time; the same moment at two offices is two slots."""
    found: dict[dt.date, dict[int, set[int]]] = {}
    for office in offices:
        for counter in able(office, visit):
            for opening, starts in _starts(office, counter, visit.minutes):
                of_day = found.setdefault(opening.day, {}).setdefault(office.office, set())
                of_day.update(*starts)
    return {
        day: sorted((Slot(o, start) for o, starts in found[day].items() for start in starts), key=itemgetter(1, 0))
        for day in sorted(found)
        if any(found[day].values())
    }


def able(office: OfficeDays, visit: Visit) -> list[int]:
    """Counters that can do everything the visit is for; those with the fewest skills first.

    So the counter that can do all is kept for those who need it.
    """
    fitting = [c for c, skills in office.skills.items() if visit.services <= skills]
    return sorted(fitting, key=lambda c: (len(office.skills[c]), c))


def beginnings_at(office: OfficeDays, counter: int, minutes: int) -> list[int]:
    """When a visit of so many minutes may begin at one counter, what is taken left out."""
    return sorted(
        {start for _opening, starts in _starts(office, counter, minutes) for some in starts for start in some}
    )


def open_minutes(known: Rules, office: int, first: dt.date, last: dt.date) -> int:
    """How long the counters of an office are open for appointments, together and by the rules alone."""
    days = office_days([office], first, last, audience=Audience.INTERNAL, now=None, taken=False, given=known)
    return sum(high - low for o in days for counter in o.openings for low, high in open_spans(o, counter))


def covers(office: OfficeDays, counter: int, start: int, end: int) -> bool:
    """Whether a counter is open, and not closed, from ``start`` to ``end``."""
    return any(low <= start and end <= high for low, high in open_spans(office, counter))


def beginnings(known: Rules, office: int, day: dt.date, visit: Visit, *, audience: str) -> dict[int, list[int]]:
    """By beginning (minutes) the able counters, by the rules alone and whatever the hour is now; no query."""
    key = (office, day, audience, visit)
    found = known.opened.get(key)
    if found is None:
        found = {}
        for days in office_days([office], day, day, audience=audience, now=None, taken=False, given=known):
            for counter in able(days, visit):
                for start in beginnings_at(days, counter, visit.minutes):
                    found.setdefault(start, []).append(counter)
        if len(known.opened) >= MOST_REMEMBERED:
            known.opened.clear()
        known.opened[key] = found
    return found


def _starts(office: OfficeDays, counter: int, minutes: int) -> Iterator[tuple[Opening, list[range]]]:
    """For each opening the beginnings in it, on the grid that counts from its start."""
    openings = office.openings.get(counter, [])
    if not openings or minutes <= 0:
        return
    free = open_spans(office, counter)
    begins = [span[0] for span in free]
    grid = office.grid
    for opening in openings:
        first, last = opening.span
        found: list[range] = []
        for index in range(max(bisect_right(begins, first) - 1, 0), len(free)):
            low, high = free[index]
            if low >= last:
                break
            lowest = max(low, first, office.earliest)
            start = first - (first - lowest) // grid * grid
            if start <= high - minutes:
                found.append(range(start, min(high - minutes + 1, last), grid))
        yield opening, found


def open_spans(office: OfficeDays, counter: int) -> list[Span]:
    """Spans in which a visit may lie: open, not closed, and ending a buffer before what is taken, if that was read."""
    pieces = _without(
        _merged([o.span for o in office.openings.get(counter, [])]), _merged(office.closed.get(counter, []))
    )
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


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def _openings(
    known: Rules, offices: set[int], first: dt.date, last: dt.date, audience: str
) -> dict[int, list[Opening]]:
    working = [day for day in _days(first, last) if not is_holiday(day)]
    found: dict[int, list[Opening]] = {}
    for rule, counters in known.openings:
        if rule.office_id not in offices or rule.audience not in REACH[audience]:
            continue
        days = [day for day in working if rule.applies_on(day)]
        hours = [Opening(day, (_at(day, rule.opens), _at(day, rule.closes))) for day in days]
        for counter in counters:
            found.setdefault(counter, []).extend(o for o in hours if o.span[0] < o.span[1])
    return found


@lru_cache(maxsize=4096)
def _at(day: dt.date, time: dt.time) -> int:
    """local_minute, remembered: the same hours of the same days are asked for by every counter and visitor."""
    return local_minute(day, time)
