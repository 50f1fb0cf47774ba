"""What a hostile file might make a child process do; knows nothing of Django, as children do not either."""

import os
import resource
import sys
import time
from typing import Any


def eats_memory() -> int:
    return len(bytearray(4 * 1024**3))


def eats_time() -> None:
    while True:
        pass


def sleeps() -> None:
    time.sleep(600)


def dies() -> None:
    os.abort()


def tells() -> dict[str, Any]:
    """What a child is and knows."""
    return {
        "nice": os.nice(0),
        "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
        "django": "django" in sys.modules,
        "pid": os.getpid(),
    }


def limits_of_time() -> tuple[int, int]:
    """Seconds of the processor that a child may use: while it works, and once its work is done."""
    from apps.core.workshop import _within_limits

    during, _seconds = _within_limits(lambda: resource.getrlimit(resource.RLIMIT_CPU)[0], (), {})
    return during, resource.getrlimit(resource.RLIMIT_CPU)[0]
