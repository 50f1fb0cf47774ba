"""Everything between a fresh checkout and a portal that can start, in one process."""

import hashlib
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.portal.management.commands.load_demo import PEOPLE


class Command(BaseCommand):
    help = "Migrates, loads the city's data, compiles translations, collects static files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo's people and cases, too")

    def handle(self, *args: Any, **options: Any) -> None:
        _demand_what_people_need()
        call_command("compilemessages", ignore_patterns=[".venv", "node_modules"], verbosity=0)
        call_command("migrate", interactive=False, verbosity=0)
        _refuse_people_of_the_demo()
        call_command("load_wolfsburg", stdout=self.stdout)
        if options["demo"]:
            call_command("load_demo", stdout=self.stdout)
        _collect_static()


def _demand_what_people_need() -> None:
    """Refuse a portal that people reach (https) but that could not reach them."""
    if not settings.HTTPS:
        return
    if settings.MAILERS["default"]["BACKEND"].endswith("filebased.EmailBackend"):
        raise CommandError("EMAIL_URL is not set: no mail would leave this machine. Name the city's SMTP server.")
    if not settings.SITE_URL.startswith("https://"):
        raise CommandError(f"SITE_URL is {settings.SITE_URL}: links in mails would lead nowhere. Name the address.")


def _refuse_people_of_the_demo() -> None:
    """Refuse a portal that is no demo while the demo's people are in it: everybody knows their password."""
    if settings.DEMO:
        return
    found = User.objects.filter(email__in=[address for address, *_rest in PEOPLE], is_active=True).count()
    if found:
        raise CommandError(
            f"{found} people of the demo are in this database, an administrator among them, and their password is "
            "public. Use another database (VAR_DIR or DATABASE_URL), or delete this one: make clean"
        )


def _collect_static() -> None:
    """Collect and compress the static files, unless none has changed since last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    files = sorted(
        (path, os.stat(storage.path(path)).st_mtime_ns, os.stat(storage.path(path)).st_size)
        for finder in get_finders()
        for path, storage in finder.list([])
    )
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest)
