"""Load the catalogue from JSON files; what is there stays as editors left it unless --update is given."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from apps.accounts.models import Department
from apps.catalogue.models import Fee, LifeSituation, Office, Service

DATA = Path(__file__).resolve().parents[2] / "data"
PAIRS = ("name", "summary", "description", "cost", "duration", "deadline", "privacy")
PLAIN = ("leika", "easy_language", "requirements", "documents", "steps", "legal_basis", "keywords",
         "online", "online_url", "outcome_type", "regime", "processing_working_days", "popular")  # fmt: skip


def both(entry: dict[str, Any], *stems: str) -> dict[str, str]:
    """Spread ``{"name": {"de": …, "en": …}}`` over ``name_de`` and ``name_en``."""
    return {
        f"{stem}_{language}": (entry.get(stem) or {}).get(language, "") for stem in stems for language in ("de", "en")
    }


class Command(BaseCommand):
    help = "Loads departments, offices, life situations, services and fees from JSON files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", default=str(DATA))
        parser.add_argument("--update", action="store_true", help="overwrite texts that are there")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        self.folder, self.update = Path(options["folder"]), bool(options["update"])
        departments = {entry["slug"]: self._department(entry) for entry in self._read("departments")}
        offices = {entry["slug"]: self._office(entry) for entry in self._read("offices")}
        situations = {
            entry["slug"]: self._situation(entry, position)
            for position, entry in enumerate(self._read("life_situations"))
        }
        entries = self._read("services")
        for entry in entries:
            service, fresh = self._put(
                Service,
                slug=entry["slug"],
                defaults={
                    **both(entry, *PAIRS),
                    **{key: entry[key] for key in PLAIN},
                    "department": departments[entry["department"]],
                },
            )
            if fresh:
                service.offices.set([offices[slug] for slug in entry["offices"]])
                service.life_situations.set([situations[slug] for slug in entry["life_situations"]])
            self._fees(service, entry)
        self.stdout.write(f"{len(entries)} services loaded")

    def _read(self, name: str) -> list[dict[str, Any]]:
        return list(json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8")))

    def _department(self, entry: dict[str, Any]) -> Any:
        address = {k: entry[k] for k in ("abbreviation", "phone", "email", "street", "postcode", "city")}
        return self._put(Department, slug=entry["slug"], defaults={**both(entry, "name"), **address})[0]

    def _office(self, entry: dict[str, Any]) -> Any:
        texts = both(entry, "name", "opening_hours", "directions", "accessibility", "hint")
        address = {k: entry[k] for k in ("street", "postcode", "city", "phone")}
        return self._put(Office, slug=entry["slug"], defaults={**texts, **address})[0]

    def _situation(self, entry: dict[str, Any], position: int) -> Any:
        shown = {**both(entry, "name", "summary"), "icon": entry["icon"], "position": position}
        return self._put(LifeSituation, slug=entry["slug"], defaults=shown)[0]

    def _fees(self, service: Service, entry: dict[str, Any]) -> None:
        for position, fee in enumerate(entry["fees"], start=1):
            # A fee is never changed, only followed by a newer one.
            Fee.objects.get_or_create(
                key=f"{entry['slug']}-{position}",
                valid_from=fee["valid_from"],
                defaults={
                    "service": service,
                    **both(fee, "label", "unit"),
                    "amount": fee["amount"],
                    "legal_basis": fee["legal_basis"],
                    "position": position,
                },
            )

    def _put(self, model: Any, *, slug: str, defaults: dict[str, Any]) -> tuple[Any, bool]:
        """Create the row, or update it where that was asked for; returns it and whether to link it anew."""
        if self.update:
            row, _created = model.objects.update_or_create(slug=slug, defaults=defaults)
            return row, True
        row, created = model.objects.get_or_create(slug=slug, defaults=defaults)
        return row, created
