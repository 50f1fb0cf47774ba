"""Connections of the web server, and what they may cost: time, places and room on the disk.

waitress takes requests in and hands answers out in one loop. Left alone, it lets a peer that sends or takes a byte now
and then keep its place for ever, lets one peer take all places, and keeps the bodies of all on the disk.
"""

import fcntl
import re
import resource
import select
import socket
import sys
import termios
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.utilities import BadRequest, RequestEntityTooLarge

from apps.core.networks import named_by_proxies, networks_of

# More than people cause. Each may need a second file, for a body that is kept on the disk.
CONNECTIONS = 900
OTHER_FILES = 200
# A connection on which nothing happens is closed after this many seconds.
SILENT_SECONDS = 30
# A request has to arrive, and an answer to be taken, within this many seconds and one more for so many bytes; whoever
# was quick may rest for so long at most.
PATIENCE_SECONDS = 20
BYTES_PER_SECOND = 1000
LONGEST_REST_SECONDS = 60
# What stands around the chunks of a body, sizes and trailer: so many bytes, and this share of what is in them.
CHUNK_LINE_BYTES = 4096
CHUNK_LINE_SHARE = 1 / 16
# What all connections together may keep on the disk of requests that are not answered yet.
MOST_BODY_BYTES = 1024 * 1024 * 1024


def places() -> int:
    """How many connections the files that this process may open are enough for; asks for as many as it can get."""
    wanted = 2 * CONNECTIONS + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(CONNECTIONS, (soft - OTHER_FILES) // 2))


# What keeps a processor busy: forms of the account, where passwords are hashed; and in any way it is asked for, the copy
# of one's own data and the steps of an application, which may show twenty dogs of six fields each.
COSTLY_FORMS = ("/konto/", "/en/konto/", "/mein-bereich/vorgaenge/", "/en/mein-bereich/vorgaenge/")
COSTLY_PAGES = ("/konto/daten/", "/en/konto/daten/", "/antraege/entwurf/", "/en/antraege/entwurf/")


# Where files are sent: steps of an application, answers in a case, those of somebody who was invited to one (by the
# handle of their link), a letter to be checked (by its code), the table of the Kita office. Nobody sends parts, or much, to anything else.
UPLOADS = re.compile(
    r"(?:/en)?(?:/antraege/entwurf/[^/]+/schritt/[^/]+/|/mein-bereich/vorgaenge/[^/]+/|/einladung/[0-9a-f]{16}/"
    r"|/pruefen/[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}/|/verwaltung/kitas/$)"
)
MOST_TYPED_BYTES = 256 * 1024


# What waitress' own expressions take seconds for, they never see: addresses with a host, control characters, folded
# lines, thousands of blanks in a row, hundreds of lines. No browser and no proxy sends such to a server like this one.
FIRST_LINE = re.compile(rb"[A-Za-z]{1,20} (?:/[!-~\x80-\xff]*|\*) HTTP/1\.[01]")
FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}:[\t -~\x80-\xff]*")
MANY_BLANKS = re.compile(rb"[ \t]{100}")
MOST_FIELDS = 100
# Python looks for the end of a quoted text in it from each semicolon anew.
LONGEST_CONTENT_TYPE = 256


