"""What is taken at an office on a day, kept where all processes share a cache; for display only.

Kept under a version that every booking raises once it is committed. Whoever reads takes the version first: what they
then compute and keep may be old, but it is kept under the old version.
"""

import datetime as dt
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from django.conf import settings
from django.core.cache import caches
from django.db import transaction

Span = tuple[int, int]
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


def kept(
    offices: Mapping[int, Sequence[int]], starts: dict[dt.date, int], end: int, stamp: int,
    read: Callable[[list[int], int, int], Taken],
) -> Taken:  # fmt: skip
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
            read([c for mine in offices.values() for c in mine], starts[missing[0]], until), days, starts
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
