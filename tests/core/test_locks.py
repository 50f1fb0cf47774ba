"""Advisory locks between two connections."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from apps.core.locks import try_lock

pytestmark = pytest.mark.django_db


def elsewhere[T](work: Callable[[], T]) -> T:
    """Do ``work`` in a thread, that is on a second connection, and return what it returned."""
    result: list[T] = []

    def run() -> None:
        try:
            result.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert result, "the other connection did not come back"
    return result[0]


@contextmanager
def held_elsewhere(name: str, *, kill: bool = False) -> Iterator[None]:
    """Another worker holds the lock ``name`` meanwhile; with ``kill`` its connection just ends."""
    taken, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        lock = try_lock(name)
        assert lock.__enter__()
        taken.set()
        let_go.wait(20)
        if kill:
            # What follows happens on a new connection, to which the lock does not belong.
            connection.close()
        lock.__exit__(None, None, None)

    thread = threading.Thread(target=elsewhere, args=(lambda: [hold()],))
    thread.start()
    assert taken.wait(20)
    try:
        yield
    finally:
        let_go.set()
        thread.join(20)


def held(name: str) -> bool:
    with try_lock(name) as mine:
        return mine


def wait_until_free(name: str) -> None:
    """The server frees a lock as soon as it sees its connection end."""
    deadline = time.monotonic() + 60
    while not held(name):
        assert time.monotonic() < deadline, "the lock outlived its connection"
        time.sleep(0.02)


def test_second_connection_does_not_get_the_lock_and_does_not_wait() -> None:
    with try_lock("sweep") as mine:
        assert mine
        assert elsewhere(lambda: held("sweep")) is False


def test_lock_is_free_again_afterwards() -> None:
    with try_lock("sweep"):
        pass
    assert elsewhere(lambda: held("sweep")) is True


def test_lock_is_free_again_after_an_exception() -> None:
    with pytest.raises(RuntimeError), try_lock("sweep"):
        raise RuntimeError
    assert elsewhere(lambda: held("sweep")) is True


def test_locks_of_other_names_do_not_meet() -> None:
    with try_lock("email:1") as mine:
        assert mine
        assert elsewhere(lambda: held("email:2")) is True


def test_who_did_not_get_the_lock_does_not_free_it() -> None:
    with try_lock("sweep"):
        elsewhere(lambda: held("sweep"))
        assert elsewhere(lambda: held("sweep")) is False


def test_lock_dies_with_its_connection() -> None:
    with held_elsewhere("render", kill=True):
        assert held("render") is False
    wait_until_free("render")


def test_lock_survives_commits_of_its_holder() -> None:
    """In a thread, because only there a commit is a commit inside a test."""

    def commit_while_holding() -> bool:
        with try_lock("two transactions"):
            with transaction.atomic():
                connection.cursor().execute("SELECT 1")
            return elsewhere(lambda: held("two transactions"))

    assert elsewhere(commit_while_holding) is False
    assert held("two transactions") is True
