"""What is dropped of an account, and closing it."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from apps.accounts.models import AccountLink, Profile, User
from apps.accounts.sessions import end_all
from apps.core.sockets import closings


def clear_account(user: User, *, keep_names: bool = False) -> None:
    """Drop everything that was set in an account: before its owner proved the address, or when they close it.

    Password, names, profile, second factors, sessions, and what was begun. Roles stay, for an administrator gave them,
    and with ``keep_names`` the names, where it was an administrator who wrote them.
    """
    for erase in closings:
        erase(user)
    Authenticator.objects.filter(user=user).delete()
    Profile.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    if not keep_names:
        user.given_name = user.family_name = ""
    user.set_unusable_password()
    user.save()
    end_all(user)


def close_account(user: User) -> None:
    """Close the account: nobody can sign in any more and the profile is gone.

    The row stays, without name or address, because cases the administration must keep
    (Art. 17 Abs. 3 lit. b DSGVO) point at it.
    """
    with transaction.atomic():
        clear_account(user)
        AccountLink.objects.filter(user=user).delete()
        user.email, user.is_active = f"geschlossen-{user.pk}@invalid", False
        user.save(update_fields=["email", "is_active"])