class Request(HTTPRequestParser):
    """One request, read strictly: alone on its connection until it is answered, and of one length."""

    error: BadRequest | RequestEntityTooLarge | None
    completed: bool

    def received(self, data: bytes) -> int:
        """Take in what belongs to it. What follows before the answer is dropped, and the connection ends with it.

        No browser and no proxy of today sends ahead (RFC 9112, 9.3.2, leaves it to us to answer); whoever does could
        have hundreds of requests answered for one, and fill the answers' buffer until its thread has to wait.
        """
        consumed = int(super().received(data))
        if self.chunked and self.body_rcv is not None and not self.error and self._wraps_too_much():
            self.error = BadRequest("More around the chunks than in them")
            self.completed = True
        within = len(self.body_rcv) if self.body_rcv is not None else 0
        if not self.error and max(self.content_length, within) > self._most():
            self.error = RequestEntityTooLarge(f"exceeds {self._most()} bytes")
            self.completed = True
        if self.completed and not self.empty and data[consumed:].strip(b"\r\n"):
            self.headers["CONNECTION"] = "close"
            return len(data)
        return consumed

    def _most(self) -> int:
        """How much of a body is taken in: files come to few places."""
        takes_files = not self.headers_finished or self.empty or UPLOADS.match("/" + self.path.lstrip("/"))
        return sys.maxsize if takes_files else MOST_TYPED_BYTES

    def _wraps_too_much(self) -> bool:
        """Whether the chunks are tiny, their lines long, or the trailer: each is looked at in the one loop.

        What is kept of an unfinished line is read again with every packet.
        """
        within = len(self.body_rcv)
        return bool(self.body_bytes_received - within > CHUNK_LINE_BYTES + within * CHUNK_LINE_SHARE)

    def parse_header(self, header_plus: bytes) -> None:
        """Refuse what no client sends, and what gives two lengths: a proxy may believe the other (RFC 9112, 6.3)."""
        first, *fields = header_plus.rstrip(b"\r\n").split(b"\r\n", MOST_FIELDS + 1)
        if not FIRST_LINE.fullmatch(first) or MANY_BLANKS.search(header_plus):
            raise ParsingError("Bad request")
        if len(fields) > MOST_FIELDS or not all(map(FIELD.fullmatch, fields)):
            raise ParsingError("Bad header")
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # An address or a length that Python cannot read.
            raise ParsingError("Bad request") from error
        if (self.chunked and "CONTENT_LENGTH" in self.headers) or "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Two lengths")
        if len(self.headers.get("CONTENT_TYPE", "")) > LONGEST_CONTENT_TYPE:
            raise ParsingError("Bad header")
        is_parts = self.headers.get("CONTENT_TYPE", "").lower().lstrip().startswith("multipart")
        if is_parts and not UPLOADS.match("/" + self.path.lstrip("/")):
            # Django would take them apart before any view is asked, and counts neither parts without a name nor what
            # stands in their heads.
            raise ParsingError("Nobody uploads here")


