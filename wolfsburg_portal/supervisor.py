"""``make run``: database, web server, worker and beat under one command.

Ctrl-C stops everything; the data stays. With DATABASE_URL, CELERY_BROKER_URL and the like set,
the same processes run against servers of your own.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import environ

from wolfsburg_portal.engines import ROOT, VAR, EngineError, database

PYTHON = sys.executable
LOGINS = [
    ("Bürgerin", "buergerin@wolfsburg.example"),
    ("Sachbearbeitung", "sachbearbeitung@wolfsburg.example"),
    ("Leitung", "leitung@wolfsburg.example"),
    ("CDO", "cdo@wolfsburg.example"),
    ("Systemverwaltung", "admin@wolfsburg.example"),
]
DEMO_PASSWORD = "wolfsburg-demo"
START_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 20


def manage(*arguments: str, environment: Mapping[str, str]) -> None:
    """Run a management command; raises CalledProcessError when it fails."""
    subprocess.run([PYTHON, "manage.py", *arguments], cwd=ROOT, env=environment, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip


def prepare(environment: Mapping[str, str], *, demo: bool) -> None:
    """Bring database, translations and static files up to date and load the city's data."""
    manage("prepare", *(["--demo"] if demo else []), environment=environment)


def web_command(listener: socket.socket) -> list[str]:
    """The web server, answering on ``listener``."""
    return [PYTHON, "-m", "wolfsburg_portal.web", "--fd", str(listener.fileno())]


def background_commands() -> dict[str, list[str]]:
    """What works in the background, by name."""
    celery = [PYTHON, "-m", "celery", "-q", "-A", "wolfsburg_portal"]
    return {
        "worker": [
            *celery, "worker", "--concurrency", os.environ.get("WORKER_PROCESSES", "1"),
            "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
        ],
        "beat": [
            *celery, "beat", "--loglevel", "WARNING",
            "--schedule", str(VAR / "celerybeat-schedule"), "--pidfile", "",
        ],
    }  # fmt: skip


def start(
    command: list[str], environment: Mapping[str, str], listener: socket.socket | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that its children end with it; it may inherit a socket."""
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), start_new_session=True,
        pass_fds=[listener.fileno()] if listener else [], **options,
    )  # fmt: skip


def start_all(environment: Mapping[str, str], listener: socket.socket) -> dict[str, subprocess.Popen[bytes]]:
    """Start web server, worker and beat."""
    return {
        "web": start(web_command(listener), environment, listener),
        **{name: start(command, environment) for name, command in background_commands().items()},
    }


def newest_sources(root: Path = ROOT) -> tuple[float, float]:
    """When code or templates were changed last, and when what is prepared from (migrations, data, static files) was."""
    code, prepared = [0.0], [0.0]
    for folder in ("apps", "wolfsburg_portal", "templates", "locale", "static"):
        for file in (root / folder).rglob("*.*"):
            parts = file.relative_to(root).parts
            if "__pycache__" in parts or file.suffix == ".mo":
                continue
            where = prepared if parts[0] in ("static", "locale") or {"migrations", "data"} & set(parts) else code
            try:
                where.append(file.stat().st_mtime)
            except FileNotFoundError:
                # Editors write beside a file and move that into its place.
                continue
    return max(code), max(prepared)


def _prepare_again(environment: Mapping[str, str], seen: tuple[float, float], now: tuple[float, float]) -> None:
    print("Geändert: Das Portal startet neu.", flush=True)
    if now[1] == seen[1]:
        return
    try:
        prepare(environment, demo=False)
    except subprocess.CalledProcessError:
        print("Das ließ sich nicht vorbereiten; die Meldung steht darüber.", file=sys.stderr)


def stop(processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Ask every process to finish what it does, then insist; whole groups, children included."""
    for process in processes.values():
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    for process in processes.values():
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            pass
        _signal_group(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        process.send_signal(number)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def listen(wanted: int) -> socket.socket:
    """A socket bound to ``wanted`` or the next free port after it, held from now on.

    The web server inherits it, so that there is no moment in which somebody else could take the port.
    Raises EngineError when all of 50 ports are taken.
    """
    for port in range(wanted, wanted + 50):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            # Two sockets that do not listen yet may share a port; the second to listen is refused.
            listener.listen(1024)
        except OSError:
            listener.close()
            continue
        return listener
    raise EngineError(f"No free port between {wanted} and {wanted + 50}.")


def port_of(listener: socket.socket) -> int:
    """The port a socket is bound to."""
    return int(listener.getsockname()[1])


def wait_until_answering(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once ``url`` answers; raises EngineError when the server ends or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EngineError(f"The web server ended with code {process.returncode}.")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise EngineError("The web server does not answer.")


def run() -> int:
    """Run the portal until Ctrl-C or until one of its processes ends."""
    demo = environ.Env().bool("DEMO", default=True)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    stopping = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    with only_one(), listen(int(os.environ.get("PORT", "8000"))) as listener, database() as url:
        port = port_of(listener)
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DEMO": "1" if demo else "0",
            # The supervisor asks the portal on this address whether it has started.
            "ALLOWED_HOSTS": ",".join({"127.0.0.1", *os.environ.get("ALLOWED_HOSTS", "localhost").split(",")}),
            "SITE_URL": os.environ.get("SITE_URL", f"http://127.0.0.1:{port}"),
            "DJANGO_SETTINGS_MODULE": "wolfsburg_portal.settings",
        }
        print("Das Portal wird vorbereitet …", flush=True)
        prepare(environment, demo=demo)
        reloading = environ.Env().bool("RELOAD", default=False)
        try:
            seen = newest_sources()
            processes |= start_all(environment, listener)
            wait_until_answering(f"http://127.0.0.1:{port}/healthz/", processes["web"])
            _announce(environment["SITE_URL"], demo=demo)
            while not stopping.wait(0.5):
                if reloading:
                    if (now := newest_sources()) != seen:
                        stop(processes)
                        _prepare_again(environment, seen, now)
                        processes |= start_all(environment, listener)
                        seen = now
                    # What is written half ends the server; the next change starts it again.
                    continue
                for name in [n for n, p in processes.items() if p.poll() is not None]:
                    if name == "web":
                        print("Der Webserver ist beendet. Das Portal hält an.", file=sys.stderr)
                        return 1
                    # Nothing is lost without worker or beat, but work waits: start it again.
                    print(f"{name} wird neu gestartet.", file=sys.stderr)
                    processes[name] = start(background_commands()[name], environment)
        finally:
            stop(processes)
    return 0


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock of this checkout; raises EngineError while another portal runs from it."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EngineError("Aus diesem Ordner läuft schon ein Portal (oder hält gerade an).") from error
        yield


def _announce(address: str, *, demo: bool) -> None:
    print(f"\n  Das Portal läuft:  {address}/", flush=True)
    if demo:
        print(f"  Verwaltung:        {address}/verwaltung/")
        print(f"  E-Mails der Demo:  {address}/demo/post/\n")
        for role, login in LOGINS:
            print(f"  {role:<16} {login:<36} {DEMO_PASSWORD}")
    print("\n  Strg-C beendet alles; die Daten bleiben.\n", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(run())
    except EngineError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except subprocess.CalledProcessError as error:
        print(f"Fehlgeschlagen: {' '.join(error.cmd[1:])}", file=sys.stderr)
        sys.exit(1)
