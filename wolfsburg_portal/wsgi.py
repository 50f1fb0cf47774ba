"""WSGI entry point."""

import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

from apps.core import workshop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")

log = logging.getLogger(__name__)
_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)
# More than twenty dogs with all their fields and files, and as many hidden ones that say what was shown. Django counts
# only the parts that have a name, and takes three milliseconds for the head of one.
MOST_PARTS = 600
READ_BYTES = 1024 * 1024
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
        if _has_too_many_parts(environ):
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"Diese Anfrage hat zu viele Teile."]
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


def _has_too_many_parts(environ: dict[str, Any]) -> bool:
    """Whether a multipart body has more parts than a form of ours; the body, which is all there, is read again later."""
    # As Django reads it, in whatever way it is written.
    kind, options = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    boundary, body = options.get("boundary", ""), environ["wsgi.input"]
    if not kind.startswith("multipart/") or not boundary:
        return False
    mark = b"--" + boundary.encode("ascii", "replace")
    begin, count, rest = body.tell(), 0, b""
    while count <= MOST_PARTS and (data := body.read(READ_BYTES)):
        *before_marks, rest = (rest + data).split(mark)
        count += len(before_marks)
        # What the next read may complete to a mark.
        rest = rest[1 - len(mark) :]
    body.seek(begin)
    return count > MOST_PARTS
