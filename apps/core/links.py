"""Mailed links: their token is exchanged for a place in the session, so that no address shows it for long.

A browser keeps addresses in its history, proxies and logs keep them for others, and pages tell them to the next one.
So a link such as ``/termine/link/<token>/`` leads on to ``/termine/link/<handle>/``: the handle says which link it
was, and only the browser that has opened it can use it. The token itself is checked at every request, so that a
link ages in the session as well.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.core import security_log
from apps.core.logs import route_of

SESSION_KEY = "links"
MOST = 30
HANDLE = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Link:
    """A mailed link that was opened: what lies behind it, and the handle for addresses and forms."""

    subject: Any
    handle: str


def remember(request: HttpRequest, token: str) -> str:
    """Keep a token in the session; returns its handle."""
    handle = hashlib.sha256(token.encode()).hexdigest()[:16]
    kept = {k: v for k, v in request.session.get(SESSION_KEY, {}).items() if k != handle}
    # The newest last; a browser that opens very many links forgets the first ones.
    request.session[SESSION_KEY] = dict([*kept.items(), (handle, token)][-MOST:])
    return handle


def token_of(request: HttpRequest, handle: str) -> str:
    """The token behind a handle of this browser; empty when it has none."""
    return str(request.session.get(SESSION_KEY, {}).get(handle, ""))


def mailed(
    load: Callable[[str], Any], *, missing: Callable[[HttpRequest], HttpResponse] | None = None
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Wrap a view whose address holds a mailed token; it is called with the ``Link``.

    ``load`` takes a token and returns what lies behind it, None when it is forged, too old or gone. Then the page
    is a 404, or what ``missing`` makes.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def inner(request: HttpRequest, token: str) -> HttpResponse:
            if HANDLE.fullmatch(token):
                return answer(request, token_of(request, token), token)
            if load(token) is None or request.method not in ("GET", "HEAD"):
                # A form of a page that was opened before this exchange existed goes through as well.
                return answer(request, token, token)
            here = request.resolver_match.view_name if request.resolver_match else ""
            response = redirect(here, remember(request, token))
            query = request.META.get("QUERY_STRING", "")
            response["Location"] += f"?{query}" if query else ""
            return response

        def answer(request: HttpRequest, token: str, handle: str) -> HttpResponse:
            subject = load(token) if token else None
            if subject is None:
                security_log.note("access_refused", request=request, route=route_of(request), why="link")
                # Whether the browser has never opened the link or the link is none, is all the same to a stranger.
                return missing(request) if missing is not None else render(request, "errors/link.html", status=404)
            return view(request, Link(subject, handle if HANDLE.fullmatch(handle) else remember(request, token)))

        return inner

    return decorate
