"""Nobody keeps the web server from answering the others: not by being slow, not by being many, not by sending ahead."""

import http.client
import io
import os
import select
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from apps.core.networks import networks_of
from wolfsburg_portal import supervisor
from wolfsburg_portal.connections import network_with_most

pytestmark = pytest.mark.processes
SLOW = 60
HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
# Where files may be sent.
UPLOAD = HEAD.replace(b" / ", b" /mein-bereich/vorgaenge/ABC/antworten/ ")
# Small limits, so that a test reaches them; 127.0.0.1 and 127.0.0.2 are two networks.
APPLICATION = """
import os
import pathlib
import signal
import threading
import time

from wolfsburg_portal import connections

for name, value in os.environ.items():
    if name.startswith("TEST_"):
        setattr(connections, name[5:], int(value))
counted, told = threading.Lock(), threading.Event()
signal.signal(signal.SIGUSR1, lambda *_more: told.set())
ended = 0

def application(environ, start_response):
    global ended
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    path = environ["PATH_INFO"]
    if path == "/large":
        return [b"x" * 1_000_000] * 40
    if path.endswith("/until-told"):
        pathlib.Path(__file__).with_name("begun").touch()
        told.wait()
    if path == "/slow":
        time.sleep(0.15)
        with counted:
            ended += 1
    if path == "/ended":
        return [str(ended).encode()]
    return [str(os.getpid()).encode()]
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


def connected(port: int, network: str = "127.0.0.1", **options: int) -> socket.socket:
    """A connection from ``network``."""
    made = socket.socket()
    for name, value in options.items():
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    made.settimeout(30)
    made.bind((network, 0))
    made.connect(("127.0.0.1", port))
    return made


def read_to_end(connection: socket.socket) -> bytes:
    """All that the server says until it hangs up."""
    said = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            said += part
    return said


def answer_to(connection: socket.socket, path: str = "/", **headers: str) -> bytes:
    """Ask for ``path`` and read the one answer."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.read()


def asked(port: int, path: str = "/") -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", HEAD + b"Content-Length: 5000\r\n\r\na",
     HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"],
    ids=["silent", "one letter", "headers", "body", "chunks"],
)  # fmt: skip
def test_slow_connections_hold_up_nobody(serve: Callable[..., int], sent: bytes) -> None:
    port = serve(WEB_THREADS="4")
    with ExitStack() as stack:
        for _ in range(SLOW):
            stack.enter_context(connected(port)).sendall(sent)
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


def test_answers_that_nobody_takes_hold_no_thread(serve: Callable[..., int]) -> None:
    port = serve(WEB_THREADS="2")
    with ExitStack() as stack:
        for _ in range(4):
            slow = stack.enter_context(connected(port, SO_RCVBUF=2048))
            slow.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for _ in range(5):
            assert asked(port)


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", HEAD + b"Content-Length: 5000\r\n\r\na",
     HEAD + b"Transfer-Encoding: chunked\r\n\r\n200\r\nab"],
    ids=["headers", "body", "chunks"],
)  # fmt: skip
def test_whoever_sends_drop_by_drop_is_hung_up_on(serve: Callable[..., int], sent: bytes) -> None:
    port = serve(TEST_PATIENCE_SECONDS="2")
    with connected(port) as slow:
        slow.sendall(sent)
        for _ in range(300):
            try:
                slow.sendall(b"x")
            except OSError:
                return
            time.sleep(0.1)
    pytest.fail("still served")


def test_whoever_takes_drop_by_drop_is_hung_up_on(serve: Callable[..., int]) -> None:
    port = serve(TEST_PATIENCE_SECONDS="2")
    with connected(port, SO_RCVBUF=2048) as slow:
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        taken = 0
        for _ in range(40):
            taken += len(slow.recv(10))
            time.sleep(0.1)
        taken += len(read_to_end(slow))
    assert taken < 40_000_000


