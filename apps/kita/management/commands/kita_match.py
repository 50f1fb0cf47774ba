"""``manage.py kita_match INSTANCE``: who gets which place."""

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kita.allocation.formats import Document
from apps.kita.allocation.results import result_of
from apps.kita.management.commands._files import BAD, read_instance

SECONDS = 35.0


class Command(BaseCommand):
    help = (
        "Matches the children of an instance with places (docs/kita.md). Exits with 2 and a sentence that names the "
        "place if the instance is bad, cannot be read, or is no JSON."
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
        found = Counter(self._got(child, result["reasons"][child["id"]]) for child in document["children"])
        self.stdout.write(f"{len(document['children'])} children, hash of the instance {result['instance_sha256']}")
        for got, count in sorted(found.items()):
            self.stdout.write(f"{got[1]}: {count}")
        self.stdout.write(
            f"better claims left: {len(result['unstable'])}; proved best: {'yes' if result['proved'] else 'no'}"
        )

    @staticmethod
    def _got(child: Document, reasons: list[Document]) -> tuple[int, str]:
        """What a child got, as the summary names it, and where that stands there."""
        at = next((at for at, row in enumerate(reasons, 1) if row["outcome"] == "assigned"), None)
        if at is None:
            return 0, "no place"
        if child["pinned"] is not None:
            return 1, "what it is pinned to"
        if reasons[at - 1]["contract"] == child["holds"]:
            return 2, "what it holds already"
        return 2 + at, f"wish {at}"
