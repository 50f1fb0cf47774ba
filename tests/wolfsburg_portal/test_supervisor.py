"""The command behind ``make run``: its port, and what reaches the portal through its web server."""

import os
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


def test_changes_are_seen_and_whether_they_have_to_be_prepared(tmp_path: Path) -> None:
    files = {
        name: tmp_path / name for name in ("apps/x/views.py", "templates/x.html", "static/x.css", "apps/x/data/x.json")
    }
    for file in files.values():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        os.utime(file, (1000, 1000))
    assert supervisor.newest_sources(tmp_path) == (1000, 1000)
    for name, expected in (
        ("templates/x.html", (2000, 1000)), ("static/x.css", (2000, 2001)), ("apps/x/data/x.json", (2000, 2002)),
        ("apps/x/views.py", (2003, 2002)),
    ):  # fmt: skip
        os.utime(files[name], (max(expected), max(expected)))
        assert supervisor.newest_sources(tmp_path) == expected, name
    cached = tmp_path / "apps/x/__pycache__/views.pyc"
    cached.parent.mkdir()
    cached.write_text("x")
    assert supervisor.newest_sources(tmp_path) == (2003, 2002)
