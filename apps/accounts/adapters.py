"""How allauth behaves here."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts import devices, factors, proof
from apps.accounts.models import User
from apps.core import emails, limits, security_log
from apps.core.mail_addresses import comparable
from apps.core.sockets import signed_in


class AccountAdapter(DefaultAccountAdapter):
    """Mails go out as rows; whoever signs in keeps what they had begun."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the mail instead of sending it inside the request."""
        context = {"request": allauth_context.request, "email": email, **context, "city": settings.CITY}
        context = {name: _on_our_site(value) for name, value in context.items()}
        message = self.render_mail(template_prefix, email, context)
        purpose = f"account {template_prefix.rsplit('/', 1)[-1]}"
        emails.queue_text(email, str(message.subject), str(message.body), purpose=purpose)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Let the apps take over what somebody began before signing in; the browser is known from now on."""
        for taker in signed_in:
            taker(request, user)
        response = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user)
        methods = "+".join(dict.fromkeys(r["method"] for r in get_authentication_records(request, user)))
        security_log.note("sign_in", person=user, request=request, method=methods)
        return response

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords count per account *and* network, or a stranger could lock an owner out.

        Not per Host, as allauth does: whoever guesses writes what they like into it.
        """
        account = comparable(credentials.get("email") or credentials.get("username") or "")
        # Of IPv6 the /56, which is what a household has.
        household = list(limits.client_networks(request))[-2:][0]
        return f"{account}@{household}"

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """The sentence for an error; that a limit at sign-in was reached is noted once a minute and network."""
        if code == "too_many_login_attempts":
            network = limits.client_key(allauth_context.request)
            if cache.add(f"noted:sign-in:{network}", 1, 60):
                security_log.note("limit_reached", limit="sign-in")
        said: ValidationError = super().validation_error(code, *args)
        return said

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password, noted with the account it was tried at, if there is one."""
        person = User.objects.by_address(credentials.get("email") or "").first()
        security_log.note("sign_in_failed", person=person, request=request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Any proof counts for 15 minutes, signing in included."""
        return not proof.is_recent(allauth_context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Password, authenticator app or passkey, whichever there is; a mailed code always."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and not factors.has_app(user):
            # allauth offers the page for codes because of recovery codes, which are no proof here.
            methods = [m for m in methods if m["id"] != "mfa_reauthenticate"]
        by_code = {"id": "code", "description": _("Code per E-Mail schicken"), "url": reverse("accounts:prove")}
        return [*methods, by_code] if user.is_authenticated else methods

    def clean_email(self, email: str) -> str:
        """An address that fits its column; longer ones are well formed, but no mail server takes them."""
        if len(email) > 254:
            raise ValidationError(_("Diese E-Mail-Adresse ist zu lang."))
        return str(super().clean_email(email))

    def is_safe_url(self, url: str | None) -> bool:
        """Only paths of this portal."""
        return bool(url) and str(url).startswith("/") and super().is_safe_url(url)


def _on_our_site(value: Any) -> Any:
    """A link of allauth's with the portal's address: whoever asks for the mail decides what stands in Host."""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return value
    return settings.SITE_URL + urlunsplit(("", "", *urlsplit(value)[2:]))


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

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Staff keep one factor: without it they would be locked out until an administrator sends a link."""
        required = settings.STAFF_SECOND_FACTOR_REQUIRED and authenticator.user.works_here
        return not (required and factors.is_last_main_factor(authenticator))


def user_display(user: Any) -> str:
    """How allauth names a person in mails and messages: by address, which the reader knows."""
    return str(user.email)
