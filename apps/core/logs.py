"""Log lines: UTC, one line an event; of an exception its kind and place, never its message."""

import logging
import time
import traceback
from typing import Any


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
