"""Log lines: UTC, one line an event, cut before anything a person could have typed."""

import logging
import time


class LineFormatter(logging.Formatter):
    """``2026-11-22T10:00:00Z LEVEL logger message`` with line breaks escaped."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = ""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
