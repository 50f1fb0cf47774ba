"""Whose draft it is: the owner's, or that of the browser in which it was begun."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from apps.applications import browser, drafts
from apps.applications.models import Draft


def asks_who_was_signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask to sign in again, instead of 404, when the log-in of this browser's draft has ended."""

    @wraps(view)
    def inner(request: HttpRequest, pk: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if owned_in_this_browser(request, pk) is not None:
            return redirect_to_login(request.get_full_path())
        return view(request, pk, *args, **kwargs)

    return inner


def owned_in_this_browser(request: HttpRequest, pk: Any) -> Draft | None:
    """Somebody's draft that was begun in this browser, in which nobody is signed in now.

    Captured drafts know no browser; there it is who was signed in until this very click.
    """
    if request.user.is_authenticated:
        return None
    hashed = browser.browser_hash(request)
    theirs = Q(owner=getattr(request, "signed_out_user", None) or 0)
    if hashed:
        theirs |= Q(browser=hashed)
    return Draft.objects.filter(theirs, pk=pk, owner__isnull=False).first()


def reach(request: HttpRequest, pk: Any) -> Draft:
    """The draft under its form's newest version; 404 unless it is the viewer's."""
    reachable = Draft.objects.reachable(request.user, browser.browser_hash(request))
    draft = get_object_or_404(reachable.select_related("service__department", "form_version"), pk=pk)
    drafts.rebase(draft)
    return draft
