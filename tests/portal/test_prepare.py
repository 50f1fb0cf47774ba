"""What ``prepare`` refuses to start: a portal that people reach and that cannot reach them."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.portal.management.commands.prepare import (
    _demand_what_people_need,
    _refuse_people_of_the_demo,
)

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


def test_portal_that_is_no_demo_is_refused_while_people_of_the_demo_are_in_it(settings: Any, db: None) -> None:
    settings.DEMO = True
    settings.CONTACT_MINIMUM_SECONDS = 0
    call_command("load_demo")
    _refuse_people_of_the_demo()
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo"):
        call_command("prepare")
    User.objects.update(is_active=False)
    _refuse_people_of_the_demo()
