"""Load the instructions on legal remedies; running it again changes nothing that is in force."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.notices.models import LegalRemedy

DATA = Path(__file__).resolve().parents[2] / "data" / "remedies.json"


class Command(BaseCommand):
    help = "Loads the Rechtsbehelfsbelehrungen from a JSON file."

    def handle(self, *args: Any, **options: Any) -> None:
        for entry in json.loads(DATA.read_text(encoding="utf-8")):
            LegalRemedy.objects.get_or_create(
                key=entry["key"],
                valid_from=entry["valid_from"],
                defaults={"text": entry["text"], "hint": entry["hint"]},
            )
