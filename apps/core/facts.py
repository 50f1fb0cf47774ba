"""Facts: what happened, as rows that can be counted when the cases are long deleted."""

import datetime as dt
from typing import Any

from django.utils import timezone

from apps.core.business_calendar import today
from apps.core.models import Fact


def made(what: str, *, at: dt.datetime, **about: Any) -> Fact:
    """A fact to be saved: something happened at a time; ``about`` are columns of Fact, never anybody's name or number."""
    hour = timezone.localtime(at).replace(minute=0, second=0, microsecond=0)
    return Fact(what=what, hour=hour, month=hour.date().replace(day=1), **about)


def note(what: str, **about: Any) -> None:
    """Write down that something has just happened; see ``made``."""
    made(what, at=timezone.now(), **about).save()


def close_months() -> int:
    """Coarsen the facts of the months that are over to the month; returns how many that was news for."""
    this: dt.date = today().replace(day=1)
    return Fact.objects.filter(month__lt=this, hour__isnull=False).update(hour=None)
