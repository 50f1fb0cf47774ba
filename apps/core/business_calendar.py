"""Working days in Lower Saxony: Monday to Friday without the public holidays of the Land."""

import datetime as dt
from functools import lru_cache

import holidays
from django.conf import settings
from django.utils import timezone


@lru_cache(maxsize=1)
def _holidays() -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=settings.CITY["holidays_subdivision"])


def is_working_day(day: dt.date) -> bool:
    """True for Monday to Friday unless a public holiday (24 and 31 December are working days)."""
    return _holidays().is_working_day(day)


def is_holiday(day: dt.date) -> bool:
    """True for a public holiday of the Land."""
    return day in _holidays()


def add_working_days(start: dt.date, days: int) -> dt.date:
    """Return the day that lies ``days`` working days after ``start``.

    The start day itself is not counted (§ 187 Abs. 1 BGB).
    """
    return _holidays().get_nth_working_day(start, days) if days > 0 else start


def next_working_day(day: dt.date) -> dt.date:
    """Return ``day`` or, if it is none, the next working day (§ 193 BGB, § 31 Abs. 3 VwVfG)."""
    return _holidays().get_nth_working_day(day, 0)


def today() -> dt.date:
    """Today's date in Wolfsburg."""
    return timezone.localdate()


# When the city works: what lies outside does not count as time somebody had to wait for it.
DAY_BEGINS, DAY_ENDS = dt.time(8), dt.time(16)


def working_hours(begin: dt.datetime, end: dt.datetime) -> int:
    """Whole hours between two moments in which the city works (8 to 16 o'clock on working days); 0 if ``end`` is earlier."""
    zone = timezone.get_current_timezone()
    first, last = begin.astimezone(zone), end.astimezone(zone)
    seconds = 0.0
    for offset in range((last.date() - first.date()).days + 1):
        day = first.date() + dt.timedelta(days=offset)
        if is_working_day(day):
            opens, closes = (dt.datetime.combine(day, time, zone) for time in (DAY_BEGINS, DAY_ENDS))
            seconds += max((min(closes, last) - max(opens, first)).total_seconds(), 0)
    return int(seconds // 3600)
