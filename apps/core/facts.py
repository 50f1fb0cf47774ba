"""Facts: what happened, as rows that can be counted when the cases are long deleted."""

import datetime as dt
from typing import Any

from django.utils import timezone

from apps.core.business_calendar import today
from apps.core.models import Fact


def note(what: str, **about: Any) -> None:
    """Write down that something has just happened; ``about`` are columns of Fact, never anybody's name or number."""
    hour = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    Fact.objects.create(what=what, hour=hour, month=hour.date().replace(day=1), **about)


def close_months() -> int:
    """Coarsen the facts of the months that are over to the month; returns how many that was news for."""
    this: dt.date = today().replace(day=1)
    return Fact.objects.filter(month__lt=this, hour__isnull=False).update(hour=None)
