"""One request to hold a time, by 200 clients, against a bare Django view that inserts one row.

The same web server with two processes answers both under the same settings and middleware. Clients are kept alive
and each has one request on its way; every hold asks for another time, so that all of them are given.
"""

import asyncio
import datetime as dt
import itertools
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from common import alternating, note, portal, result, run

CLIENTS = 200
SECONDS = 4
ROUNDS = 5


def main() -> dict[str, Any]:
    """Start the server, send both kinds of request in turn."""
    with portal(
        settings="benchmarks.bare_settings", WEB_WORKERS="2", WEB_THREADS="4", API_RATE="1000000000/second",
        APPOINTMENT_HOLDS_PER_HOUR="1000000000", APPOINTMENT_HOLDS_BEFORE_PROOF="1000000000",
        APPOINTMENT_HOLDS_PER_MINUTE="1000000000",
    ):  # fmt: skip
        import town_hall

        from apps.appointments.booking.models import Booking
        from wolfsburg_portal import supervisor

        town_hall.ours()
        listener = supervisor.listen(18300)
        port = supervisor.port_of(listener)
        server = supervisor.start(supervisor.web_command(listener), os.environ, listener)
        try:
            supervisor.wait_until_answering(f"http://127.0.0.1:{port}/healthz/", server)
            holds = _holds(town_hall.seats())
            rows = itertools.repeat(("/bare/row/", b"{}"))

            def ours() -> float:
                # A round's holds are given back, so that none meets the limit of what there is.
                Booking.objects.all().delete()
                return asyncio.run(_load(port, holds))

            def peer() -> float:
                return asyncio.run(_load(port, rows))

            peer()
            ours()
            measured = alternating({"ours": ours, "peer": peer}, rounds=ROUNDS)
        finally:
            supervisor.stop({"web": server})
            listener.close()
    return result("hold", **measured, unit="requests/s", at_least=0.3, clients=CLIENTS)


def _holds(seats: list[dt.datetime]) -> Iterator[tuple[str, bytes]]:
    """Requests for one time after the other at the largest office, again and again."""
    for start in itertools.cycle(seats):
        data = {"services": ["personalausweis"], "office": "rathaus-b", "starts_at": start.isoformat()}
        yield "/api/v1/appointments/holds", json.dumps(data).encode()


async def _load(port: int, requests: Iterator[tuple[str, bytes]]) -> float:
    """Send requests on all connections for some time; returns answers 201 per second."""
    until = time.perf_counter() + SECONDS
    given, other = 0, 0

    async def client() -> None:
        nonlocal given, other
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.perf_counter() < until:
                path, body = next(requests)
                writer.write(
                    f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
                await reader.readexactly(length)
                if head.startswith(b"HTTP/1.1 201"):
                    given += 1
                else:
                    other += 1
        finally:
            writer.close()

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    elapsed = time.perf_counter() - begin
    if other > given * 0.02:
        note(f"{other} of {given + other} answers were not 201")
    return given / elapsed


if __name__ == "__main__":
    run(main)
