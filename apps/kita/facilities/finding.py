"""Which facilities fit what parents look for.

A city has some hundred of them: all are read, with what the list shows, and chosen from in Python, so that every filter
is one line that can be read.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q

from apps.core.search import all_of, fitting, language, words_of
from apps.kita.facilities.forms import KINDS
from apps.kita.facilities.models import District, Facility, Landmark
from apps.kita.facilities.overview import Degrees, distance_km
from apps.kita.facilities.states import Age, BarrierFree

_AGES = {"krippe": {Age.KRIPPE, Age.MIXED}, "kindergarten": {Age.KINDERGARTEN, Age.MIXED}}

FILTERS: dict[str, Callable[[Facility, Any], bool]] = {
    "ortschaft": lambda facility, slug: facility.district.slug == slug,
    "art": lambda facility, kind: facility.kind in KINDS[kind],
    "traeger": lambda facility, slug: facility.carrier.slug == slug,
    "schwerpunkt": lambda facility, slug: any(concept["slug"] == slug for concept in facility.focus),
    "barrierefrei": lambda facility, _yes: facility.barrier_free == BarrierFree.FULL,
    "schicht": lambda facility, _yes: facility.shift_care,
}
# What one group has to fit alone: a free place for older children is none for a baby.
GROUP_FILTERS: dict[str, Callable[[Facility, dict[str, Any], Any], bool]] = {
    "alter": lambda _facility, group, age: group["age"] in _AGES[age],
    "ab": lambda facility, group, time: (_time(group["begins"]) or facility.first_hour) <= dt.time.fromisoformat(time),
    "bis": lambda facility, group, time: (_time(group["ends"]) or facility.last_hour) >= dt.time.fromisoformat(time),
    "frei": lambda _facility, group, _yes: bool(group["free"]),
    "integrativ": lambda _facility, group, _yes: group["integrative"],
}


def _time(text: str | None) -> dt.time | None:
    return dt.time.fromisoformat(text) if text else None


def _fits(facility: Facility, chosen: dict[str, Any]) -> bool:
    if not all(fits(facility, chosen[name]) for name, fits in FILTERS.items() if name in chosen):
        return False
    asked = {name: fits for name, fits in GROUP_FILTERS.items() if name in chosen}
    return not asked or any(
        all(fits(facility, group, chosen[name]) for name, fits in asked.items()) for group in facility.group_facts
    )


def found(facilities: Sequence[Facility], chosen: dict[str, Any]) -> tuple[list[Facility], bool]:
    """Those that fit all that was chosen (FinderForm.chosen), by name; best first where words were typed.

    And whether of several words only some fit.
    """
    fit = [facility for facility in facilities if _fits(facility, chosen)]
    if "q" not in chosen:
        return fit, False
    ranked, partly = _by_words(str(chosen["q"]))
    rank = {pk: place for place, pk in enumerate(ranked)}
    hits = sorted((facility for facility in fit if facility.pk in rank), key=lambda facility: rank[facility.pk])
    return hits, partly and bool(hits)


def _by_words(typed: str) -> tuple[list[int], bool]:
    """The ids of facilities that fit what was typed, best first: those with all words, or else (True) those with some."""
    words = words_of(typed)
    if not words:
        return [], False
    every = ExpressionWrapper(Q(**{f"search_{language()}": all_of(words)}), output_field=BooleanField())
    rows = fitting(Facility.objects.published().annotate(fits_all=every), words, then="name")
    hits = list(rows.values_list("pk", "fits_all"))
    whole = [pk for pk, fits_all in hits if fits_all]
    return (whole, False) if whole else ([pk for pk, _fits_all in hits], len(words) > 1)


def origin_of(chosen: str, districts: Sequence[District], landmarks: Sequence[Landmark]) -> Degrees | None:
    """From where distances are measured; None if nothing was chosen."""
    places: dict[str, District | Landmark] = {district.slug: district for district in districts}
    places |= {f"ort-{landmark.slug}": landmark for landmark in landmarks}
    place = places.get(chosen)
    return (place.latitude, place.longitude) if place is not None else None


def with_distance(facilities: Sequence[Facility], origin: Degrees | None) -> list[tuple[Facility, float | None]]:
    """Each with its distance in km, as the crow flies, the nearest first; as they stand and None without an origin."""
    if origin is None:
        return [(facility, None) for facility in facilities]
    measured = [(facility, distance_km(origin, facility.point)) for facility in facilities]
    return sorted(measured, key=lambda entry: (entry[1], entry[0].name))
