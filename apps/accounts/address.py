"""Changing the address of an account: one verb, whoever asks for it."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from apps.accounts import codes, factors, registration
from apps.accounts.erasure import clear_account
from apps.accounts.models import AccountLink, LinkKind, User
from apps.accounts.sessions import end_all
from apps.core import emails, security_log

PURPOSE = "address"
TEMPLATE = "account/email/email_confirmation"


class AddressTaken(Exception):
    """The new address belongs to an account whose owner has proved it."""


def ask_for_proof(request: HttpRequest, new: str) -> None:
    """Mail a code to the new address of whoever is signed in. Raises codes.TooMuchMail.

    For an address that has an account the page is the same, and only its owner learns of it.
    """
    owner: Any = request.user
    other = User.objects.by_address(new).exclude(pk=owner.pk).first()
    taken = other is not None and (other.proven or other.works_here or not other.is_active)
    codes.send(request, PURPOSE, new, "" if taken else TEMPLATE)
    if taken and other is not None and other.is_active:
        get_adapter(request).send_account_already_exists_mail(new)


def send_link(user: User, new: str, *, by: User, request: Any = None) -> None:
    """An administrator changes somebody's address: it changes when the link mailed to the new one is used."""
    with transaction.atomic():
        if not user.proven:
            # A link that went to a mistyped address opens nothing any more.
            AccountLink.objects.filter(user=user).delete()
        link = factors.make_link(user, by=by, kind=LinkKind.ADDRESS, new_address=new, request=request)
        context = {"link": link, "hours": factors.LINK_HOURS}
        emails.queue(new, "account_new_address", context, language=user.language)


def use_link(link: AccountLink, *, request: HttpRequest) -> None:
    """The link that was mailed to the new address is used. Raises AddressTaken."""
    with transaction.atomic():
        taken = AccountLink.objects.select_for_update().valid().filter(pk=link.pk).first()
        if taken is None:
            raise AddressTaken
        change(taken.user, taken.new_address, by=taken.created_by, request=request)


def change(user: User, new: str, *, by: User | None, request: HttpRequest) -> None:
    """Change the address, whose proof has just been given. Raises AddressTaken.

    The old one is told and opens nothing any more; all other sessions end.
    """
    new = new.strip().lower()
    try:
        with transaction.atomic():
            registration.release_address(new)
            old, was_proven = user.email, user.proven
            if not was_proven:
                clear_account(user, keep_names=True)
            user.email = new
            user.save(update_fields=["email"])
            # Links that went to the old address open nothing any more.
            AccountLink.objects.filter(user=user).delete()
            registration.prove(user, request=request)
            own = request.user.is_authenticated and request.user.pk == user.pk
            end_all(user, by=by, keep=request if own else None)
            security_log.note("address_changed", person=user, by=by, request=request)
            if was_proven:
                context = {"from_email": old, "to_email": new}
                get_adapter(request).send_notification_mail("account/email/email_changed", user, context, email=old)
            if user.works_here and not factors.has_main_factor(user):
                factors.invite(user, by=by, request=request)
    except IntegrityError as error:
        raise AddressTaken from error
