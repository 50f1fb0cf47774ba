"""Whoever sends forms drop by drop holds only some threads of the web server; pages are answered all the same."""

import os
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from apps.core.middleware import SlowSenderMiddleware
from wolfsburg_portal import supervisor

pytestmark = pytest.mark.processes


def test_of_one_network_only_so_many_forms_are_under_way() -> None:
    inside, go_on = threading.Barrier(SlowSenderMiddleware.AT_ONCE_PER_NETWORK + 1), threading.Event()

    def view(_request: HttpRequest) -> HttpResponse:
        if threading.current_thread() is not threading.main_thread():
            inside.wait(30)
            go_on.wait(30)
        return HttpResponse("ok")

    middleware = SlowSenderMiddleware(view)

    def send() -> None:
        middleware(RequestFactory().post("/", REMOTE_ADDR="203.0.113.5"))

    threads = [threading.Thread(target=send) for _ in range(SlowSenderMiddleware.AT_ONCE_PER_NETWORK)]
    for thread in threads:
        thread.start()
    inside.wait(30)
    assert middleware(RequestFactory().post("/", REMOTE_ADDR="203.0.113.5")).status_code == 503
    assert middleware(RequestFactory().get("/", REMOTE_ADDR="203.0.113.5")).status_code == 200
    assert middleware(RequestFactory().post("/", REMOTE_ADDR="203.0.113.6")).status_code == 200
    go_on.set()
    for thread in threads:
        thread.join()
    assert middleware(RequestFactory().post("/", REMOTE_ADDR="203.0.113.5")).status_code == 200
    assert not middleware.under_way


@pytest.fixture
def web(db: None, tmp_path: Path) -> Iterator[int]:
    """The port of a web server with this test's settings."""
    environment: dict[str, Any] = {
        **os.environ,
        "HTTPS": "0",
        "DEMO": "0",
        "VAR_DIR": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }
    with supervisor.listen(18950) as listener:
        server = supervisor.start(supervisor.web_command(listener), environment, listener)
        try:
            port = supervisor.port_of(listener)
            supervisor.wait_until_answering(f"http://127.0.0.1:{port}/robots.txt", server)
            yield port
        finally:
            supervisor.stop({"web": server})


def test_pages_are_answered_while_twenty_forms_trickle_in(web: int) -> None:
    head = (
        b"POST /kontakt/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Cookie: csrftoken=" + b"x" * 32 + b"\r\nContent-Length: 5000\r\n\r\na"
    )
    with ExitStack() as stack:
        for _ in range(20):
            sender = stack.enter_context(socket.create_connection(("127.0.0.1", web), timeout=10))
            sender.sendall(head)
        time.sleep(1)
        for _ in range(5):
            with urllib.request.urlopen(f"http://127.0.0.1:{web}/robots.txt", timeout=10) as answer:
                assert answer.status == 200
