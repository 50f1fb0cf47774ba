"""Load an example of how the offices take appointments; does nothing where there is one already."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from apps.accounts.models import Department
from apps.appointments.timetable.models import BookableService, Counter, OfficePolicy, OpeningRule
from apps.appointments.timetable.states import Audience
from apps.catalogue.models import Office, Service
from apps.core.business_calendar import today

DATA = Path(__file__).resolve().parents[2] / "data" / "example.json"


class Command(BaseCommand):
    help = "Loads bookable services, counters and opening hours from a JSON file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default=str(DATA))

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if OfficePolicy.objects.exists():
            return
        data = json.loads(Path(options["file"]).read_text(encoding="utf-8"))
        services = {s.slug: s for s in Service.objects.filter(slug__in=data["services"])}
        bookable = {
            slug: BookableService.objects.create(
                service=services[slug], minutes=minutes, minutes_per_further_person=further
            )
            for slug, (minutes, further) in data["services"].items()
        }
        for slug, entry in data["offices"].items():
            self._office(Office.objects.get(slug=slug), entry, bookable)
        self.stdout.write(f"{Counter.objects.count()} counters")

    def _office(self, office: Office, entry: dict[str, Any], bookable: dict[str, BookableService]) -> None:
        department = Department.objects.filter(slug=entry.get("department")).first()
        OfficePolicy.objects.create(office=office, department=department)
        counters = [Counter.objects.create(office=office, name=f"Platz {n}") for n in range(1, entry["counters"] + 1)]
        for counter in counters:
            counter.services.set([b for slug, b in bookable.items() if slug not in entry["without"]])
        for rule in entry["rules"]:
            # The last counters are kept for those who come without an appointment, those before for the telephone.
            walk_in, internal = rule["walk_in"], rule["internal"]
            public = len(counters) - walk_in - internal
            for audience, chosen in (
                (Audience.PUBLIC, counters[:public]),
                (Audience.INTERNAL, counters[public : public + internal]),
                (Audience.WALK_IN, counters[public + internal :]),
            ):
                if chosen:
                    made = OpeningRule.objects.create(
                        office=office, weekdays=rule["weekdays"], opens=dt.time.fromisoformat(rule["opens"]),
                        closes=dt.time.fromisoformat(rule["closes"]), valid_from=today(), audience=audience,
                    )  # fmt: skip
                    made.counters.set(chosen)
