"""Publish a form definition that a person has edited."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.formbuilder.models import FormVersion


class Command(BaseCommand):
    help = "Publishes the form definition in FILE as the newest version; no deploy puts another one in its place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            definition = json.loads(Path(options["file"]).read_text(encoding="utf-8"))
            made = FormVersion.objects.publish(definition, edited=True)
        except (OSError, ValueError, LookupError, TypeError) as error:
            # A DefinitionError is a ValueError and names the place.
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.slug}: version {made.version}")
