"""The second factor of staff: proved by the session, set up from a link, reset by an administrator."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts.models import AccountLink, LinkKind, User
from apps.accounts.sessions import end_all
from apps.core import emails, security_log

LINK_HOURS = 72
SESSION_KEY = "setup_link"
# What a person owns and proves; recovery codes only stand in for one of these at sign-in.
MAIN = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_main_factor(user: User) -> bool:
    """Whether an authenticator app or a passkey is set up; recovery codes alone are no factor."""
    return bool(Authenticator.objects.filter(user=user, type__in=MAIN).exists())


def has_app(user: User) -> bool:
    """Whether an authenticator app is set up."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def is_last_main_factor(authenticator: Authenticator) -> bool:
    """Whether the account would be without a factor after this one is gone."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=MAIN).exclude(pk=authenticator.pk)
    return authenticator.type in MAIN and not others.exists()


def proved(request: HttpRequest) -> bool:
    """Whether *this session* has proved a factor that the account still has.

    An authenticator app or passkey counts whenever it was used; a recovery code only at sign-in, and only while there
    is a factor that it stands in for.
    """
    user: Any = request.user
    kinds = dict(Authenticator.objects.filter(user=user).values_list("pk", "type"))
    main = any(kind in MAIN for kind in kinds.values())
    for record in get_authentication_records(request, user):
        if record.get("method") != "mfa" or record.get("id") not in kinds:
            continue
        kind = kinds[record["id"]]
        if kind in MAIN or (main and not record.get("reauthenticated")):
            return True
    return False


# -- links ------------------------------------------------------------------------------------------------


def make_link(
    user: User, *, by: User | None, kind: str = LinkKind.SETUP, new_address: str = "", request: Any = None
) -> str:
    """A new link for ``user`` as an address; former links of its kind are void."""
    token = secrets.token_urlsafe(32)
    AccountLink.objects.filter(user=user, kind=kind, used_at=None).delete()
    AccountLink.objects.create(
        user=user, kind=kind, new_address=new_address, created_by=by, token_hash=_hash(token),
        expires_at=timezone.now() + dt.timedelta(hours=LINK_HOURS),
    )  # fmt: skip
    if kind == LinkKind.SETUP:
        security_log.note("setup_link_made", person=user, by=by, request=request)
    name = "accounts:setup" if kind == LinkKind.SETUP else "accounts:new_address"
    with translation.override(user.language):
        return f"{settings.SITE_URL}{reverse(name, args=[token])}"


def link_for_token(token: str, kind: str) -> AccountLink | None:
    """The link behind a token; None when it is made up, used or too old."""
    return AccountLink.objects.valid().select_related("user").filter(kind=kind, token_hash=_hash(token)).first()


def setup_link_of(request: HttpRequest) -> AccountLink | None:
    """The set-up link that was opened in this browser for the person who is signed in, while it is valid."""
    pk = request.session.get(SESSION_KEY)
    if pk is None or not request.user.is_authenticated:
        return None
    return AccountLink.objects.valid().filter(pk=pk, user_id=request.user.pk, kind=LinkKind.SETUP).first()


def use_setup_link(request: HttpRequest) -> None:
    """The factor is set up: the link that allowed it is used."""
    link = setup_link_of(request)
    if link is not None:
        AccountLink.objects.filter(pk=link.pk).update(used_at=timezone.now())
        security_log.note("setup_link_used", person=link.user_id, request=request)
    request.session.pop(SESSION_KEY, None)


def invite(user: User, *, by: User | None, request: Any = None) -> None:
    """Mail a member of staff the link from which the set-up begins."""
    with transaction.atomic():
        link = make_link(user, by=by, request=request)
        context = {"link": link, "hours": LINK_HOURS}
        emails.queue(user.email, "account_setup", context, language=user.language)


def reset(user: User, *, by: User, request: Any = None) -> None:
    """An administrator's act on a person who has lost the factor: sessions end, a link to set up a new one is mailed."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_all(user, by=by)
        security_log.note("factor_reset", person=user, by=by, request=request)
        invite(user, by=by, request=request)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
