"""``manage.py kita_verify INSTANCE RESULT``: whether a result is right."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.kita.allocation.formats import Unwieldy
from apps.kita.allocation.verifier import problems_of
from apps.kita.management.commands._files import read, read_instance


class Command(BaseCommand):
    help = (
        "Checks the result of a matching against its instance (docs/kita.md). Exits with 0 if it is right, 1 with the "
        "problems if not, 2 with a sentence if the instance is bad, or if one of the files cannot be read or is no JSON."
    )
    requires_system_checks: list[str] = []  # as Django names it; no database is needed either

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("instance", help="a file of format kita-instance/1")
        parser.add_argument("result", help="a file of format kita-result/1")
        parser.add_argument("--json", action="store_true", help='print {"ok": …, "problems": […]} as one line')

    def handle(self, *args: Any, **options: Any) -> None:
        document = read_instance(options["instance"])
        try:
            result: Any = read(options["result"])
            problems = problems_of(document, result)
        except Unwieldy as error:
            problems = [str(error)]
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not problems, "problems": problems}))
        elif problems:
            self.stdout.write("\n".join(problems))
        elif document["siblings"]:
            self.stdout.write(
                "The result is right: all that it says follows from its assignment. With siblings it is not checked "
                f"that no other leaves fewer better claims (proved: {'yes' if result['proved'] else 'no'})."
            )
        else:
            self.stdout.write("The result is right, and no other is.")
        if problems:
            sys.exit(1)
