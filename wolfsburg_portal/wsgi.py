"""WSGI entry point."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")

_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve a request, read as UTF-8 whatever encoding it claims.

    Django takes any codec of Python's that a request names and does so before the first
    middleware runs; some of them raise, others make halves of surrogate pairs.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    return _django(environ, start_response)
