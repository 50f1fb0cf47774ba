"""Load everything the city of Wolfsburg starts with: catalogue, remedies, forms."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db.models import Q

# Who may edit what in the master data: models by app.
GROUPS: dict[str, dict[str, list[str]]] = {
    "Redaktion": {
        "core": ["banner"], "catalogue": ["service", "fee", "lifesituation", "office"], "notices": ["legalremedy"],
    },
    "Kita-Büro": {
        "kita": [
            "district", "landmark", "concept", "carrier", "carrieragreement", "facility", "group", "caretime", "capacity",
            "vacancy", "round", "criterion",
        ],
    },
}  # fmt: skip


class Command(BaseCommand):
    help = "Loads catalogue, instructions on legal remedies, form definitions and parts of the city; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("load_catalogue", "load_remedies", "load_forms", "load_kitas"):
            call_command(name, stdout=self.stdout)
        for name, models in GROUPS.items():
            group, created = Group.objects.get_or_create(name=name)
            if created:
                named = (Q(content_type__app_label=app, content_type__model__in=names) for app, names in models.items())
                group.permissions.set(Permission.objects.filter(reduce(or_, named)))
