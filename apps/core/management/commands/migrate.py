"""Django's own, with limits of time for work on whole tables."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Migrations may take longer than a page; what they wait for, they do not wait for longer."""

    def handle(self, *args: Any, **options: Any) -> None:
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SET statement_timeout = %s", [settings.MIGRATION_STATEMENT_TIMEOUT])
        try:
            super().handle(*args, **options)
        finally:
            with connections[options["database"]].cursor() as cursor:
                cursor.execute("RESET statement_timeout")
