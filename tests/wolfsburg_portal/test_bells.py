"""What the worker's tasks leave to those that come after them in the same process."""

from types import SimpleNamespace

import pytest
from celery import states
from celery.signals import task_postrun, task_prerun
from django.db import OperationalError, connection

from apps.core.locks import try_lock
from tests.core.test_locks import elsewhere, wait_until_free
from wolfsburg_portal.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_a_worker() -> None:
    """Which has loaded its class of tasks."""
    assert app.Task.Request.endswith("HeardBell")


def task(*, eager: bool = False) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(is_eager=eager))


def backend() -> int:
    """Which process of the database serves us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def between(state: str, *, eager: bool = False) -> tuple[int, int]:
    """Who serves a task that ends in ``state``, and the one after it; to be called in a thread, with a connection of its own."""
    first = backend()
    task_postrun.send(sender=None, task=task(eager=eager), state=state)
    task_prerun.send(sender=None, task=task(eager=eager))
    return first, backend()


def test_task_keeps_the_connection_of_the_one_before() -> None:
    first, second = elsewhere(lambda: between(states.SUCCESS))
    assert first == second


@pytest.mark.parametrize("state", [states.FAILURE, states.RETRY, states.REJECTED])
def test_task_after_one_that_failed_has_a_new_connection(state: str) -> None:
    """A time limit may have struck in the middle of a query."""
    first, second = elsewhere(lambda: between(state))
    assert first != second


def test_task_that_runs_in_somebody_elses_process_closes_nothing() -> None:
    first, second = elsewhere(lambda: between(states.FAILURE, eager=True))
    assert first == second


def test_connection_that_broke_between_two_tasks_is_replaced() -> None:
    def broken() -> tuple[int, int]:
        first = backend()
        elsewhere(lambda: connection.cursor().execute("SELECT pg_terminate_backend(%s)", [first]))
        task_prerun.send(sender=None, task=task())
        return first, backend()

    first, second = elsewhere(broken)
    assert first != second


def test_lock_that_cannot_be_released_ends_with_its_connection() -> None:
    """Else the process would hold it for as long as it lives."""

    def interrupted() -> bool:
        with pytest.raises(OperationalError), try_lock("letter"):
            # What a time limit leaves: a query that nobody has read the answer of.
            connection.connection.pgconn.send_query(b"SELECT pg_sleep(0.01)")
        return connection.connection is None

    assert elsewhere(interrupted) is True
    wait_until_free("letter")
