"""What somebody had typed when their log-in ended: shown to them again after signing in, and to nobody else."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

SESSION_KEY = "kept_input"
# Long enough to find the second factor, too short for the next day.
KEEP_SECONDS = 30 * 60
MOST_FIELDS = 200
MOST_CHARACTERS = 60_000
# Not what was typed into a form, or not to be shown again.
SKIPPED = ("csrfmiddlewaretoken", "password", "oldpassword", "password1", "password2", "code")


@dataclass(frozen=True)
class Kept:
    """A form that was sent too late: where to, from which page, with which fields."""

    path: str
    page: str
    fields: list[tuple[str, str]]
    files: bool

    @property
    def texts(self) -> list[str]:
        """What a person may have typed, longest words first to be seen; not the values of choices."""
        return [value for _name, value in self.fields if " " in value.strip() or len(value) > 12]


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Ask who is not signed in to do so; what a form held is kept for them meanwhile."""
    if request.headers.get("HX-Request"):
        # A part of a page asks by itself: the whole page is to be asked for, which then leads to the sign-in.
        return HttpResponse(headers={"HX-Refresh": "true"})
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    kept = _read(request)
    owner = getattr(request, "signed_out_user", None)
    if owner is not None and kept.fields:
        request.session[SESSION_KEY] = {"user": owner, "at": int(time.time()), **asdict(kept)}
        return redirect_to_login(reverse("accounts:kept"))
    if kept.texts:
        # Whose words these are is not known here, so they are shown at once and kept nowhere.
        response = render(request, "accounts/kept.html", {"kept": kept}, status=403)
        response["Cache-Control"] = "private, no-store"
        return response
    return redirect_to_login(kept.page or reverse("accounts:after_login"))


def take(request: HttpRequest) -> Kept | None:
    """Take out what was kept for the person who is signed in now; None when there is nothing of theirs."""
    stored: dict[str, Any] | None = request.session.pop(SESSION_KEY, None)
    if not stored or stored["user"] != request.user.pk or time.time() - stored["at"] > KEEP_SECONDS:
        return None
    fields = [(str(name), str(value)) for name, value in stored["fields"]]
    return Kept(stored["path"], stored["page"], fields, stored["files"])


def login_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Like Django's, but a form that comes too late is kept (see sign_in_first)."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        return view(request, *args, **kwargs)

    return inner


def _read(request: HttpRequest) -> Kept:
    fields = [
        (name, value)
        for name in list(request.POST)[:MOST_FIELDS]
        if name not in SKIPPED
        for value in request.POST.getlist(name)[:MOST_FIELDS]
    ]
    if sum(len(value) for _name, value in fields) > MOST_CHARACTERS:
        fields = []
    return Kept(request.get_full_path(), _page_before(request), fields, bool(request.FILES))


def _page_before(request: HttpRequest) -> str:
    """The page of ours on which the form stood; empty when the browser does not say."""
    ours = f"{request.scheme}://{request.get_host()}"
    before = request.headers.get("Referer", "")
    return before.removeprefix(ours) if before.startswith(f"{ours}/") else ""
