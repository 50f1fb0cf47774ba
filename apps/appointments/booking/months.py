"""Free days as months of weeks, the way a calendar on paper shows them."""

import datetime as dt
from calendar import Calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Day:
    """A cell: ``free`` beginnings, 0 where there are none; ``outside`` belongs to another month."""

    date: dt.date
    free: int
    chosen: bool
    outside: bool


@dataclass(frozen=True)
class Month:
    first: dt.date
    weeks: list[list[Day]]


def months(days: Mapping[dt.date, Collection[Any]], *, chosen: dt.date | None) -> list[Month]:
    """The months from the first to the last free day; weeks without a free day at the ends are left out."""
    if not days:
        return []
    first, last = min(days), max(days)
    found = []
    month = first.replace(day=1)
    while month <= last:
        weeks = [
            [Day(d, len(days.get(d, ())), d == chosen, d.month != month.month) for d in week]
            for week in Calendar().monthdatescalendar(month.year, month.month)
            if week[-1] >= first and week[0] <= last
        ]
        found.append(Month(month, weeks))
        month = (month + dt.timedelta(days=32)).replace(day=1)
    return found
