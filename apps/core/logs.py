"""Log lines: UTC, one line an event; of an exception its kind and place, never its message.

Of a request its route is logged, never its address: addresses may hold mailed tokens.
"""

import logging
import time
import traceback
from typing import Any

from django.http import HttpRequest


class RouteInsteadOfAddress(logging.Filter):
    """Puts the name of the route where Django would log the address of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            # Whatever a stranger has sent that is none: no error of ours, and the message repeats it.
            kind = record.name.rpartition(".")[2]
            record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
            record.msg, record.args = f"request refused: {kind}", ()
            return True
        request = getattr(record, "request", None)
        if request is None or not hasattr(request, "path"):
            return True
        message = record.getMessage()
        # The longest first, or what follows the question mark would stay behind; and as Django writes them into logs.
        for address in (request.get_full_path(), request.path, request.path_info):
            for written in (address, address.encode("unicode_escape").decode("ascii")):
                if len(written) > 1:
                    message = message.replace(written, route_of(request))
        record.msg, record.args = message, ()
        return True


def route_of(request: HttpRequest) -> str:
    """The name of the route a request was resolved to; ``no route`` where none fits."""
    match = request.resolver_match
    return (match.view_name or match.route) if match is not None else "no route"


class LineFormatter(logging.Formatter):
    """``2026-11-22T10:00:00Z LEVEL logger message`` with line breaks escaped."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = ""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: Any) -> str:
        """Where it happened and what kind of error it was; its message may quote what was typed."""
        kind, _value, trace = ei
        lines = [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)[-12:]]
        return "\n".join([f"{kind.__name__ if kind else 'Error'} (message withheld)", *lines])

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
