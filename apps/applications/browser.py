"""The key of a browser in which somebody began an application without signing in.

It lies in a signed cookie that lasts a week; the database knows only its hash.
"""

import hashlib
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = settings.DRAFT_COOKIE_NAME
SALT = "applications.draft"
# A person comes back to a form within days or not at all in the same browser.
MAX_AGE_SECONDS = 60 * 60 * 24 * 7


def browser_hash(request: HttpRequest) -> str:
    """Hash of the browser's key; empty when it has none or the cookie was tampered with."""
    key = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=MAX_AGE_SECONDS)
    return _hash(key) if key else ""


def new_key() -> tuple[str, str]:
    """A new key and its hash."""
    key = secrets.token_urlsafe(24)
    return key, _hash(key)


def remember(response: HttpResponse, key: str) -> None:
    """Give the browser its key."""
    response.set_signed_cookie(
        COOKIE, key, salt=SALT, max_age=MAX_AGE_SECONDS, secure=settings.HTTPS,
        httponly=True, samesite="Lax", path="/",
    )  # fmt: skip


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
