"""Compares the facts of a month with what they were made of."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.business_calendar import today
from apps.core.sockets import recounts


class Command(BaseCommand):
    help = "Counts the cases and appointments of a month anew and says where the facts say something else; then it ends with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", nargs="?", help="such as 2026-11; by default the current one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = dt.date.fromisoformat(f"{options['month']}-01") if options["month"] else today()
        except ValueError as error:
            raise CommandError("A month is written like 2026-11.") from error
        wrong = [difference for recount in recounts for difference in recount(month)]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write("The facts agree.")
