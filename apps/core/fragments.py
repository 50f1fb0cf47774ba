"""Whether a page or only a piece of it is asked for."""

from typing import Any

from django.http import HttpRequest


def is_fragment(request: HttpRequest) -> bool:
    """True for a request of htmx that swaps a piece of the page (django-htmx sets the details)."""
    details: Any = getattr(request, "htmx", False)
    return bool(details) and not details.boosted
