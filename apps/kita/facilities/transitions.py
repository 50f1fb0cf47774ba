"""What changes at a Kita, by those who keep it: its own words, its places from a month on, what is free."""

import datetime as dt
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.kita.facilities.models import Capacity, Facility, Group, Vacancy


def describe(facility: Facility, **words: Any) -> None:
    """Change what a Kita says of itself; it is found by that at once."""
    with transaction.atomic():
        for name, value in words.items():
            setattr(facility, name, value)
        facility.save(update_fields=list(words))
        facility.index()


def record_places(group: Group, *, valid_from: dt.date, places: int, uncertain: int, by: User) -> Capacity:
    """A group has so many places from a month on (its first day); what was recorded before stays."""
    return Capacity.objects.create(
        group=group, valid_from=valid_from, places=places, uncertain=uncertain, recorded_by=by
    )


def publish_vacancy(group: Group, *, start: dt.date, places: int, by: User) -> Vacancy:
    """So many places of a group are free from a month on (its first day); none takes back what was published."""
    return Vacancy.objects.create(group=group, start=start, places=places, published_by=by)
