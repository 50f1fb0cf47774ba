"""Whole pages kept for visitors who are not signed in, for as long as nothing in them changes."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils import translation
from django.utils.cache import patch_vary_headers

from apps.core.business_calendar import today

View = Callable[..., HttpResponse]
# How long an unused page stays in the cache; the stamp in its key keeps it right.
KEEP_SECONDS = 60 * 60

# The name of a style sheet changes with every release, so a new release begins with no pages kept.
_STAND = """
SELECT coalesce((SELECT value FROM core_stamp WHERE name = %s), 0),
       coalesce((SELECT string_agg(id::text, ',' ORDER BY id) FROM core_banner
                 WHERE active AND since <= now() AND (until IS NULL OR until > now())), '')
"""


def kept_for_visitors(stamp: str) -> Callable[[View], View]:
    """Keep the pages of a view under ``stamp``, today's date and the banners of the moment.

    Only for GET requests without a query string and without a session: whoever has one may see
    messages or their own navigation. One question to the database tells whether a kept page still holds.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            personal = settings.SESSION_COOKIE_NAME in request.COOKIES
            if (
                request.method != "GET"
                or personal
                or request.META.get("QUERY_STRING")
                or request.headers.get("HX-Request")
            ):
                return view(request, *args, **kwargs)
            with connection.cursor() as cursor:
                cursor.execute(_STAND, [stamp])
                value, banners = cursor.fetchone()
            parts = f"{static('css/portal.css')}:{stamp}:{value}:{banners}:{today()}:{translation.get_language()}:{request.path}:{request.path_info}"
            key = "page:" + hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()
            content = caches["pages"].get(key)
            if content is None:
                response = view(request, *args, **kwargs)
                if response.status_code == 200 and not response.cookies:
                    caches["pages"].set(key, response.content, KEEP_SECONDS)
            else:
                response = HttpResponse(content)
            patch_vary_headers(response, ["Cookie"])
            return response

        return inner

    return decorate
