"""What allauth and Django announce by signal, noted in the security log; and the factor that a session has proved."""

from collections.abc import Callable
from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import pre_save
from django.dispatch import receiver

from apps.accounts import factors
from apps.core import security_log


def _noting(event: str, **facts: str) -> Callable[..., None]:
    """A receiver that notes ``event``."""

    def receive(request: Any, user: Any, authenticator: Any = None, **_more: Any) -> None:
        kind = getattr(authenticator, "type", None)
        security_log.note(event, person=user, request=request, kind=kind, **facts)

    return receive


account.login_code_rejected.connect(_noting("code_failed", purpose="sign_in"), weak=False)
account.password_changed.connect(_noting("password_changed"), weak=False)
account.password_set.connect(_noting("password_changed"), weak=False)
account.password_reset.connect(_noting("password_reset"), weak=False)
mfa.authentication_failed.connect(_noting("factor_failed"), weak=False)
# New recovery codes; the former ones are void.
mfa.authenticator_reset.connect(_noting("factor_added"), weak=False)
mfa.authenticator_removed.connect(_noting("factor_removed"), weak=False)
mfa.authenticator_added.connect(_noting("factor_added"), weak=False)


@receiver(user_logged_out)
def _signed_out(request: Any, user: Any, **_more: Any) -> None:
    if user is not None:
        security_log.note("sign_out", person=user, request=request)


@receiver(mfa.authenticator_added)
def _factor_added(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    """Whoever sets up a factor has just used it: this session has proved it, and the link to it is used up."""
    if authenticator.type in factors.MAIN:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
        factors.use_setup_link(request)


@receiver(pre_save, sender=UserSession)
def _no_address(instance: Any, **_more: Any) -> None:
    """The list of sessions names the browser; from which address somebody signed in is kept nowhere."""
    instance.ip = "0.0.0.0"  # noqa: S104  no address to listen on, but the column of the package has to hold one
