"""Load the form definitions from JSON; a definition that has changed becomes a new version."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.formbuilder.definition import DefinitionError
from apps.formbuilder.models import FormVersion

DATA = Path(__file__).resolve().parents[2] / "data" / "forms"


class Command(BaseCommand):
    help = "Loads the form definitions; an unchanged one adds no version, and none replaces what a person published."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--replace", metavar="SLUG", action="append", default=[], help="even if published by a person"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for file in sorted(DATA.glob("*.json")):
            definition = json.loads(file.read_text(encoding="utf-8"))
            current = FormVersion.objects.current(definition["slug"])
            if current is not None and current.definition == definition:
                continue
            if current is not None and current.edited and definition["slug"] not in options["replace"]:
                self.stderr.write(
                    f"{definition['slug']}: version {current.version} was published by a person and stays; "
                    f"to load the file all the same: load_forms --replace {definition['slug']}"
                )
                continue
            try:
                made = FormVersion.objects.publish(definition)
            except DefinitionError as error:
                raise CommandError(f"{file.name}: {error}") from error
            self.stdout.write(f"{made.slug}: version {made.version}")
