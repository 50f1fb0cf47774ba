"""``manage.py kita_match INSTANCE``: who gets which place."""

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kita.formats import Document
from apps.kita.management.commands._files import BAD, read_instance
from apps.kita.results import result_of

SECONDS = 35.0


class Command(BaseCommand):
    help = (
        "Matches the children of an instance with places (docs/kita.md). Exits with 2 and a sentence where it cannot."
    )
    requires_system_checks: list[str] = []  # as Django names it; no database is needed either

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("instance", help="a file of format kita-instance/1")
        parser.add_argument(
            "--seconds",
            type=float,
            default=SECONDS,
            help=f"how long to search where there are siblings (default {SECONDS:g})",
        )
        parser.add_argument("--json", action="store_true", help="print the result, format kita-result/1, as one line")

    def handle(self, *args: Any, **options: Any) -> None:
        seconds = options["seconds"]
        if not 0 < seconds <= 86_400:
            raise CommandError("--seconds is a number above 0, at most a day (86400).", returncode=BAD)
        document = read_instance(options["instance"])
        result = result_of(document, seconds)
        if options["json"]:
            self.stdout.write(json.dumps(result, sort_keys=True, separators=(",", ":")))
        else:
            self._summarise(document, result)

    def _summarise(self, document: Document, result: Document) -> None:
        found = Counter(
            next((at for at, row in enumerate(rows, 1) if row["outcome"] == "assigned"), 0)
            for rows in result["reasons"].values()
        )
        self.stdout.write(f"{len(document['children'])} children, hash of the instance {result['instance_sha256']}")
        for at, count in sorted(found.items()):
            self.stdout.write(f"{f'wish {at}' if at else 'no place'}: {count}")
        self.stdout.write(
            f"better claims left: {len(result['unstable'])}; proved best: {'yes' if result['proved'] else 'no'}"
        )
