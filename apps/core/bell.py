"""The bell: tells a worker, after the commit, that a row wants attention.

PostgreSQL is the truth and the broker only a bell. A bell that is lost (broker down, worker
killed) delays work until the sweeper rings again; it never loses any. Messages carry a task
name and ids, nothing about a person.
"""

import logging
import time
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)
# As long as this nobody rings after a bell that was not heard; the sweeper does it later.
SILENCE_SECONDS = 10


class _Silence:
    """Until when this process rings no bell, by its monotonic clock."""

    until = 0.0


_silence = _Silence()


def ring(task: str, *ids: Any) -> None:
    """Call the task named ``task`` with ``ids`` once the current transaction has committed.

    A broker that does not answer is logged and forgotten: the citizen's click has succeeded.
    """
    transaction.on_commit(partial(publish, task, *ids), robust=True)


def publish(task: str, *ids: Any) -> None:
    """Call the task now, outside any transaction; never raises for a broker that is away.

    One that does not answer costs the first caller some seconds. For a while after that nobody else waits for it: a click
    rings several bells, and the sweeper hundreds.
    """
    if time.monotonic() < _silence.until:
        return
    try:
        current_app.send_task(task, args=[str(i) for i in ids], retry=False)
    except Exception as error:
        # Whatever the transport raises, the row is safe and the sweeper will ring again.
        _silence.until = time.monotonic() + SILENCE_SECONDS
        log.warning("bell not heard: %s (%s)", task, type(error).__name__)
