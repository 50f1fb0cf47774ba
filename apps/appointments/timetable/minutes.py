"""Whole minutes since 1970 (UTC), which make ranges of time plain numbers.

Days and opening hours are meant in the city's time zone, so that the two odd days of the year come out right.
"""

import datetime as dt

from django.utils import timezone

Span = tuple[int, int]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def minute(when: dt.datetime) -> int:
    """Whole minutes since 1970 of an aware moment, rounded down."""
    return int((when - EPOCH).total_seconds() // 60)


def moment(minutes: int) -> dt.datetime:
    """The aware moment (UTC) of so many minutes since 1970."""
    return EPOCH + dt.timedelta(minutes=minutes)


def local_minute(day: dt.date, time: dt.time) -> int:
    """A time of day in Wolfsburg as minutes since 1970.

    In the hour that comes twice the first is meant; in the hour that is left out, what the clock
    would have shown without the change.
    """
    return minute(dt.datetime.combine(day, time, tzinfo=timezone.get_default_timezone()))
