"""What ``prepare`` refuses to start: a portal that people reach and that cannot reach them."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.portal.management.commands.prepare import _demand_what_people_need

SMTP = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}
FILES = {"default": {"BACKEND": "django.core.mail.backends.filebased.EmailBackend"}}


@pytest.mark.parametrize(
    ("mailers", "site", "what"),
    [(FILES, "https://portal.wolfsburg.example", "EMAIL_URL"), (SMTP, "http://127.0.0.1:8000", "SITE_URL")],
)
def test_portal_that_cannot_reach_people_is_refused(settings: Any, mailers: Any, site: str, what: str) -> None:
    settings.HTTPS, settings.MAILERS, settings.SITE_URL = True, mailers, site
    with pytest.raises(CommandError, match=what):
        call_command("prepare")


def test_portal_on_ones_own_machine_needs_neither(settings: Any) -> None:
    settings.HTTPS, settings.MAILERS, settings.SITE_URL = False, FILES, "http://127.0.0.1:8000"
    _demand_what_people_need()
    settings.HTTPS, settings.MAILERS, settings.SITE_URL = True, SMTP, "https://portal.wolfsburg.example"
    _demand_what_people_need()
