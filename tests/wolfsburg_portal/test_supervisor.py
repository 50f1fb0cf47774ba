"""The command behind ``make run``: its port, and what reaches the portal through its web server."""

import socket
from pathlib import Path

from wolfsburg_portal import supervisor


def test_two_started_together_never_share_a_port() -> None:
    with supervisor.listen(18900) as first, supervisor.listen(supervisor.port_of(first)) as second:
        assert supervisor.port_of(first) != supervisor.port_of(second)
        # Even one that asks to share is refused.
        with socket.socket() as third:
            third.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            try:
                third.bind(("127.0.0.1", supervisor.port_of(first)))
            except OSError:
                return
    raise AssertionError("the port was shared")


def what_arrives(folder: Path, request: bytes, *names: str) -> bytes:
    """The values that an application behind our web server finds under ``names`` for a raw request."""
    (folder / "echo.py").write_text(
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        f"    return ['|'.join(environ.get(n, '') for n in {names!r}).encode()]\n"
    )
    with supervisor.listen(18900) as listener:
        command = [*supervisor.web_command(listener), "echo:application"]
        server = supervisor.start(command, {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)}, listener)
        try:
            with socket.create_connection(("127.0.0.1", supervisor.port_of(listener)), timeout=60) as client:
                client.sendall(request.replace(b"\n", b"\r\n") + b"\r\n")
                answer = client.makefile("rb").read()
        finally:
            supervisor.stop({"web": server})
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return answer.partition(b"\r\n\r\n")[2]


def test_header_with_underscores_does_not_pass_for_the_proxys(tmp_path: Path) -> None:
    """``X_Forwarded_For`` becomes the same variable as ``X-Forwarded-For``, and the later one used to win."""
    request = (
        b"GET / HTTP/1.1\nHost: localhost\nConnection: close\n"
        b"X-Forwarded-For: 203.0.113.9\nX_Forwarded_For: 198.51.100.1\nX-Forwarded_For: 198.51.100.2\n"
        b"X-Forwarded-Proto: http\nX_Forwarded_Proto: https\n"
    )
    assert what_arrives(tmp_path, request, "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO") == b"203.0.113.9|http"


def test_no_header_says_where_the_portal_is_mounted(tmp_path: Path) -> None:
    """Else the page of one address would be kept under another."""
    request = (
        b"GET /a/b/ HTTP/1.1\nHost: localhost\nConnection: close\nSCRIPT_NAME: /a\nPATH_INFO: /c\nScript-Name: /a\n"
    )
    assert what_arrives(tmp_path, request, "SCRIPT_NAME", "PATH_INFO") == b"|/a/b/"