def test_whoever_keeps_up_a_pace_has_the_time_it_takes(serve: Callable[..., int]) -> None:
    port = serve(TEST_PATIENCE_SECONDS="3")
    with connected(port) as steady:
        steady.sendall(HEAD + b"Connection: close\r\nContent-Length: 25000\r\n\r\n")
        for _ in range(50):
            steady.sendall(b"x" * 500)
            time.sleep(0.1)
        assert read_to_end(steady).startswith(b"HTTP/1.1 200")


def test_whoever_takes_a_long_answer_steadily_gets_all_of_it(serve: Callable[..., int]) -> None:
    """The kernel keeps megabytes of it: for a long time nothing goes into it, while the peer takes and takes."""
    port = serve(TEST_PATIENCE_SECONDS="3")
    with connected(port, SO_RCVBUF=65536) as steady:
        steady.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        taken = 0
        for _ in range(80):
            taken += len(steady.recv(4000))
            time.sleep(0.1)
        taken += len(read_to_end(steady))
    assert taken > 40_000_000


def test_quick_beginning_buys_no_long_rest(serve: Callable[..., int]) -> None:
    port = serve(TEST_PATIENCE_SECONDS="2", TEST_LONGEST_REST_SECONDS="3")
    with connected(port) as slow:
        slow.sendall(UPLOAD + b"Content-Length: 5000000\r\n\r\n" + b"x" * 1_000_000)
        assert read_to_end(slow) == b""


def test_when_all_places_are_taken_the_network_with_the_most_gives_one(serve: Callable[..., int]) -> None:
    port = serve(TEST_CONNECTIONS="20")
    with ExitStack() as stack:
        early = stack.enter_context(connected(port, "127.0.0.2"))
        assert answer_to(early)
        many = [stack.enter_context(connected(port)) for _ in range(60)]
        late = stack.enter_context(connected(port, "127.0.0.3"))
        assert answer_to(late)
        assert answer_to(early)
        # The oldest of the many are gone.
        assert read_to_end(many[0]) == b""


def test_one_network_has_one_turn_after_another_with_the_others(serve: Callable[..., int]) -> None:
    port = serve(WEB_THREADS="3")
    request = b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        many = [stack.enter_context(connected(port)) for _ in range(60)]
        for one in many:
            one.sendall(request)
        with connected(port, "127.0.0.2") as other:
            assert int(answer_to(other, "/ended")) < 40
        assert all(read_to_end(one).startswith(b"HTTP/1.1 200") for one in many)


