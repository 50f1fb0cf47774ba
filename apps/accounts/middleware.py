"""Limits on sessions and the second factor of staff."""

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

Handler = Callable[[HttpRequest], HttpResponse]
# How often the time of the last click is written, in seconds.
WRITE_EVERY = 60


class SessionLimitMiddleware:
    """Signs people out after some time without a click, and after a working day in any case.

    Only the log-in ends, so that a form in the middle of being typed says what happened and
    goes on at the same step.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            now = int(time.time())
            since = request.session.setdefault("signed_in_at", now)
            seen = request.session.setdefault("seen_at", now)
            idle = settings.SESSION_STAFF_IDLE_SECONDS if request.user.is_staff else settings.SESSION_IDLE_SECONDS
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
            elif now - seen >= WRITE_EVERY:
                request.session["seen_at"] = now
        return self.get_response(request)


class StaffSecondFactorMiddleware:
    """Staff without a second factor see nothing but the page that sets one up."""

    ALLOWED = ("mfa_", "account_logout", "account_reauthenticate", "account_confirm_email",
               "account_email_verification_sent")  # fmt: skip

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Send staff to the second factor before any view of theirs runs."""
        if not settings.STAFF_SECOND_FACTOR_REQUIRED:
            return None
        user = request.user
        if not (user.is_authenticated and user.is_staff):
            return None
        name = (request.resolver_match.url_name or "") if request.resolver_match else ""
        if name.startswith(self.ALLOWED) or is_mfa_enabled(user):
            return None
        messages.warning(request, _("Bitte richten Sie zuerst einen zweiten Faktor ein."))
        return redirect("mfa_index")
