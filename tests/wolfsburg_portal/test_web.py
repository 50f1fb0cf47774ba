"""Whoever sends or receives drop by drop holds no thread of the web server; pages are answered all the same."""

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from wolfsburg_portal import supervisor

pytestmark = pytest.mark.processes
SLOW = 60
HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
APPLICATION = """
import os

def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode() if environ["PATH_INFO"] != "/large" else b"x" * 5_000_000]
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Starts a web server with a small application; returns its port."""
    (tmp_path / "echo.py").write_text(APPLICATION)
    with ExitStack() as stack:

        def start(**environment: str) -> int:
            listener = stack.enter_context(supervisor.listen(18950))
            server = supervisor.start(
                [*supervisor.web_command(listener), "echo:application"],
                {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), **environment}, listener,
            )  # fmt: skip
            stack.callback(supervisor.stop, {"web": server})
            port = supervisor.port_of(listener)
            supervisor.wait_until_answering(f"http://127.0.0.1:{port}/", server)
            return port

        yield start


def asked(port: int, path: str = "/") -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", HEAD + b"Content-Length: 5000\r\n\r\na",
     HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 4],
    ids=["silent", "one letter", "headers", "body", "chunks", "answer that nobody takes"],
)  # fmt: skip
def test_slow_connections_hold_up_nobody(serve: Callable[..., int], sent: bytes) -> None:
    port = serve(WEB_THREADS="4")
    with ExitStack() as stack:
        for _ in range(SLOW):
            slow = stack.enter_context(socket.socket())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            slow.settimeout(10)
            slow.connect(("127.0.0.1", port))
            slow.sendall(sent)
        time.sleep(1)
        for _ in range(5):
            assert asked(port)


def test_process_that_ends_is_replaced(serve: Callable[..., int]) -> None:
    port = serve(WEB_WORKERS="2")
    ended = int(asked(port))
    os.kill(ended, signal.SIGKILL)
    deadline = time.monotonic() + 60
    seen: set[int] = set()
    while len(seen - {ended}) < 2:
        assert time.monotonic() < deadline
        seen.add(int(asked(port)))