@pytest.mark.parametrize(
    ("mine", "neighbour"),
    [("2001:db8:0:{:02x}00::1", "2001:db8:1:1200::1"), ("2001:db8:0:12{:02x}::1", "2001:db8:0:1300::1")],
    ids=["server", "household"],
)
def test_whoever_has_many_networks_has_one_turn_for_all(serve: Callable[..., int], mine: str, neighbour: str) -> None:
    port = serve(WEB_THREADS="3", TRUSTED_PROXY_COUNT="1")
    with ExitStack() as stack:
        many = [stack.enter_context(connected(port)) for _ in range(60)]
        for number, one in enumerate(many):
            named = f"X-Forwarded-For: {mine.format(number)}\r\nConnection: close\r\n\r\n".encode()
            one.sendall(b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n" + named)
        with connected(port) as other:
            assert int(answer_to(other, "/ended", X_Forwarded_For=neighbour)) < 40
        assert all(read_to_end(one).startswith(b"HTTP/1.1 200") for one in many)


def test_two_networks_together_do_not_hold_all_threads(serve: Callable[..., int]) -> None:
    """Nor with what costs much beside the rest; whoever comes then has a thread at once."""
    port = serve(WEB_THREADS="12")
    with connected(port, "127.0.0.9") as other, ExitStack() as stack:
        pid = int(answer_to(other))
        for network in ("127.0.0.2", "127.0.0.3"):
            for path in [b"/until-told"] * 20 + [b"/konto/until-told"] * 10:
                one = stack.enter_context(connected(port, network))
                one.sendall(HEAD.replace(b" / ", b" %s " % path) + b"Content-Length: 0\r\n\r\n")
        for _ in range(5):
            assert answer_to(other)
        os.kill(pid, signal.SIGUSR1)


def test_two_networks_do_not_hold_all_that_costs_much(serve: Callable[..., int]) -> None:
    """Or nobody else could sign in."""
    port = serve(WEB_THREADS="12")
    with connected(port, "127.0.0.3") as other, ExitStack() as stack:
        pid = int(answer_to(other))
        for network in ("127.0.0.1", "127.0.0.2"):
            for _ in range(10):
                one = stack.enter_context(connected(port, network))
                one.sendall(HEAD.replace(b" / ", b" /konto/until-told ") + b"Content-Length: 0\r\n\r\n")
        for _ in range(5):
            assert answer_to(other, "/konto/daten/")
        os.kill(pid, signal.SIGUSR1)


def test_head_has_no_body(db: None) -> None:
    from wolfsburg_portal import wsgi

    sent: list[Any] = []
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {"REQUEST_METHOD": "HEAD", "PATH_INFO": "/robots.txt", "HTTP_HOST": "testserver"}
    assert list(wsgi.application(environ, lambda *told: sent.append(told))) == []
    assert sent


def test_boundary_in_an_encoding_that_nobody_knows_is_refused(db: None) -> None:
    from wolfsburg_portal import wsgi

    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "multipart/form-data; boundary*=nobody''x",
        "HTTP_HOST": "testserver",
    }
    said: list[Any] = []
    assert b"".join(wsgi.application(environ, lambda *told: said.append(told)))
    assert said[0][0].startswith("400")


@pytest.mark.parametrize(
    ("takers", "most"),
    [
        (["2001:db8::1", "203.0.113.1", "203.0.113.1"], "203.0.113.1"),
        # One household with many networks, and its provider's other customers.
        ([f"2001:db8:0:12{n:02x}::1" for n in range(90)] + [f"2001:db8:0:{n:02x}00::1" for n in range(30, 130)]
         + ["203.0.113.1"] * 20, "2001:db8:0:1200::/56"),
        # One server with many households.
        ([f"2001:db8:0:{n:02x}00::1" for n in range(200)] + ["203.0.113.1"] * 10, "2001:db8::/48"),
        # A provider's customers are not to give way to one of its size.
        ([f"2001:db8:0:{n:02x}00::1" for n in range(200)] + ["203.0.113.1"] * 20, "203.0.113.1"),
    ],
)  # fmt: skip
def test_network_with_the_most_may_be_a_wide_one(takers: list[str], most: str) -> None:
    assert network_with_most((networks_of(taker), 1) for taker in takers) == most


