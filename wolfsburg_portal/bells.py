"""What the worker does with a bell that it has heard, where Celery alone would stand still for ever."""

import logging
from collections.abc import Callable
from typing import Any

from celery import states
from celery.app.task import Task
from celery.signals import task_postrun, task_prerun
from celery.worker.request import Request
from django.db import close_old_connections, connections
from kombu.asynchronous import get_event_loop

log = logging.getLogger(__name__)


class PortalTask(Task):  # type: ignore[type-arg]  # generic in the stubs only: Celery's own cannot be subscripted
    """A task whose messages are ``HeardBell``."""

    Request = "wolfsburg_portal.bells:HeardBell"


class HeardBell(Request):
    """A message that reconnects to the broker where it cannot be acknowledged.

    Celery logs such an error and goes on counting the message as one that is being worked on. With one message for each
    process (``WORKER_PREFETCH_MULTIPLIER``) a broker that hangs for some seconds would leave the worker waiting for ever
    (celery/celery#3773).
    """

    def acknowledge(self) -> None:
        """Say that the bell was heard; raises nothing."""
        self._answer(self.message.ack)

    def reject(self, requeue: bool = False) -> None:
        """Give it back, for another try; raises nothing."""
        self._answer(lambda: self.message.reject(requeue=requeue))

    def _answer(self, answer: Callable[[], object]) -> None:
        if self.acknowledged:
            return
        self.acknowledged = True
        try:
            answer()
        except self.connection_errors as error:  # type: ignore[misc]  # a tuple of exceptions, which the stubs do not say
            log.warning("bell not acknowledged, the worker connects anew (%s)", type(error).__name__)
            loop: Any = get_event_loop()
            if loop is not None:
                loop.call_soon(_lost, error)


def _lost(error: Exception) -> None:
    """In the worker's loop, which takes this for a connection that was lost, and makes another."""
    raise error


@task_prerun.connect
def _begin(task: Any, **_kwargs: object) -> None:
    # As with a request (CELERY_DB_REUSE_MAX keeps Celery from closing it each time): a connection that is of age is closed,
    # and one that broke meanwhile is found out before it is used (CONN_HEALTH_CHECKS).
    if not task.request.is_eager:
        close_old_connections()


@task_postrun.connect
def _end(task: Any, state: str = "", **_kwargs: object) -> None:
    # A time limit may have struck in the middle of a query, and nobody can tell by the connection (celery/celery#9824).
    if not task.request.is_eager and state != states.SUCCESS:
        connections.close_all()
