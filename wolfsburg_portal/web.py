"""The web server: ``python -m wolfsburg_portal.web --bind 127.0.0.1:8000``, or ``--fd N`` on a socket that is held.

waitress takes requests in and hands answers out in one loop, for as many connections as there are; a thread is held
only while Django works. So nobody stops the portal by sending or receiving drop by drop; what a connection may cost
says connections.py, and who gets the next free thread turns.py. waitress drops header names with underscores, which
would pass for those with hyphens that a proxy sets.

``WEB_WORKERS`` processes with ``WEB_THREADS`` threads each answer on the same socket; one that ends is replaced.
"""

import argparse
import importlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import environ
from waitress.adjustments import Adjustments

from wolfsburg_portal.connections import Server, places
from wolfsburg_portal.turns import FairDispatcher

APPLICATION = "wolfsburg_portal.wsgi:application"
MEGABYTE = 1024 * 1024
# Past this, a request is refused without a page. Until then the portal itself explains what is too large: four uploads
# (see REQUEST_LIMIT_FACTOR) and a little more.
UPLOADS_IN_A_BODY = 4
REST_OF_A_BODY = 5 * MEGABYTE
# What of each request and answer is kept in memory; the rest lies on the disk. Nine hundred may come at once.
HEAD_BYTES = 16 * 1024
REQUEST_BYTES_IN_MEMORY = 64 * 1024
ANSWER_BYTES_IN_MEMORY = 256 * 1024
# An answer waits on the disk for whoever is slow to take it; no thread waits with it.
ANSWER_BYTES = 1024 * MEGABYTE


def build(listener: socket.socket, application: str) -> Server:
    """A server for ``listener``; runs with ``run()``."""
    module, _colon, name = application.partition(":")
    # The settings, read with the application, put what is in .env into the environment.
    loaded = getattr(importlib.import_module(module), name)
    upload = int(os.environ.get("UPLOAD_MAX_MB", "10")) * MEGABYTE
    adjustments = Adjustments(
        sockets=[listener], ident=None, cleanup_interval=1, asyncore_use_poll=True,
        max_request_body_size=UPLOADS_IN_A_BODY * upload + REST_OF_A_BODY, outbuf_high_watermark=ANSWER_BYTES,
        max_request_header_size=HEAD_BYTES, inbuf_overflow=REQUEST_BYTES_IN_MEMORY,
        outbuf_overflow=ANSWER_BYTES_IN_MEMORY,
        # Which of them may be believed is for TRUSTED_PROXY_COUNT to say.
        clear_untrusted_proxy_headers=False,
        # The server makes a place for whoever comes (connections.py); waitress itself would stop listening.
        connection_limit=sys.maxsize,
    )  # fmt: skip
    return Server(
        loaded, _sock=listener, dispatcher=FairDispatcher(int(os.environ.get("WEB_THREADS", "12"))), adj=adjustments,
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()), bind_socket=False,
        places=places(), proxies=int(os.environ.get("TRUSTED_PROXY_COUNT", "0")),
    )  # fmt: skip


def serve(listener: socket.socket, application: str) -> None:
    """Answer on ``listener`` until SIGTERM."""
    signal.signal(signal.SIGTERM, _leave)
    build(listener, application).run()


def serve_in_processes(listener: socket.socket, application: str, count: int) -> None:
    """Answer in ``count`` processes, each replaced when it ends, until SIGTERM."""
    children = {_fork(listener, application) for _ in range(count)}
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for pid in children:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while children:
        pid, _status = os.wait()
        children.discard(pid)
        if not stopping:
            children.add(_fork(listener, application))


def _fork(listener: socket.socket, application: str) -> int:
    pid = os.fork()
    if pid == 0:
        # The portal is imported after the fork: its threads and connections belong to one process.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        serve(listener, application)
        os._exit(0)
    return pid


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main(arguments: Sequence[str]) -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="wolfsburg_portal.web")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--bind", help="address and port, e.g. 127.0.0.1:8000")
    where.add_argument("--fd", type=int, help="number of an inherited socket")
    parser.add_argument("application", nargs="?", default=APPLICATION)
    given = parser.parse_args(arguments)
    environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")
    if given.fd is not None:
        listener = socket.socket(fileno=given.fd)
        if listener.family not in (socket.AF_INET, socket.AF_INET6):
            parser.error(f"--fd {given.fd} is no TCP socket")
    else:
        host, _colon, port = given.bind.rpartition(":")
        listener = socket.create_server((host.strip("[]"), int(port)), backlog=1024)
    count = int(os.environ.get("WEB_WORKERS", "1"))
    if count > 1:
        serve_in_processes(listener, given.application, count)
    else:
        serve(listener, given.application)


if __name__ == "__main__":
    main(sys.argv[1:])
