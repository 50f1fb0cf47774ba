"""``manage.py dog_tax FILE``: what a household's dogs cost in a year, by the rates that the portal knows."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.applications.dog_assessment import MissingFee, StoredRates, by_law
from apps.applications.dog_tax import BadHousehold, household_from, year_of
from apps.formbuilder.models import FormVersion

SLUG = "hundesteuer-anmelden"
BAD = 2


class Command(BaseCommand):
    help = "Computes the dog tax of a household for a year. Exits with 2 and a sentence where it cannot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", help='JSON: {"year", "already_held", "dogs": [{"born", "since", "until", "relief"}]}'
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        version = FormVersion.objects.current(SLUG)
        if version is None:
            raise CommandError("The form for dogs is not loaded; `manage.py prepare` loads it.", returncode=BAD)
        rule = version.parsed.extra["fee"]
        try:
            year, held, dogs = household_from(json.loads(Path(options["file"]).read_text(encoding="utf-8")))
            costs = year_of(dogs, year, already_held=held, rates=StoredRates(rule["fees"]), rule=by_law(rule))
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.", returncode=BAD) from error
        except BadHousehold as error:
            raise CommandError(str(error), returncode=BAD) from error
        except MissingFee as error:
            raise CommandError(f"A rate is missing: {error}. Enter it under Gebühren.", returncode=BAD) from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{options['file']} holds no JSON: {error}.", returncode=BAD) from error
        total = sum((c.amount for c in costs), Decimal("0.00"))
        if options["json"]:
            found = {"total": str(total), "dogs": [{"months": c.months, "amount": str(c.amount)} for c in costs]}
            self.stdout.write(json.dumps(found))
            return
        for number, c in enumerate(costs, 1):
            parts = ", ".join(f"{p.months} x {p.yearly} a year" for p in c.parts)
            self.stdout.write(f"Dog {number}: {c.amount} ({parts or 'not taxed'})")
        self.stdout.write(f"Total {year}: {total}")
