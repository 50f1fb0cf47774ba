"""Registering: no account exists before the code that was mailed to its address has been typed."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import translation

from apps.accounts import codes
from apps.accounts.erasure import clear_account
from apps.accounts.models import User
from apps.core import security_log

PURPOSE = "registration"
TEMPLATE = "account/email/email_confirmation_signup"


class AlreadyThere(Exception):
    """The address has an account whose owner has proved it."""


def begin(
    request: HttpRequest, *, email: str, password: str, given_name: str, family_name: str, redirect_to: str = ""
) -> None:
    """Mail a code, and keep in this browser what was typed. Raises codes.TooMuchMail.

    Whoever has an account already is told so by mail only: page, cookies and the work done are the same.
    """
    # Hashed at once, so that no password lies in the session, and in both cases, so that both take as long.
    hashed = make_password(password)
    known = User.objects.by_address(email).first()
    taken = known is not None and (known.proven or not known.is_active)
    codes.send(
        request, PURPOSE, email, "" if taken else TEMPLATE, password=hashed, given_name=given_name,
        family_name=family_name, language=translation.get_language() or "de", redirect_to=redirect_to,
    )  # fmt: skip
    if taken and known is not None and known.is_active:
        get_adapter(request).send_account_already_exists_mail(email)


def complete(request: HttpRequest, typed: str) -> tuple[User, codes.Pending]:
    """The account, made or taken over by whoever typed the code. Raises codes.WrongCode and AlreadyThere."""
    waiting = codes.check(request, PURPOSE, typed)
    data = waiting.payload
    try:
        with transaction.atomic():
            user = User.objects.by_address(waiting.address).select_for_update().first()
            if user is None:
                user = User(email=waiting.address)
            elif user.proven or not user.is_active:
                raise AlreadyThere
            else:
                clear_account(user)
            user.password = data["password"]
            user.given_name, user.family_name = data["given_name"], data["family_name"]
            user.language = data["language"]
            user.save()
            prove(user, request=request)
    except IntegrityError as error:
        # The second click of a double click: the first one has made the account.
        raise AlreadyThere from error
    return user, waiting


def prove(user: User, *, request: HttpRequest | None = None) -> None:
    """Note that the owner has proved the address; an account has this one and no other."""
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    security_log.note("address_proved", person=user, request=request)


def release_address(address: str) -> None:
    """Let no account without proof stand in the way of an address whose owner has just proved it."""
    for user in User.objects.by_address(address).filter(is_staff=False, memberships=None, is_active=True):
        if not user.proven:
            clear_account(user)
            # The row stays, as that of a closed account does: something may point at it.
            User.objects.filter(pk=user.pk).update(email=f"frei-{user.pk}@invalid", is_active=False)