@pytest.mark.parametrize(
    ("method", "paths"),
    [
        ("POST", ["/konto/until-told", "///en/konto/until-told"]),
        ("GET", ["/antraege/entwurf/until-told", "/en/konto/daten/until-told"]),
    ],
)
def test_whatever_number_ask_for_costly_things_pages_are_answered(
    serve: Callable[..., int], method: str, paths: list[str]
) -> None:
    """Each from a network of its own; a password takes its time, and so do twenty dogs."""
    port = serve(WEB_THREADS="3")
    with connected(port, "127.0.0.2") as other, ExitStack() as stack:
        pid = int(answer_to(other))
        many = [stack.enter_context(connected(port, f"127.0.1.{number}")) for number in range(1, 11)]
        for path, one in zip(paths * 5, many, strict=True):
            head = HEAD.replace(b"POST / ", f"{method} {path} ".encode())
            one.sendall(head + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        for _ in range(5):
            assert answer_to(other)
        os.kill(pid, signal.SIGUSR1)
        assert all(read_to_end(one).startswith(b"HTTP/1.1 200") for one in many)


@pytest.mark.parametrize(
    "head",
    [
        b"GET a://" + b"1" * 8000 + b" X", b"GET http://127.0.0.1/ HTTP/1.1", b"GET /", b"GET / HTTP/2.0", b"G\x00T / HTTP/1.1",
        b"GET / HTTP/1.1\r\na:" + b" " * 8000 + b"\x00", b"GET / HTTP/1.1\r\na:" + b"\t" * 100 + b"b",
        b"GET / HTTP/1.1\r\na: b\r\n c", b"GET / HTTP/1.1\r\nno field", b"GET / HTTP/1.1\r\na : b",
        b"GET / HTTP/1.1" + b"\r\na:" * 101, b"GET / HTTP/1.1" + b"\r\na:" * 3000,
    ],
    ids=lambda head: repr(head[:20]) + str(len(head)),
)  # fmt: skip
def test_head_that_no_client_sends_is_refused_at_once(serve: Callable[..., int], head: bytes) -> None:
    port = serve()
    with connected(port, "127.0.0.2") as other:
        assert answer_to(other)
        with ExitStack() as stack:
            many = [stack.enter_context(connected(port)) for _ in range(20)]
            for one in many:
                one.sendall(head + b"\r\nHost: 127.0.0.1\r\n\r\n")
            assert answer_to(other)
            assert all(read_to_end(one).startswith(b"HTTP/1.0 400") or b" 400 " in read_to_end(one) for one in many)


def test_head_as_browsers_send_it_is_read(serve: Callable[..., int]) -> None:
    port = serve()
    with connected(port) as one:
        more = {f"X_Field_{number}": 'a b; c="d", ä' for number in range(60)} | {"Cookie": "a=" + "b" * 8000}
        assert answer_to(one, "/ended?q=%C3%A4&r=a+b", **{k: v.encode().decode("latin-1") for k, v in more.items()})


def test_request_of_somebody_who_has_left_is_not_answered(serve: Callable[..., int], tmp_path: Path) -> None:
    port = serve(WEB_THREADS="1")
    with connected(port, "127.0.0.2") as other:
        pid = int(answer_to(other))
        other.sendall(b"GET /until-told HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        deadline = time.monotonic() + 60
        # The one thread is taken (else those who ask after it would come first, for this one has been answered before);
        # open is what it listens on, and the one above: what asked whether it is up has gone.
        while not (tmp_path / "begun").exists() or _sockets(pid) > 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with ExitStack() as stack:
            for number in range(20):
                gone = stack.enter_context(connected(port, f"127.0.1.{number + 1}"))
                gone.sendall(b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            while _sockets(pid) < 22:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        # They have closed politely.
        while _sockets(pid) > 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.kill(pid, signal.SIGUSR1)
        answer = http.client.HTTPResponse(other)
        answer.begin()
        assert int(answer.read()) == pid
        assert int(answer_to(other, "/ended")) == 0


def test_request_that_has_its_thread_is_answered_although_its_peer_says_no_more(serve: Callable[..., int]) -> None:
    port = serve()
    with connected(port, "127.0.0.2") as other, connected(port) as one:
        pid = int(answer_to(other))
        one.sendall(b"GET /until-told HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        one.shutdown(socket.SHUT_WR)
        # Longer than the server takes to look whose peer has gone.
        for _ in range(30):
            assert answer_to(other)
            time.sleep(0.1)
        os.kill(pid, signal.SIGUSR1)
        assert read_to_end(one).startswith(b"HTTP/1.1 200")


def _sockets(pid: int) -> int:
    """How many connections a process has; counted with the one it listens on."""
    return sum(
        os.readlink(f).startswith("socket:") for f in Path(f"/proc/{pid}/fd").iterdir() if f.exists() or f.is_symlink()
    )


def test_what_is_sent_ahead_is_not_answered(serve: Callable[..., int]) -> None:
    port = serve()
    with connected(port) as hasty:
        hasty.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)
        said = read_to_end(hasty)
    assert said.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in said


def test_one_request_after_another_goes_through_one_connection(serve: Callable[..., int]) -> None:
    port = serve()
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(3):
        client.request("POST", "/", body=b"x" * 100_000)
        assert client.getresponse().read()
        used = client.sock
    assert used is not None
    client.close()


@pytest.mark.parametrize(
    "sent",
    [HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     b"POST / HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"GET http://[bad HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["two lengths", "length of a later version", "endless length", "address"],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_refused(serve: Callable[..., int], sent: bytes) -> None:
    port = serve()
    with connected(port) as odd:
        odd.sendall(sent)
        assert b" 400 " in read_to_end(odd).splitlines()[0]
    assert asked(port)


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ", b" 431 "),
     (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b" 400 "),
     (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Long: ", b" 400 "),
     (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 10_000, b" 400 ")],
    ids=["headers", "size of a chunk", "trailer", "many tiny chunks"],
)  # fmt: skip
def test_what_stands_around_a_body_is_short(serve: Callable[..., int], sent: bytes, status: bytes) -> None:
    """It is kept in memory, and read again with every packet."""
    port = serve()
    with connected(port) as wordy:
        with suppress(OSError):
            wordy.sendall(sent + b"f" * 100_000)
        said = read_to_end(wordy)
    assert status in said.splitlines()[0]


def test_chunks_of_a_usual_size_are_taken(serve: Callable[..., int]) -> None:
    port = serve()
    for size in (200, 8192, 100_000):
        chunk = f"{size:x}\r\n".encode() + b"x" * size + b"\r\n"
        with connected(port) as usual:
            usual.sendall(
                UPLOAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 100 + b"0\r\n\r\n"
            )
            assert read_to_end(usual).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("path", [b"/", b"/kontakt/", b"/en/konto/login/", b"/antraege/entwurf/x/pruefen/"])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_typed_has_a_limit_of_its_own(serve: Callable[..., int], path: bytes, chunked: bool) -> None:
    port = serve(TEST_MOST_TYPED_BYTES="10000")
    for size, status in ((10_000, b"200"), (10_001, b"413")):
        length, body = b"Content-Length: %d" % size, b"x" * size
        if chunked:
            length, body = b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (size, body)
        with connected(port) as one:
            with suppress(ConnectionError):
                one.sendall(HEAD.replace(b" / ", b" %s " % path) + b"Connection: close\r\n%s\r\n\r\n" % length + body)
            assert read_to_end(one).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/", b"400"), (b"/kontakt/", b"400"), (b"//kontakt/", b"400"),
        (b"/antraege/entwurf/x/schritt/", b"400"),
        (b"/antraege/entwurf/x/schritt/person/", b"200"), (b"/en/antraege/entwurf/x/schritt/person/", b"200"),
        (b"/mein-bereich/vorgaenge/ABC/antworten/", b"200"),
        (b"/einladung/0123456789abcdef/", b"200"), (b"/en/einladung/0123456789abcdef/", b"200"),
        (b"/einladung/abc/", b"400"), (b"/code/", b"400"), (b"/pruefen/", b"400"), (b"/pruefen/ABCD/", b"400"),
        (b"/pruefen/34AC-79DE-FHJK-MNPQ-RTVW/", b"200"), (b"/en/pruefen/34AC-79DE-FHJK-MNPQ-RTVW/", b"200"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [b"multipart/form-data; boundary=x", b"Multipart/Mixed;boundary=x", b" multipart/x"])
def test_parts_are_taken_only_where_files_are_sent(
    serve: Callable[..., int], path: bytes, status: bytes, kind: bytes
) -> None:
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with connected(serve()) as one:
        one.sendall(head % (path, kind) + b"xx")
        assert read_to_end(one).startswith(b"HTTP/1.1 " + status)


def test_long_content_type_is_no_header(serve: Callable[..., int]) -> None:
    port = serve()
    for length, status in ((256, b"200"), (257, b"400")):
        with connected(port) as one:
            kind = b"text/plain;a=" + b";" * (length - 13)
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: %s\r\n\r\n" % kind)
            assert read_to_end(one).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("boundary", ["x", "----WebKitFormBoundaryABC", '"in quotes"', "*=utf-8''y"])
def test_many_parts_are_not_taken_apart(db: None, boundary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from wolfsburg_portal import wsgi

    # Small reads, so that marks lie across their edges.
    monkeypatch.setattr(wsgi, "READ_BYTES", 7)
    mark = b"--" + boundary.strip('"').rpartition("'")[2].encode()
    for parts, refused in ((wsgi.MOST_PARTS - 1, False), (wsgi.MOST_PARTS, True)):
        body = (
            b"".join(mark + b'\r\nContent-Disposition: form-data; filename="-"\r\n\r\n\r\n' for _ in range(parts))
            + mark
        )
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ |= {
            "CONTENT_TYPE": f"multipart/form-data; boundary={boundary}".replace("=*", "*"),
            "wsgi.input": io.BytesIO(body + b"--"),
        }
        assert wsgi._has_too_many_parts(environ) is refused
        assert environ["wsgi.input"].read() == body + b"--"
    environ["wsgi.input"].seek(0)
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": "/kontakt/", "HTTP_HOST": "testserver"}
    said: list[Any] = []
    assert b"".join(wsgi.application(environ, lambda *told: said.append(told))).decode().endswith("zu viele Teile.")
    assert said[0][0].startswith("400")


def test_bodies_that_fill_the_disk_are_given_up_where_most_of_them_come_from(serve: Callable[..., int]) -> None:
    port = serve(TEST_MOST_BODY_BYTES="1000000")
    with ExitStack() as stack:
        ours = stack.enter_context(connected(port, "127.0.0.2"))
        ours.sendall(UPLOAD + b"Connection: close\r\nContent-Length: 500000\r\n\r\n" + b"x" * 400_000)
        many = [stack.enter_context(connected(port)) for _ in range(6)]
        for one in many:
            one.sendall(UPLOAD + b"Content-Length: 5000000\r\n\r\n" + b"x" * 300_000)
        assert read_to_end(many[0]) == b""
        ours.sendall(b"x" * 100_000)
        assert read_to_end(ours).startswith(b"HTTP/1.1 200")


def test_behind_a_proxy_the_network_is_the_one_it_names(serve: Callable[..., int]) -> None:
    port = serve(WEB_THREADS="3", TRUSTED_PROXY_COUNT="1")
    request = b"GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 1.2.3.4, 203.0.113.1\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(connected(port)).sendall(request)
        with connected(port) as other:
            assert int(answer_to(other, "/ended", X_Forwarded_For="203.0.113.2")) < 40


def test_bodies_that_wait_for_a_thread_count_as_well_and_go_at_once(serve: Callable[..., int]) -> None:
    port = serve(WEB_THREADS="1", TEST_MOST_BODY_BYTES="1000000")
    with connected(port, "127.0.0.2") as other, ExitStack() as stack:
        pid = int(answer_to(other))
        # The only thread is busy as long as this test looks.
        other.sendall(b"GET /until-told HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        many = [stack.enter_context(connected(port)) for _ in range(20)]
        for one in many:
            one.sendall(UPLOAD + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000)
        deadline = time.monotonic() + 60
        while sum(_is_over(one) for one in many) < 16 or len(_bodies(pid)) > 4:
            assert time.monotonic() < deadline, _bodies(pid)
            time.sleep(0.1)
        os.kill(pid, signal.SIGUSR1)
        assert other.recv(1000).startswith(b"HTTP/1.1 200")


def _is_over(connection: socket.socket) -> bool:
    """Whether the server has hung up."""
    try:
        return bool(select.select([connection], [], [], 0)[0]) and connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def _bodies(pid: int) -> list[str]:
    """Files without a name that a process keeps open."""
    targets = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            targets.append(os.readlink(file) if int(file.name) > 2 else "")
    return [target for target in targets if "deleted" in target]
