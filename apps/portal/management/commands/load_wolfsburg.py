"""Load everything the city of Wolfsburg starts with: catalogue, remedies, forms."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.core.management.base import BaseCommand

# May edit services, fees, texts and banners in the master data.
EDITORS = "Redaktion"


class Command(BaseCommand):
    help = "Loads catalogue, instructions on legal remedies and form definitions; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("load_catalogue", "load_remedies", "load_forms"):
            call_command(name, stdout=self.stdout)
        editors, created = Group.objects.get_or_create(name=EDITORS)
        if created:
            models = ["banner", "service", "fee", "lifesituation", "office", "legalremedy"]
            editors.permissions.set(Permission.objects.filter(content_type__model__in=models))
