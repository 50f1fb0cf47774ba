"""Invented rules for the demo: criteria, and the rounds of the years around today."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from apps.core.business_calendar import today
from apps.kita.facilities.loading import DATA
from apps.kita.rules.models import Criterion, Round

# What stands as the council's resolution of an invented criterion.
INVENTED = "Beispiel, kein Beschluss"


def load_examples(path: Path = DATA / "demo.json") -> int:
    """Load invented criteria and rounds; does nothing where there are some. Returns how many criteria there are."""
    if Criterion.objects.exists() or Round.objects.exists():
        return Criterion.objects.count()
    data = json.loads(path.read_text(encoding="utf-8"))
    since = dt.date(today().year - 1, 8, 1)
    Criterion.objects.bulk_create(
        Criterion(
            key=entry["key"], points=entry["points"], basis=entry["basis"], family=entry["family"], resolution=INVENTED,
            valid_from=since,
            **{f"{stem}_{language}": entry[stem][language]
               for stem in ("name", "explanation", "evidence") for language in ("de", "en")},
        )
        for entry in data["criteria"]
    )  # fmt: skip
    year = today().year
    Round.objects.bulk_create(_round(entry, y) for y in (year, year + 1) for entry in data["rounds"])
    return len(data["criteria"])


def _round(entry: dict[str, Any], year: int) -> Round:
    """A round whose days are those that lie last before its first start."""
    first = dt.date.fromisoformat(f"{year}-{entry['first']}")
    allocation = _last_before(first, entry["allocation"])
    evidence = _last_before(allocation, entry["evidence"])
    return Round(
        first_start=first, last_start=_first_after(first, entry["last"]), allocation_on=allocation,
        evidence_until=evidence, registration_until=_last_before(evidence, entry["registration"]),
    )  # fmt: skip


def _last_before(day: dt.date, month_and_day: str) -> dt.date:
    found = dt.date.fromisoformat(f"{day.year}-{month_and_day}")
    return found if found <= day else found.replace(year=day.year - 1)


def _first_after(day: dt.date, month_and_day: str) -> dt.date:
    found = dt.date.fromisoformat(f"{day.year}-{month_and_day}")
    return found if found >= day else found.replace(year=day.year + 1)
