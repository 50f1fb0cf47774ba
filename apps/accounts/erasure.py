"""Closing an account."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction

from apps.accounts.models import AccountLink, Profile, User
from apps.accounts.sessions import end_all
from apps.core.sockets import closings


def close_account(user: User) -> None:
    """Close the account: nobody can sign in any more and the profile is gone.

    The row stays, without name or address, because cases the administration must keep
    (Art. 17 Abs. 3 lit. b DSGVO) point at it.
    """
    with transaction.atomic():
        for erase in closings:
            erase(user)
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        Profile.objects.filter(user=user).delete()
        AccountLink.objects.filter(user=user).delete()
        user.email = f"geschlossen-{user.pk}@invalid"
        user.given_name = user.family_name = ""
        user.is_active = False
        user.set_unusable_password()
        user.save()
        end_all(user)
