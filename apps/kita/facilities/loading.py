"""Facilities from JSON files: what the city starts with, and the invented ones of the demo."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.core.business_calendar import today
from apps.kita.facilities.models import (
    Capacity,
    CareTime,
    Carrier,
    CarrierAgreement,
    Concept,
    District,
    Facility,
    Group,
    Landmark,
    Vacancy,
)

DATA = Path(__file__).resolve().parents[1] / "data"
_PLAIN = (
    "name", "kind", "street", "house_number", "postcode", "address_public", "latitude", "longitude", "phone", "email",
    "website", "opens", "closes", "early_from", "late_until", "shift_care", "closing_days", "barrier_free", "lunch",
)  # fmt: skip


def load_city(path: Path = DATA / "wolfsburg.json") -> int:
    """Load parts of the city, places in it and what facilities put weight on; what is there stays as editors left it.

    Returns how many parts the city has.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    for entry in data["districts"]:
        values = {name: entry[name] for name in ("name", "parts", "latitude", "longitude", "outline")}
        District.objects.get_or_create(slug=entry["slug"], defaults=values)
    for entry in data["landmarks"]:
        values = {**_both(entry["name"]), "latitude": entry["latitude"], "longitude": entry["longitude"]}
        Landmark.objects.get_or_create(slug=entry["slug"], defaults=values)
    for entry in data["concepts"]:
        values = {**_both(entry["name"]), "words": entry["words"]}
        Concept.objects.get_or_create(slug=entry["slug"], defaults=values)
    return len(data["districts"])


def load_examples(path: Path = DATA / "demo.json") -> int:
    """Load invented facilities, marked as such; does nothing where there are facilities. Returns how many there are."""
    if Facility.objects.exists():
        return Facility.objects.count()
    data = json.loads(path.read_text(encoding="utf-8"))
    carriers = {
        entry["slug"]: Carrier.objects.create(slug=entry["slug"], name=entry["name"], kind=entry["kind"])
        for entry in data["carriers"]
    }
    CarrierAgreement.objects.bulk_create(
        CarrierAgreement(carrier=carriers[slug], valid_from=dt.date(today().year, 1, 1), reference="Beispiel")
        for slug in data["joined"]
    )
    districts = {district.slug: district for district in District.objects.all()}
    concepts = {concept.slug: concept for concept in Concept.objects.all()}
    for entry in data["facilities"]:
        facility = Facility.objects.create(
            slug=entry["slug"], carrier=carriers[entry["carrier"]], district=districts[entry["district"]],
            description_de=entry["description"]["de"], description_en=entry["description"]["en"], is_example=True,
            **{name: entry[name] for name in _PLAIN},
        )  # fmt: skip
        facility.concepts.set([concepts[slug] for slug in entry["concepts"]])
        for group in entry["groups"]:
            _load_group(facility, group)
        facility.index()
    return len(data["facilities"])


def _load_group(facility: Facility, entry: dict[str, Any]) -> None:
    group = Group.objects.create(
        facility=facility, name=entry["name"], age=entry["age"], integrative=entry["integrative"]
    )
    CareTime.objects.bulk_create(
        CareTime(group=group, begins=dt.time.fromisoformat(begins), ends=dt.time.fromisoformat(ends))
        for begins, ends in entry["times"]
    )
    this_month = today().replace(day=1)
    Capacity.objects.create(group=group, valid_from=this_month, places=entry["places"], uncertain=entry["uncertain"])
    if entry["free"]:
        Vacancy.objects.create(
            group=group, start=_next_month(this_month), places=entry["free"], published_at=timezone.now()
        )


def _next_month(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=31)).replace(day=1)


def _both(name: dict[str, str]) -> dict[str, str]:
    return {f"name_{language}": name[language] for language in ("de", "en")}
