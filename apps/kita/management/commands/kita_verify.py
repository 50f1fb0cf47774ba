"""``manage.py kita_verify INSTANCE RESULT``: whether a result is right."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.kita.formats import Unwieldy
from apps.kita.management.commands._files import read, read_instance
from apps.kita.verifier import problems_of


class Command(BaseCommand):
    help = "Checks the result of a matching against its instance. Exits with 0 if it is right, 1 if not, 2 for a bad instance."
    requires_system_checks: list[str] = []  # as Django names it; no database is needed either

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("instance", help="a file of format kita-instance/1")
        parser.add_argument("result", help="a file of format kita-result/1")
        parser.add_argument("--json", action="store_true", help='print {"ok": …, "problems": […]} as one line')

    def handle(self, *args: Any, **options: Any) -> None:
        document = read_instance(options["instance"])
        try:
            problems = problems_of(document, read(options["result"]))
        except Unwieldy as error:
            problems = [str(error)]
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not problems, "problems": problems}))
        else:
            self.stdout.write("\n".join(problems) or "The result is right.")
        if problems:
            sys.exit(1)
