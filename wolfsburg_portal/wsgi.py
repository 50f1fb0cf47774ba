"""WSGI entry point."""

import logging
import os
import re
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.core.wsgi import get_wsgi_application

from apps.core import workshop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")

log = logging.getLogger(__name__)
_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)
_django = get_wsgi_application()
# The first person to upload something does not wait for the children to start.
workshop.warm_up()


class _CountedBody:
    """The body of a request, with how much of it has been read."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.received = stream, 0

    def read(self, *size: int) -> bytes:
        data: bytes = self.stream.read(*size)
        self.received += len(data)
        return data

    def readline(self, *size: int) -> bytes:
        data: bytes = self.stream.readline(*size)
        self.received += len(data)
        return data


def _leave_the_rest(environ: dict[str, Any], body: _CountedBody) -> None:
    """Hear no more of a body that nobody wanted: the web server would hold a thread waiting for the rest of it."""
    connection, announced = environ.get("gunicorn.socket"), environ.get("CONTENT_LENGTH") or "0"
    chunked = "HTTP_TRANSFER_ENCODING" in environ
    if connection is not None and (chunked or not announced.isdecimal() or body.received < int(announced)):
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Serve a request, read as UTF-8 whatever encoding it claims.

    Django takes any codec of Python's that a request names and does so before the first
    middleware runs; some of them raise, others make halves of surrogate pairs.
    """
    if "charset" in environ.get("CONTENT_TYPE", "").lower():
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    body = environ["wsgi.input"] = _CountedBody(environ["wsgi.input"])
    try:
        answer = _django(environ, start_response)
        _leave_the_rest(environ, body)
        return answer
    except Exception:
        # Django answers whatever goes wrong in a view. What goes wrong before (a request it cannot even take in) would
        # be logged by the web server, whole address included.
        log.exception("request that Django could not take in")
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Diese Anfrage konnten wir nicht lesen."]
