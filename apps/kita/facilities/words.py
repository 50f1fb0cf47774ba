"""Everyday words by which people look for a facility: „Tagesmutter", „u3", „Schicht"."""

import datetime as dt
from typing import TYPE_CHECKING

from apps.kita.facilities.states import Age, BarrierFree, FacilityKind

if TYPE_CHECKING:
    from apps.kita.facilities.models import Facility

# Until when a day is a whole one.
ALL_DAY = dt.time(16)
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "de": {
        FacilityKind.KITA: ("kita", "kindertagesstätte", "kindergarten"),
        FacilityKind.CHILDMINDER: ("tagesmutter", "tagesvater", "tagesmama", "tagespflege", "familiennest"),
        FacilityKind.LARGE_CHILDMINDER: ("tagesmutter", "tagespflege", "großtagespflege", "großes familiennest"),
        Age.KRIPPE: ("krippe", "u3", "unter drei", "kleinkind", "baby", "krabbelgruppe"),
        Age.KINDERGARTEN: ("kindergarten", "ü3", "ab drei", "vorschule"),
        Age.MIXED: ("krippe", "kindergarten", "altersübergreifend", "altersgemischt", "krabbelgruppe"),
        "early": ("früh", "frühdienst", "morgens"),
        "late": ("spät", "spätdienst", "abends"),
        "all_day": ("ganztags", "ganztag"),
        "shift": ("schicht", "schichtarbeit", "wechselschicht"),
        "barrier_free": ("barrierefrei", "rollstuhl", "rollstuhlgerecht"),
        "integrative": ("integrativ", "inklusion", "behinderung", "förderbedarf", "i-platz"),
    },
    "en": {
        FacilityKind.KITA: ("nursery", "day care", "daycare", "kindergarten"),
        FacilityKind.CHILDMINDER: ("childminder", "family day care"),
        FacilityKind.LARGE_CHILDMINDER: ("childminder", "family day care"),
        Age.KRIPPE: ("creche", "under three", "toddler", "baby"),
        Age.KINDERGARTEN: ("kindergarten", "preschool", "over three"),
        Age.MIXED: ("creche", "kindergarten", "mixed age"),
        "early": ("early", "morning"),
        "late": ("late", "evening"),
        "all_day": ("full day", "all day"),
        "shift": ("shift", "shift work"),
        "barrier_free": ("wheelchair", "accessible", "step free"),
        "integrative": ("inclusion", "integrative", "disability", "special needs"),
    },
}


def words_of(facility: "Facility", language: str) -> list[str]:
    """All words of a facility in a language (de, en): its names, where it lies, what it is and offers."""
    groups = list(facility.groups.all())
    offers = {
        "early": facility.early_from, "late": facility.late_until,
        "all_day": facility.last_hour >= ALL_DAY, "shift": facility.shift_care,
        "barrier_free": facility.barrier_free == BarrierFree.FULL,
        "integrative": any(group.integrative for group in groups),
    }  # fmt: skip
    words = [facility.name, facility.district.name, *facility.district.parts, facility.carrier.name]
    if facility.address_public:
        words.append(facility.street)
    for key in dict.fromkeys([facility.kind, *(g.age for g in groups), *(key for key, has in offers.items() if has)]):
        words += WORDS[language][key]
    for concept in facility.concepts.all():
        words += [getattr(concept, f"name_{language}"), *concept.words.get(language, [])]
    return words
