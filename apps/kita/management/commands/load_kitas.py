"""Load the parts of the city for its Kitas; with --examples invented Kitas and rules, too."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from apps.kita.facilities import loading
from apps.kita.rules import loading as rules


class Command(BaseCommand):
    help = "Loads parts of the city, places in it and what Kitas put weight on; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--examples", action="store_true", help="invented Kitas and rules, where there are none yet"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{loading.load_city()} parts of the city")
        if options["examples"]:
            self.stdout.write(f"{loading.load_examples()} Kitas, {rules.load_examples()} criteria")
