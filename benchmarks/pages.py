"""What the benchmarks of pages for visitors share: requests per second of a page against a bare Django template view.

The same web server, with the options of ``make run``, answers both under the same settings and
middleware; the bare view is of the same size and asks nothing of the database. Eight
connections are kept alive, each with one request on its way.
"""

import io
import os
import socket
import threading
import time
from contextlib import closing
from typing import Any

from common import alternating, note, portal, result

CONNECTIONS = 8
SECONDS = 1.5
ROUNDS = 11
MOST_QUERIES = 5


def against_a_bare_view(benchmark: str, page: str, *commands: str) -> dict[str, Any]:
    """Start the server and load ``page`` and a bare one of its size in turn; ``commands`` (manage.py) fill the portal first."""
    with portal(settings="benchmarks.bare_settings", WEB_WORKERS="1", WEB_THREADS="4"):
        from django.core.management import call_command

        from wolfsburg_portal import supervisor

        call_command("collectstatic", interactive=False, verbosity=0)
        for command in commands:
            call_command(*command.split(), stdout=io.StringIO())
        queries, size = _queries_and_size(page)
        note(f"{queries} queries, {size} bytes")
        listener = supervisor.listen(18100)
        port = supervisor.port_of(listener)
        server = supervisor.start(supervisor.web_command(listener), os.environ, listener)
        try:
            supervisor.wait_until_answering(f"http://127.0.0.1:{port}/healthz/", server)
            bare = f"/bare/{size}/"
            peer_size = _load(port, bare, seconds=SECONDS)[1]
            _load(port, page, seconds=SECONDS)
            if abs(peer_size - size) > size * 0.05:
                raise RuntimeError(f"the bare page has {peer_size} bytes, ours {size}")
            measured = alternating(
                {
                    "ours": lambda: _load(port, page, seconds=SECONDS)[0],
                    "peer": lambda: _load(port, bare, seconds=SECONDS)[0],
                },
                rounds=ROUNDS,
            )
        finally:
            supervisor.stop({"web": server})
            listener.close()
    return result(
        benchmark, **measured, unit="requests/s", at_least=0.5, ok=queries <= MOST_QUERIES,
        queries=queries, bytes=size, peer_bytes=peer_size,
    )  # fmt: skip


def _queries_and_size(page: str) -> tuple[int, int]:
    """Queries of an anonymous visit (the most of two: caches are cold, then warm) and the page's bytes."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    counts = []
    client = Client(SERVER_NAME="127.0.0.1")
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(page)
        if response.status_code != 200:
            raise RuntimeError(f"{page} answers {response.status_code}")
        counts.append(len(captured))
    connection.close()
    return max(counts), len(response.content)


def _load(port: int, path: str, *, seconds: float) -> tuple[float, int]:
    """Ask for ``path`` on all connections for some time; returns answers per second and their bytes.

    Raises RuntimeError when an answer was not 200.
    """
    counts, sizes, failures = [0] * CONNECTIONS, [0] * CONNECTIONS, []
    begin = time.perf_counter()
    until = begin + seconds

    def visit(number: int) -> None:
        try:
            with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
                while time.perf_counter() < until:
                    sizes[number] = _ask(connection, port, path)
                    counts[number] += 1
        except (OSError, RuntimeError) as error:
            failures.append(error)

    threads = [threading.Thread(target=visit, args=[number]) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begin
    if failures:
        raise RuntimeError(f"{path}: {failures[0]}")
    return sum(counts) / elapsed, sizes[0]


def _ask(connection: socket.socket, port: int, path: str) -> int:
    """One request; returns the length of the answer's body.

    By hand, because parsing headers with http.client would cost as much as a bare page.
    """
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\nAccept-Language: de\r\n\r\n".encode()
    )
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    status, _, headers = head.lower().partition(b"\r\n")
    if not status.startswith(b"http/1.1 200"):
        raise RuntimeError(status.decode(errors="replace"))
    length = int(headers.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    missing = length - len(body)
    while missing > 0:
        missing -= len(_some(connection))
    return length


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("the server closed the connection")
    return data
