"""Browsers in which somebody has signed in to an account before.

A signed cookie holds the ids of the last accounts and nothing else. It opens no door: it only makes limits count such
a browser apart from strangers, so that nobody can lock an owner out by using the limits up.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

COOKIE = "__Host-device" if settings.HTTPS else "device"
SALT = "accounts.device"
MAX_AGE_SECONDS = 180 * 24 * 3600
MOST_ACCOUNTS = 5


def _accounts(request: HttpRequest) -> list[int]:
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE_SECONDS)
        return [int(pk) for pk in found][:MOST_ACCOUNTS]
    except (signing.BadSignature, TypeError, ValueError):
        return []


def known_for(request: HttpRequest, address: str) -> str:
    """A key for this browser if the account of ``address`` was signed in to in it; else empty."""
    from apps.accounts.models import User

    user = User.objects.by_address(address).first()
    return f"device-of-{user.pk}" if user is not None and user.pk in _accounts(request) else ""


def remember(request: HttpRequest, response: HttpResponseBase, user: Any) -> None:
    """Note that ``user`` has signed in in this browser."""
    known = [user.pk, *(pk for pk in _accounts(request) if pk != user.pk)][:MOST_ACCOUNTS]
    response.set_cookie(
        COOKIE, signing.dumps(known, salt=SALT), max_age=MAX_AGE_SECONDS, secure=settings.HTTPS, httponly=True,
        samesite="Lax", path="/",
    )  # fmt: skip
