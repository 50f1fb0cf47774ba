"""Closing an account."""

from django.db import transaction

from apps.accounts import registration
from apps.accounts.models import AccountLink, User


def close_account(user: User) -> None:
    """Close the account: nobody can sign in any more and the profile is gone.

    The row stays, without name or address, because cases the administration must keep
    (Art. 17 Abs. 3 lit. b DSGVO) point at it.
    """
    with transaction.atomic():
        registration.empty(user)
        AccountLink.objects.filter(user=user).delete()
        user.email, user.is_active = f"geschlossen-{user.pk}@invalid", False
        user.save(update_fields=["email", "is_active"])
