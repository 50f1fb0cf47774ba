"""Where somebody is signed in, and ending it."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core import security_log

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
           ("Linux", "Linux"))  # fmt: skip


def open_sessions(user: User) -> list[UserSession]:
    """The sessions of an account that still hold, the newest first, each with its ``device``."""
    rows = sorted(UserSession.objects.purge_and_list(user), key=lambda row: row.created_at, reverse=True)
    for row in rows:
        row.device = device_of(row.user_agent)
    return rows


def device_of(user_agent: str) -> str:
    """Browser and system in two words, from what the browser says of itself."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), _("Browser"))
    system = next((name for mark, name in SYSTEMS if mark in user_agent), _("unbekanntes Gerät"))
    return _("%(browser)s auf %(system)s") % {"browser": browser, "system": system}


def end_one(user: User, pk: int, *, by: User, request: HttpRequest | None = None) -> bool:
    """End one session of ``user``; False when there is no such session of theirs."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is None:
        return False
    row.end()
    security_log.note("sessions_ended", person=user, by=by, request=request, which="one")
    return True


def end_all(user: User, *, by: Any = None, keep: HttpRequest | None = None) -> None:
    """End every session of ``user``, listed or not; the one of ``keep`` goes on.

    Sessions are checked against the account at every request, so raising the epoch ends them all at once.
    """
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    UserSession.objects.filter(user=user).exclude(
        session_key=(keep.session.session_key if keep is not None else None) or ""
    ).delete()
    if keep is not None and keep.user.is_authenticated and keep.user.pk == user.pk:
        update_session_auth_hash(keep, user)
        # The key of the session has changed with it.
        UserSession.objects.filter(user=user).delete()
        UserSession.objects.create_from_request(keep)
    security_log.note("sessions_ended", person=user, by=by, request=keep, which="all")
