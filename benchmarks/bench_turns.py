"""A page for one visitor while sixty connections of one other network ask without pause, by whose turn it is.

Ours goes round the networks; the peer is the same server with waitress' own queue, where the visitor waits behind all
that came before. ``alone_ms`` is the page when nobody else asks.
"""

import http.client
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import alternating, portal, result, run

HASTY, VISITOR = "127.0.0.1", "127.0.0.2"
CONNECTIONS = 60
ROUNDS = 3
SECONDS = 5
PAGE = "/leistungen/?q=ausweis"
VISITED = "/"
MOST = 0.5


def main() -> dict[str, Any]:
    """Both servers on the same database, one after the other under the same load."""
    with portal(API_RATE="1000000/second"):
        from django.core.management import call_command

        from wolfsburg_portal import supervisor

        call_command("collectstatic", interactive=False, verbosity=0)
        ours = supervisor.listen(18500)
        peer = supervisor.listen(18500)
        first_come = [sys.executable, str(Path(__file__).with_name("first_come.py")), "--fd", str(peer.fileno())]
        servers = {
            "ours": supervisor.start(supervisor.web_command(ours), os.environ, ours),
            "peer": supervisor.start(first_come, os.environ, peer),
        }
        try:
            ports = {"ours": supervisor.port_of(ours), "peer": supervisor.port_of(peer)}
            for name, port in ports.items():
                supervisor.wait_until_answering(f"http://127.0.0.1:{port}/healthz/", servers[name])
                _page_median(port)
            alone = _page_median(ports["ours"])

            def under_load(port: int) -> float:
                with _hasty(port):
                    return _page_median(port)

            measured = alternating(
                {"ours": lambda: under_load(ports["ours"]), "peer": lambda: under_load(ports["peer"])}, rounds=ROUNDS
            )
        finally:
            supervisor.stop(servers)
            ours.close()
            peer.close()
    return result(
        "turns", ours=measured["ours"] * 1000, peer=measured["peer"] * 1000, unit="ms", at_most=MOST,
        alone_ms=round(alone * 1000),
    )  # fmt: skip


@contextmanager
def _hasty(port: int) -> Iterator[None]:
    """Many connections of one network, each asking again as soon as it is answered."""
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            connection = _connection(port, HASTY)
            try:
                while not over.is_set():
                    connection.request("GET", PAGE)
                    connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    # Until the queue is as long as it gets.
    time.sleep(2)
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _page_median(port: int) -> float:
    """Median seconds of the home page for the visitor."""
    connection, times, until = _connection(port, VISITOR), [], time.perf_counter() + SECONDS
    while time.perf_counter() < until or not times:
        begin = time.perf_counter()
        connection.request("GET", VISITED)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{VISITED} answers {answer.status}")
        times.append(time.perf_counter() - begin)
    connection.close()
    return statistics.median(times)


def _connection(port: int, network: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120, source_address=(network, 0))
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


if __name__ == "__main__":
    run(main)
