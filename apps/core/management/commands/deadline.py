"""``manage.py deadline``: when a notice counts as known, and until when one can act against it."""

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.business_calendar import today
from apps.core.deadlines import AO, PORTAL, POST, SGBX, VWVFG, NoRule, deadlines

REGIMES = {"VwVfG": VWVFG, "AO": AO, "SGBX": SGBX}
BAD = 2


class Command(BaseCommand):
    help = "Computes the deadlines of a notice. Exits with 2 and a sentence where no rule covers what is asked."
    requires_system_checks: list[str] = []  # as Django names it; no database is needed either

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--way", choices=[POST, PORTAL], required=True)
        parser.add_argument("--regime", choices=list(REGIMES), required=True)
        parser.add_argument("--sent", required=True, help="YYYY-MM-DD: posting, or the notification for the portal")
        parser.add_argument(
            "--provided", help="the day of provision; counts for nothing before the rule of 2027 is in force"
        )
        parser.add_argument("--retrieved", help="the day of retrieval")
        parser.add_argument("--today", help="decides whether the provision has ended; by default today")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        days = {name: _day(name, options[name]) for name in ("sent", "provided", "retrieved", "today")}
        try:
            found = deadlines(
                options["way"], REGIMES[options["regime"]], days["sent"] or today(), today=days["today"] or today(),
                provided=days["provided"], retrieved=days["retrieved"],
            )  # fmt: skip
        except NoRule as error:
            raise CommandError(str(error), returncode=BAD) from error
        line = {name: day.isoformat() if day else None for name, day in asdict(found).items()}
        if options["json"]:
            self.stdout.write(json.dumps(line))
            return
        for name, day in line.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {day or 'no day'}")


def _day(name: str, text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        if len(text) != 10:
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--{name} is a day such as 2027-02-28, not {text}.", returncode=BAD) from error
