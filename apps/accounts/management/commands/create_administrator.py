"""The first administrator of a portal: makes the account and prints the link from which its set-up begins."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from apps.accounts import factors, sessions
from apps.accounts.erasure import clear_account
from apps.accounts.models import User
from apps.core import security_log
from apps.core.mail_addresses import comparable


class Command(BaseCommand):
    help = "Makes an administrator and prints a link (valid once) to set up password and second factor."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="e-mail address of the administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        address = comparable(options["address"])
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"{address} is no e-mail address.") from error
        user = User.objects.by_address(address).first()
        if user is None:
            user = User.objects.create_user(address)
        elif not user.proven:
            clear_account(user)
        user.is_staff = user.is_superuser = user.is_active = True
        user.save()
        sessions.end_all(user)
        security_log.note("role_changed", person=user, what="superuser")
        link = factors.make_link(user, by=None)
        self.stdout.write(
            f"Open this link within {factors.LINK_HOURS} hours to set up password and second factor:\n\n{link}\n"
        )
