"""What is taken: read from the bookings, and kept where all processes share a cache; for display only.

Kept under a version that every booking raises once it is committed. Whoever reads takes the version first: what they
then compute and keep may be old, but it is kept under the old version.
"""

import datetime as dt
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import partial

from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction

from apps.appointments.timetable.minutes import Span, moment

Taken = dict[int, list[Span]]

# What runs out by itself raises no version; nobody looks at it for longer than this.
SECONDS = 60
VERSION_SECONDS = 7 * 24 * 3600


def touch(office: int, day: dt.date) -> None:
    """Something was taken or given back at an office on a day; counts once the transaction has committed."""
    if settings.APPOINTMENT_CACHE:
        transaction.on_commit(partial(_raise, _name(office, day)), robust=True)


def _raise(name: str) -> None:
    # A time and not a count: no version comes twice, not even after the cache has thrown one away.
    caches["pages"].set(name, time.time_ns(), VERSION_SECONDS)


def _name(office: int, day: dt.date) -> str:
    return f"appointments:taken:{office}:{day.toordinal()}"


def kept(offices: Mapping[int, Sequence[int]], starts: dict[dt.date, int], end: int, stamp: int) -> Taken:
    """Spans by counter of ``offices`` (with their counters) on the days that begin at ``starts`` (minutes).

    ``end`` is the minute after the last day. Days that are not kept are read at once, from the first to the last.
    """
    days = sorted(starts)
    names = {(office, day): _name(office, day) for office in offices for day in days}
    versions = caches["pages"].get_many(names.values())
    fresh = {name: time.time_ns() for name in names.values() if name not in versions}
    if fresh:
        caches["pages"].set_many(fresh, VERSION_SECONDS)
        versions |= fresh
    keys = {place: f"{name}:{versions[name]}:{stamp}" for place, name in names.items()}
    found: dict[str, Taken] = caches["pages"].get_many(keys.values())
    missing = sorted({day for (_office, day), key in keys.items() if key not in found})
    if missing:
        after = days.index(missing[-1]) + 1
        until = starts[days[after]] if after < len(days) else end
        read_now = _by_day(
            read_taken([c for mine in offices.values() for c in mine], starts[missing[0]], until), days, starts
        )
        whose = {counter: office for office, counters in offices.items() for counter in counters}
        new: dict[str, Taken] = {keys[office, day]: {} for office in offices for day in missing}
        for (counter, day), spans in read_now.items():
            key = keys[whose[counter], day]
            if key in new:
                new[key][counter] = spans
        caches["pages"].set_many(new, SECONDS)
        found |= new
    together: Taken = {}
    for spans_of in found.values():
        for counter, spans in spans_of.items():
            together.setdefault(counter, []).extend(spans)
    return together


def _by_day(taken: Taken, days: list[dt.date], starts: dict[dt.date, int]) -> dict[tuple[int, dt.date], list[Span]]:
    begins = [starts[day] for day in days]
    found: dict[tuple[int, dt.date], list[Span]] = {}
    for counter, spans in taken.items():
        for span in spans:
            index = bisect_right(begins, span[0]) - 1
            if index >= 0:
                found.setdefault((counter, days[index]), []).append(span)
    return found


def read_taken(counters: list[int], begin: int, end: int) -> Taken:
    """What is taken of some counters between two minutes, buffers included; by counter."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"counters": counters, "from": moment(begin), "to": moment(end)})
        return {counter: list(zip(lows, highs, strict=True)) for counter, lows, highs in cursor.fetchall()}


# As arrays of plain numbers, since making range objects or rows of thousands of bookings takes longer than finding
# them, and with date_part, since extract reckons in decimals. Times lie on whole minutes.
_TAKEN = """
    SELECT b.counter_id, array_agg((date_part('epoch', lower(b.during)) / 60)::int),
           array_agg((date_part('epoch', upper(b.during)) / 60)::int)
    FROM appointments_booking b
    WHERE b.counter_id = ANY(%(counters)s) AND b.starts_at < %(to)s AND b.starts_at > %(from)s::timestamptz - interval '1 day'
      AND (b.status = 'confirmed' OR b.status = 'offered' OR b.status IN ('held', 'reserved', 'freed')
           AND b.expires_at > clock_timestamp())
    GROUP BY b.counter_id
"""
