"""Days and times as people write them.

A telephone's keypad for numbers has no dot, letters say "3. März 1985", other authorities "1985-03-31".
"""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress

from apps.core.text import digits, one_line

_MONTHS = (
    "januar january jaenner jänner", "februar february", "märz maerz mrz march", "april", "mai may", "juni june",
    "juli july", "august", "september", "oktober october", "november", "dezember december",
)  # fmt: skip
_BETWEEN = r"[ .,/-]+"
_YEAR = r"([0-9]{4}|[0-9]{2})"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}{_YEAR}\.?")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}}){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}})")
_TOGETHER = re.compile(rf"([0-9]{{2}})([0-9]{{2}}){_YEAR}")
_TOGETHER_YEAR_FIRST = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = r"([^\W\d_]{3,})"
_WRITTEN = re.compile(rf"([0-9]{{1,2}})(?:st|nd|rd|th|\.)?[ -]*{_MONTH}[ .,-]*{_YEAR}")
_WRITTEN_MONTH_FIRST = re.compile(rf"{_MONTH}\.? *([0-9]{{1,2}})(?:st|nd|rd|th)?[ .,]+{_YEAR}")
_TIME = re.compile(r"([0-9]{1,2})(?: ?(?:[:.,h]|uhr) ?([0-9]{2}))?(?: ?uhr| ?h)?(?: ?([ap])\.? ?m\.?)?")
_TIME_TOGETHER = re.compile(r"([0-9]{1,2})([0-9]{2})(?: ?uhr)?")


class NoDate(ValueError):
    """Not a day, a month and a year."""


def day_of(typed: str, *, first: dt.date | None = None, last: dt.date | None = None) -> dt.date:
    """The day that somebody means; a year of two digits is the latest that lies between ``first`` and ``last``.

    Raises NoDate when it is no day at all, and ValueError when the calendar has no such day.
    """
    text = digits(one_line(typed)).lower()
    readings = [
        *((m[1], m[2], m[3]) for m in (_DAY_FIRST.fullmatch(text), _TOGETHER.fullmatch(text)) if m),
        *((m[3], m[2], m[1]) for m in (_YEAR_FIRST.fullmatch(text), _TOGETHER_YEAR_FIRST.fullmatch(text)) if m),
        *((m[1], _month(m[2]), m[3]) for m in (_WRITTEN.fullmatch(text),) if m),
        *((m[2], _month(m[1]), m[3]) for m in (_WRITTEN_MONTH_FIRST.fullmatch(text),) if m),
    ]
    if not readings:
        raise NoDate("no date")
    days = [found for day, month, year in readings for found in _days(int(day), int(month), year)]
    if not days:
        raise ValueError("no day")
    fitting = [d for d in days if (first is None or first <= d) and (last is None or d <= last)]
    return (fitting or days)[0]


def _month(name: str) -> str:
    found = [number for number, names in enumerate(_MONTHS, 1) if any(n.startswith(name) for n in names.split())]
    return str(found[0]) if found else "0"


def _days(day: int, month: int, year: str) -> Iterator[dt.date]:
    """The days that are meant, the latest century first; none where the calendar has none."""
    for candidate in [int(year)] if len(year) == 4 else [2000 + int(year), 1900 + int(year)]:
        with suppress(ValueError):
            yield dt.date(candidate, month, day)


def time_of(typed: str) -> dt.time:
    """The time of day that somebody means: ``17.30``, ``8``, ``8 Uhr``, ``1730``, ``5 pm``. Raises ValueError."""
    text = digits(one_line(typed)).lower()
    match = _TIME_TOGETHER.fullmatch(text) if len(re.sub("[^0-9]", "", text)) > 2 else None
    match = match or _TIME.fullmatch(text)
    if match is None:
        raise ValueError("no time")
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3] if match.re is _TIME else None
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no time")
        hour = hour % 12 + (12 if half == "p" else 0)
    return dt.time(hour, minute)
