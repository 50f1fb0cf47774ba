"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.urls.base import translate_url
from django.utils import translation

from apps.core.models import Banner


def portal(request: HttpRequest) -> dict[str, Any]:
    """The city's facts, the banners of the moment and the way to the other language."""
    return {
        "city": settings.CITY,
        "demo": settings.DEMO,
        # A callable: pages that show no banner (fragments) ask no question of the database.
        "banners": lambda: list(Banner.objects.current()),
        "other_language": _other_language(request),
    }


def _other_language(request: HttpRequest) -> dict[str, str]:
    code = "de" if translation.get_language() == "en" else "en"
    # With what was chosen, searched or is to follow.
    path = getattr(request, "shown_on", "") or request.get_full_path()
    try:
        resolve(request.path)
    except Resolver404:
        path = "/"
    return {
        "code": code,
        "name": "Deutsch" if code == "de" else "English",
        "url": translate_url(path, code),
    }
