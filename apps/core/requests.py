"""What was sent, kept and brought back."""

import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect


def uuid_of(sent: str) -> uuid.UUID | None:
    """A key as a form sends it; None for what is none."""
    try:
        return uuid.UUID(sent)
    except ValueError:
        return None


def number_of(sent: str) -> int:
    """The key of a row as a form sends it; 0, which no row has, for what is none."""
    return int(sent) if sent.isdecimal() and len(sent) < 19 else 0


def query_dict(typed: Mapping[str, list[str]]) -> QueryDict:
    """What was typed, by name of the field, as a form takes it."""
    data = QueryDict(mutable=True)
    for name, values in typed.items():
        data.setlist(name, values)
    return data


def sent_from(page: Callable[..., str]) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """A view that takes what a form of another page sends, and nothing else.

    ``page`` gives that page's path, from the request and what stands in the address. Whoever asks for the view's own
    address (reloads, goes back, changes the language after an error) is led there.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in ("GET", "HEAD"):
                return redirect(page(request, *args, **kwargs))
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            # For the way to the other language: what is shown in answer stands on that page.
            request.shown_on = page(request, *args, **kwargs)  # type: ignore[attr-defined]  # an attribute of our own
            return view(request, *args, **kwargs)

        return inner

    return decorate
