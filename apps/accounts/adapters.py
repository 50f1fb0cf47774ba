"""How allauth behaves here."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import emails
from apps.core.sockets import signed_in


class AccountAdapter(DefaultAccountAdapter):
    """Mails go out as rows; whoever signs in keeps what they had begun."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail instead of sending it inside the request."""
        context = {"request": allauth_context.request, "email": email, **context, "city": settings.CITY}
        message = self.render_mail(template_prefix, email, context)
        purpose = f"account {template_prefix.rsplit('/', 1)[-1]}"
        emails.queue_text(email, str(message.subject), str(message.body), purpose=purpose)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Store the names and the language somebody registers in."""
        user.given_name = form.cleaned_data.get("given_name", "")
        user.family_name = form.cleaned_data.get("family_name", "")
        user.language = translation.get_language() or "de"
        try:
            with transaction.atomic():
                return super().save_user(request, user, form, commit)
        except IntegrityError:
            # The second click of a double click: the first one has made the account.
            raise ImmediateHttpResponse(redirect("account_email_verification_sent")) from None

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Let the apps take over what somebody began before signing in."""
        for taker in signed_in:
            taker(request, user)
        return super().post_login(request, user, **kwargs)

    def clean_email(self, email: str) -> str:
        """An address that fits its column; longer ones are well formed, but no mail server takes them."""
        if len(email) > 254:
            raise ValidationError(_("Diese E-Mail-Adresse ist zu lang."))
        return str(super().clean_email(email))

    def is_safe_url(self, url: str | None) -> bool:
        """Only paths of this portal."""
        return bool(url) and str(url).startswith("/") and super().is_safe_url(url)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted at rest with a key derived from SECRET_KEY."""

    def _fernet(self) -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet(
            [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"mfa" + k.encode()).digest())) for k in keys]
        )

    def encrypt(self, text: str) -> str:
        """Encrypt a secret before it is stored."""
        return str(self._fernet().encrypt(text.encode()).decode())

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a stored secret."""
        return str(self._fernet().decrypt(encrypted_text.encode()).decode())


def user_display(user: Any) -> str:
    """How allauth names a person in mails and messages: by address, which the reader knows."""
    return str(user.email)
