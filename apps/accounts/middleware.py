"""Limits on sessions and the second factor of staff."""

import re
import time
from typing import cast

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY as AUTH_SESSION_KEY
from django.contrib.auth import logout
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.accounts import factors, proof
from apps.accounts.session_store import SessionStore
from apps.core import errors, limits

# How often the time of the last click is written, in seconds.
WRITE_EVERY = 60
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
ACCOUNT_ROUTE = re.compile(r"(en/)?konto/")


# Questions that pages ask by themselves, by full name; with ``teil`` in the query or always.
POLLED = {"admin:counter": "teil", "appointments:ticket": "teil", "appointments:display": "teil", "notices:panel": ""}


def is_polling(request: HttpRequest) -> bool:
    """Whether a page and not a person asks."""
    part = POLLED.get(_route(request))
    return part is not None and (not part or part in request.GET)


class NewSessionLimitMiddleware(SessionMiddleware):
    """Sessions in the database, of which strangers cause only so many.

    Whatever view writes into the session of somebody who had none, a row is made. So they are counted here, where it is
    saved, and not in each view. Above the limit nothing changes for whoever has a session, or needs none.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]  # Django lets it answer, the stubs of its parent do not
        """Turn away what might change something before it has."""
        super().process_request(request)
        if request.method in SAFE or self._needs_none(request) or not self._is_over(request):
            return None
        # Read it: the cookie may name a session that has ended.
        session = cast(SessionStore, request.session)
        session.get(AUTH_SESSION_KEY)
        return None if session.existed else errors.too_many(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save it; count it if it is new."""
        session = cast(SessionStore, request.session)
        # Whoever signs out gets one in place of another.
        is_new = session.modified and session.session_key is None and not session.existed and not session.is_empty()
        if is_new and not limits.within_networks(
            "session", limits.client_networks(request), limit=settings.NEW_SESSIONS_PER_HOUR, seconds=3600
        ):
            return errors.too_many(request)
        return super().process_response(request, response)

    def _needs_none(self, request: HttpRequest) -> bool:
        """The API knows no cookies; a draft without account hangs on one of its own."""
        return request.path_info.startswith("/api/") or settings.DRAFT_COOKIE_NAME in request.COOKIES

    def _is_over(self, request: HttpRequest) -> bool:
        return limits.reached_by_networks(
            "session", limits.client_networks(request), limit=settings.NEW_SESSIONS_PER_HOUR
        )


class AccountFormLimitMiddleware(MiddlewareMixin):
    """Counts the forms of the account, whichever they are: each may hash a password or send a mail.

    allauth counts one household; this counts whoever has many (see ``networks_of``) as well.
    """

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Turn away what is above the limit."""
        where = request.resolver_match.route if request.resolver_match else ""
        if request.method in SAFE or not ACCOUNT_ROUTE.match(where):
            return None
        caller, most = limits.client_networks(request), settings.ACCOUNT_FORMS_PER_MINUTE
        within = limits.within_networks("account-form", caller, limit=most, seconds=60)
        return None if within else errors.too_many(request)


class SessionLimitMiddleware(MiddlewareMixin):
    """Signs people out after some time without a click, and after a working day in any case.

    Only the log-in ends, so that a form in the middle of being typed says what happened and
    goes on at the same step.
    """

    def process_request(self, request: HttpRequest) -> None:
        """End the log-in of whoever was away too long, or has been here too long."""
        if request.session.session_key and request.user.is_authenticated:
            now = int(time.time())
            since = request.session.setdefault("signed_in_at", now)
            seen = request.session.setdefault("seen_at", now)
            idle = settings.SESSION_STAFF_IDLE_SECONDS if request.user.works_here else settings.SESSION_IDLE_SECONDS
            if now - seen > idle or now - since > settings.SESSION_ABSOLUTE_SECONDS:
                # Whose form this request may carry (see kept.py).
                owner = request.user.pk
                logout(request)
                request.signed_out_user = owner  # type: ignore[attr-defined]  # an attribute of our own
                messages.info(
                    request,
                    _("Sie waren lange nicht aktiv und wurden zu Ihrer Sicherheit abgemeldet.")
                    if now - seen > idle
                    else _("Nach zehn Stunden endet jede Anmeldung zu Ihrer Sicherheit. Bitte melden Sie sich neu an."),
                )

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        """Note the time of a click. What a page asks by itself every few seconds is no sign that somebody is there."""
        if "seen_at" not in request.session or not request.user.is_authenticated or is_polling(request):
            return
        now = int(time.time())
        if now - request.session["seen_at"] >= WRITE_EVERY:
            request.session["seen_at"] = now


class StaffSecondFactorMiddleware(MiddlewareMixin):
    """Staff, and whoever has a membership, see nothing before *their session* has proved a second factor.

    Pages that are open all the same are listed by their full name, so that no other page is open by resembling one.
    """

    # To prove a factor, to leave, and to begin from the link that an administrator has sent.
    ALWAYS = frozenset({
        "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout", "accounts:factor_missing",
        "accounts:setup",
    })  # fmt: skip
    # To set one up, in a session that has begun from such a link.
    SETUP = frozenset({
        "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate", "accounts:prove",
    })  # fmt: skip

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Send staff to the second factor before any view of theirs runs."""
        if not settings.STAFF_SECOND_FACTOR_REQUIRED:
            return None
        user = request.user
        if not (user.is_authenticated and user.works_here):
            return None
        name = _route(request)
        if name in self.ALWAYS or factors.proved(request):
            return None
        if factors.has_main_factor(user):
            where = get_adapter(request).get_reauthentication_methods(user)
            url = next(m["url"] for m in where if m["id"].startswith("mfa"))
            back = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
            return redirect(f"{url}?{back}" if back else url)
        if factors.setup_link_of(request) is None:
            return redirect("accounts:factor_missing")
        if name in self.SETUP:
            return None
        messages.warning(request, _("Bitte richten Sie zuerst einen zweiten Faktor ein."))
        return redirect("mfa_index")


class RecentProofMiddleware(MiddlewareMixin):
    """Asks for a proof of who sits there before pages that would hurt in a stranger's hands (see proof.py)."""

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Ask where the last proof is too old."""
        name = _route(request)
        if name not in proof.NEEDED or not request.user.is_authenticated or proof.is_recent(request):
            return None
        return proof.ask(request, route=name)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""
