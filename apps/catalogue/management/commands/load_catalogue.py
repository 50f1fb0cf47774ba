"""Load the catalogue from JSON files; what is there stays as editors left it unless --update is given."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from apps.accounts.models import Department
from apps.catalogue.models import Fee, LifeSituation, Office, Service

DATA = Path(__file__).resolve().parents[2] / "data"
# Of each table: its model, the texts in both languages, the other columns.
TABLES: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "departments": (Department, ("name",), ("abbreviation", "phone", "email", "street", "postcode", "city")),
    "offices": (
        Office, ("name", "opening_hours", "directions", "accessibility", "hint"), ("street", "postcode", "city", "phone"),
    ),
    "life_situations": (LifeSituation, ("name", "summary"), ("icon", "position")),
    "services": (
        Service, ("name", "summary", "description", "cost", "duration", "deadline", "privacy"),
        ("leika", "easy_language", "requirements", "documents", "steps", "legal_basis", "keywords",
         "online", "online_url", "outcome_type", "regime", "processing_working_days", "popular"),
    ),
}  # fmt: skip


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
        rows = {
            name: {entry["slug"]: self._put(name, entry)[0] for entry in self._read(name)}
            for name in ("departments", "offices", "life_situations")
        }
        entries = self._read("services")
        for entry in entries:
            service, fresh = self._put("services", entry, department=rows["departments"][entry["department"]])
            if fresh:
                for name in ("offices", "life_situations"):
                    getattr(service, name).set([rows[name][slug] for slug in entry[name]])
            self._fees(service, entry)
        self.stdout.write(f"{len(entries)} services loaded")

    def _read(self, name: str) -> list[dict[str, Any]]:
        entries = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return [{**entry, "position": position} for position, entry in enumerate(entries)]

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

    def _put(self, table: str, entry: dict[str, Any], **more: Any) -> tuple[Any, bool]:
        """Create the row, or update it where that was asked for; returns it and whether to link it anew."""
        model, pairs, plain = TABLES[table]
        put = model.objects.update_or_create if self.update else model.objects.get_or_create
        values = {**both(entry, *pairs), **{key: entry[key] for key in plain}, **more}
        row, created = put(slug=entry["slug"], defaults=values)
        return row, created or self.update
