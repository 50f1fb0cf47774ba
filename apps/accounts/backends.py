"""Who may sign in with a password."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from apps.accounts.models import User


class ProvenAddressBackend(AuthenticationBackend):
    """An account opens by the one address that it has, and only after somebody has proved to own that address.

    allauth would also take former and further addresses, and ask for the proof after the password.
    """

    def _authenticate_by_email(self, email: str, password: str) -> Any:
        return self._check_password(User.objects.proven(email).first(), password)

    def get_user(self, user_id: Any) -> Any:
        """The person of a session, with what is asked of them at every request."""
        user = User.objects.with_membership().filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
