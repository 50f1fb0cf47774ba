"""``manage.py kita_instance``: an invented instance of a believable kind."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kita.allocation.invention import invented_instance
from apps.kita.management.commands._files import BAD


class Command(BaseCommand):
    help = "Prints an instance with invented children and Kitas (docs/kita.md), to try kita_match on."
    requires_system_checks: list[str] = []  # as Django names it; no database is needed either

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--children", type=int, required=True, help="how many children register")
        parser.add_argument("--facilities", type=int, required=True, help="how many Kitas, each with two pools")
        parser.add_argument("--wishes", type=int, required=True, help="the most wishes a child has; most have fewer")
        parser.add_argument("--siblings", type=float, required=True, help="share of children with siblings, 0 to 1")
        parser.add_argument("--seed", type=int, required=True, help="the same number gives the same instance")

    def handle(self, *args: Any, **options: Any) -> None:
        if (
            options["children"] < 0
            or options["facilities"] < 1
            or options["wishes"] < 1
            or not 0 <= options["siblings"] <= 1
        ):
            raise CommandError(
                "There are at least one Kita and one wish, no fewer than no children, and --siblings lies between 0 and 1.",
                returncode=BAD,
            )
        keys = ("children", "facilities", "wishes", "siblings", "seed")
        instance = invented_instance(**{key: options[key] for key in keys})
        self.stdout.write(json.dumps(instance, sort_keys=True, separators=(",", ":")))