class Connection(HTTPChannel):
    """One connection. Its peer has to keep up a pace while a request arrives or an answer waits to be taken.

    Runs in the loop, except for ``send``, which a thread calls as well.
    """

    parser_class = Request
    requests: list[Request]

    def __init__(self, server: "Server", sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:
        self.networks = networks_of(str(addr[0]))
        self._received = self._sent = 0
        self.is_served = False
        # Until when the peer has to move the next bytes, and how many it had moved when that was reckoned.
        self._due: tuple[float, int] | None = None
        super().__init__(server, sock, addr, adj, map=map)

    def caller(self) -> tuple[str, ...]:
        """The networks that the request in hand comes from, the widest first, as the trusted proxies name them."""
        return tuple(self.request_networks())

    def request_networks(self) -> dict[str, int]:
        """The same, each with the number of callers it may count as."""
        # A copy: a thread may take the answered one away meanwhile.
        for request in [*self.requests, self.request]:
            if request is not None:
                named = named_by_proxies(request.headers.get("X_FORWARDED_FOR", ""), self.server.proxies)
                return networks_of(named) if named else self.networks
        return self.networks

    def costs_much(self) -> bool:
        """Whether answering the request in hand keeps a processor busy for long."""
        for request in self.requests[:1]:
            # As waitress hands it on: with one slash at the beginning.
            path = "" if request.error else "/" + request.path.lstrip("/")
            if path.startswith(COSTLY_PAGES) or (path.startswith(COSTLY_FORMS) and request.command == "POST"):
                return True
        return False

    def service(self) -> None:
        """Answer it, in a thread."""
        self.is_served = True
        try:
            super().service()
        finally:
            self.is_served = False

    def recv(self, buffer_size: int) -> bytes:
        """Read from the peer."""
        data = bytes(super().recv(buffer_size))
        self._received += len(data)
        return data

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Write to the peer."""
        sent = int(super().send(data, do_close=do_close))
        self._sent += sent
        return sent

    def overdue(self, now: float) -> bool:
        """Whether the peer keeps the portal waiting: with half a request, an answer not taken, or with nothing."""
        if self.requests and not self.total_outbufs_len:
            # It is the portal that lets the peer wait.
            self._due = None
            return False
        if self.request is None and not self.total_outbufs_len:
            self._due = None
            return bool(self.last_activity < now - SILENT_SECONDS)
        moved = self._received + self._sent - self._in_kernel()
        until, before = self._due or (now + PATIENCE_SECONDS, moved)
        until = min(until + (moved - before) / BYTES_PER_SECOND, now + LONGEST_REST_SECONDS)
        self._due = (until, moved)
        return now > until

    def _in_kernel(self) -> int:
        """Bytes that were sent but that the peer has not taken: the kernel keeps megabytes of them."""
        try:
            counted = fcntl.ioctl(self.socket.fileno(), termios.TIOCOUTQ, b"\0" * 4)
        except (OSError, AttributeError, ValueError):
            return 0
        return int.from_bytes(counted, sys.byteorder)

    def body_bytes(self) -> int:
        """How much of requests that are not answered yet is kept for it."""
        return sum(r.body_bytes_received for r in [*self.requests, self.request] if r is not None)

    def hang_up(self) -> None:
        """End it. The loop learns of that even if the peer takes nothing any more."""
        self.will_close = True
        with suppress(OSError, AttributeError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def handle_close(self) -> None:
        """It has ended: what still waits for a thread is answered for nobody, and its body goes at once."""
        if self.server.task_dispatcher.forget(self):
            for request in self.requests:
                request.close()
            self.requests = []
        super().handle_close()


def network_with_most(taken: Iterable[tuple[dict[str, int], int]]) -> str:
    """The network that takes the most for the number of callers it may count as; ``taken`` says who takes how much."""
    amounts: Counter[str] = Counter()
    callers: dict[str, int] = {}
    for networks, amount in taken:
        callers |= networks
        for network in networks:
            amounts[network] += amount
    return max(amounts, key=lambda network: amounts[network] / callers[network])


class Server(TcpWSGIServer):
    """The loop of one process: looks every second whose connection is to end.

    ``places`` connections are kept; when all are taken, whoever comes gets one of the network that has the most.
    """

    channel_class = Connection

    def __init__(self, *arguments: Any, places: int, proxies: int, **options: Any) -> None:
        self.places, self.proxies = places, proxies
        super().__init__(*arguments, **options)

    def handle_accept(self) -> None:
        """Take a connection in."""
        super().handle_accept()
        open_ones = self._open()
        if len(open_ones) > self.places:
            most = network_with_most((c.networks, 1) for c in open_ones)
            # Those whose request is being answered last, of the others the one that has been quiet for longest.
            min(
                (c for c in open_ones if most in c.networks),
                key=lambda c: (bool(c.requests), c.last_activity),
            ).hang_up()

    def maintenance(self, now: float) -> None:
        """End the connections whose peer keeps the portal waiting, and those that fill the disk."""
        left = self._left()
        for connection in self._open():
            if connection.overdue(now) or connection in left:
                connection.hang_up()
        # Asked once: what a thread answers meanwhile is another's.
        kept = [(c, c.request_networks(), c.body_bytes()) for c in self._open()]
        too_many = sum(size for _connection, _networks, size in kept) - MOST_BODY_BYTES
        # The largest of the network that keeps the most, until there is room again.
        while too_many > 0 and kept:
            most = network_with_most((networks, size) for _connection, networks, size in kept)
            largest = max((k for k in kept if most in k[1]), key=lambda k: k[2])
            kept.remove(largest)
            connection, _networks, size = largest
            connection.hang_up()
            too_many -= size

    def _left(self) -> set[Connection]:
        """Whose peer has gone while the request waits for a thread: nobody is there to read the answer.

        The loop itself reads nothing more before a request is answered, and so does not learn of it.
        """
        waiting = {c.socket.fileno(): c for c in self._open() if c.requests and not c.is_served}
        poll = select.poll()
        for descriptor in waiting:
            poll.register(descriptor, select.POLLRDHUP)
        return {waiting[descriptor] for descriptor, _events in poll.poll(0)}

    def _open(self) -> list[Connection]:
        return [c for c in self.active_channels.values() if not c.will_close]
