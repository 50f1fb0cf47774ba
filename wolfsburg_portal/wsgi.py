"""WSGI entry point."""

import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from apps.core import workshop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")

log = logging.getLogger(__name__)
_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)
_django = get_wsgi_application()
# The first person to upload something does not wait for the children to start.
workshop.warm_up()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve a request, read as UTF-8 whatever encoding it claims.

    Django takes any codec of Python's that a request names and does so before the first
    middleware runs; some of them raise, others make halves of surrogate pairs.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    try:
        answer = _django(environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            # The web server would send the body as well, and the next answer would begin with it (RFC 9110, 9.3.2).
            answer.close()
            return []
        return answer
    except Exception:
        # Django answers whatever goes wrong in a view. What goes wrong before (a request it cannot even take in) would
        # be logged by the web server, whole address included.
        log.warning("request that Django could not take in", exc_info=True)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Diese Anfrage konnten wir nicht lesen."]
