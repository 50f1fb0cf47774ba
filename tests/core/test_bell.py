"""The bell: heard after the commit, harmless when nobody hears it."""

import base64
import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, transaction

from apps.core import bell
from apps.core.models import OutgoingEmail
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: Any) -> list[tuple[str, list[str], dict[str, Any]]]:
    """What reaches the broker."""
    calls: list[tuple[str, list[str], dict[str, Any]]] = []

    def send_task(task: str, args: Any = (), **options: Any) -> None:
        calls.append((task, list(args), options))

    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", staticmethod(send_task))
    return calls


@pytest.fixture
def broken_broker(monkeypatch: Any) -> None:
    """A broker that is away."""

    def send_task(*_args: Any, **_options: Any) -> None:
        raise ConnectionRefusedError("redis is gone")

    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", staticmethod(send_task))


def test_bell_rings_after_the_commit_and_not_before(rung: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        bell.ring("core.send_email", 7)
        assert rung == []
    assert [(task, args) for task, args, _options in rung] == [("core.send_email", ["7"])]


def test_bell_of_a_rolled_back_change_does_not_ring(rung: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                bell.ring("core.send_email", 7)
                raise RuntimeError
        except RuntimeError:
            pass
    assert rung == []


def test_bell_does_not_make_the_citizen_wait_for_retries(rung: Any) -> None:
    bell.publish("core.send_email", 7)
    assert rung[0][2].get("retry") is False


def test_broker_that_is_away_does_not_disturb_a_commit(broken_broker: None) -> None:
    """In a thread, because only another connection commits for real inside a test."""
    pk = uuid.uuid4()
    outcome: list[Any] = []

    def click() -> None:
        try:
            with transaction.atomic():
                OutgoingEmail.objects.create(pk=pk, to_address="a@example.org", subject="s", body="b", purpose="p")
                bell.ring("core.send_email", pk)
            outcome.append("committed")
        except Exception as error:
            outcome.append(error)
        finally:
            connection.close()

    def clear() -> None:
        OutgoingEmail.objects.filter(pk=pk).delete()
        connection.close()

    _in_thread(click)
    try:
        assert outcome == ["committed"]
        assert OutgoingEmail.objects.filter(pk=pk).exists()
    finally:
        _in_thread(clear)


def test_broker_that_is_away_is_logged_without_ids_or_people(broken_broker: None, caplog: Any) -> None:
    bell.publish("core.send_email", "aylin@example.org")
    assert "core.send_email" in caplog.text
    assert "ConnectionRefusedError" in caplog.text
    assert "aylin" not in caplog.text


def test_a_broker_that_does_not_answer_is_waited_for_once(rung: Any, monkeypatch: Any, caplog: Any) -> None:
    tried: list[str] = []

    def hangs(task: str, **_options: Any) -> None:
        tried.append(task)
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(type(current_app._get_current_object()), "send_task", staticmethod(hangs))
        for _ in range(3):
            bell.publish("core.send_email", 7)
    assert tried == ["core.send_email"], "a click rings several bells"
    bell.publish("core.send_email", 7)
    assert rung == [], "it is still silent"
    now = time.monotonic()
    monkeypatch.setattr(bell.time, "monotonic", lambda: now + bell.SILENCE_SECONDS)
    bell.publish("core.send_email", 7)
    assert len(rung) == 1


def test_filing_rings_with_ids_only(aylin: Any, karla: Any, rung: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        factories.parking_case(aylin)
        factories.contact_case()
    assert rung
    for task, args, options in rung:
        assert task in current_app.tasks or task.startswith(("core.", "notices."))
        assert all(uuid.UUID(a) for a in args)
        assert set(options) <= {"retry"}


def test_message_on_the_wire_holds_a_task_and_ids_and_nothing_else() -> None:
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    pk = uuid.uuid4()
    before = set(folder.iterdir())
    bell.publish("core.send_email", pk)
    (written,) = set(folder.iterdir()) - before
    message = json.loads(written.read_bytes())
    args, kwargs, _embed = json.loads(base64.b64decode(message["body"]))
    assert (message["headers"]["task"], args, kwargs) == ("core.send_email", [str(pk)], {})
    written.unlink()


def test_every_bell_has_a_task_that_hears_it() -> None:
    from apps.core.emails import SEND_TASK
    from apps.core.sockets import sweeps
    from apps.notices.transitions import RENDER_TASK

    current_app.loader.import_default_modules()
    assert {SEND_TASK, RENDER_TASK, *(sweep.task for sweep in sweeps)} <= set(current_app.tasks)


def _in_thread(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
