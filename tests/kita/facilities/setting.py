"""Kitas for tests: one call, one Kita with a group, in a part of the city that the city's data has."""

import datetime as dt
from typing import Any

from django.utils.text import slugify

from apps.core.business_calendar import today
from apps.kita.facilities.models import Capacity, CareTime, Carrier, Concept, District, Facility, Group, Vacancy
from apps.kita.facilities.states import Age, CarrierKind


def carrier(name: str = "Beispielverein", kind: str = CarrierKind.OTHER) -> Carrier:
    return Carrier.objects.get_or_create(slug=slugify(name), defaults={"name": name, "kind": kind})[0]


def kita(name: str, *, district: str = "vorsfelde", ages: tuple[str, ...] = (Age.KINDERGARTEN,), concepts: tuple[str, ...] = (),
         integrative: bool = False, by: str = "Beispielverein", **changes: Any) -> Facility:  # fmt: skip
    """A Kita that is found by its words, with one group for each age."""
    values: dict[str, Any] = {
        "slug": slugify(name), "name": name, "carrier": carrier(by), "district": District.objects.get(slug=district),
        "street": "Beispielweg", "house_number": "1", "postcode": "38448", "latitude": 52.437, "longitude": 10.84,
        "opens": dt.time(8), "closes": dt.time(16), "address_public": True,
    }  # fmt: skip
    made = Facility.objects.create(**values | changes)
    made.concepts.set(Concept.objects.filter(slug__in=concepts))
    for age in ages:
        group = Group.objects.create(facility=made, name=str(Age(age).label), age=age, integrative=integrative)
        CareTime.objects.create(group=group, begins=made.first_hour, ends=made.last_hour)
        Capacity.objects.create(group=group, valid_from=dt.date(2026, 8, 1), places=25)
    made.index()
    return made


def publish(facility: Facility, places: int, start: dt.date | None = None) -> Vacancy:
    """The first group of a Kita has free places from a month on."""
    month = start or today().replace(day=1)
    group = facility.groups.all()[0]
    return Vacancy.objects.create(group=group, start=month, places=places)
