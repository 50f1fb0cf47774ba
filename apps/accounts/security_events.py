"""What allauth and Django announce by signal, noted in the security log; and the factor that a session has proved."""

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


@receiver(account.login_code_rejected)
def _code_rejected(request: Any, user: Any, **_more: Any) -> None:
    security_log.note("code_failed", person=user, request=request, purpose="sign_in")


@receiver([account.password_changed, account.password_set])
def _password_changed(request: Any, user: Any, **_more: Any) -> None:
    security_log.note("password_changed", person=user, request=request)


@receiver(account.password_reset)
def _password_reset(request: Any, user: Any, **_more: Any) -> None:
    security_log.note("password_reset", person=user, request=request)


@receiver(user_logged_out)
def _signed_out(request: Any, user: Any, **_more: Any) -> None:
    if user is not None:
        security_log.note("sign_out", person=user, request=request)


@receiver(mfa.authentication_failed)
def _factor_failed(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    security_log.note("factor_failed", person=user, request=request, kind=authenticator.type)


@receiver(mfa.authenticator_reset)
def _codes_renewed(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    """New recovery codes; the former ones are void."""
    security_log.note("factor_added", person=user, request=request, kind=authenticator.type)


@receiver(mfa.authenticator_removed)
def _factor_removed(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    security_log.note("factor_removed", person=user, request=request, kind=authenticator.type)


@receiver(mfa.authenticator_added)
def _factor_added(request: Any, user: Any, authenticator: Any, **_more: Any) -> None:
    """Whoever sets up a factor has just used it: this session has proved it, and the link to it is used up."""
    security_log.note("factor_added", person=user, request=request, kind=authenticator.type)
    if authenticator.type in factors.MAIN:
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
        factors.use_setup_link(request)


@receiver(pre_save, sender=UserSession)
def _no_address(instance: Any, **_more: Any) -> None:
    """The list of sessions names the browser; from which address somebody signed in is kept nowhere."""
    instance.ip = "0.0.0.0"  # noqa: S104  no address to listen on, but the column of the package has to hold one
