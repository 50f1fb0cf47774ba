"""Load everything the city of Wolfsburg starts with: catalogue, remedies, forms."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Loads catalogue, instructions on legal remedies and form definitions; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("load_catalogue", "load_remedies", "load_forms"):
            call_command(name, stdout=self.stdout)
