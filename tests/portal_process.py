"""A running portal for tests: web server, worker and beat as real processes."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import psycopg

from wolfsburg_portal import supervisor
from wolfsburg_portal.engines import ROOT


class Portal:
    """The processes of one portal with a database and folders of its own."""

    def __init__(self, folder: Path, database: str, server: str = "", **environment: str) -> None:
        self.folder = folder
        # Workers of pytest-xdist may run at the same time: each has ports and a database of its own.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database = f"{database}_{worker}"
        self.listener = supervisor.listen(18000 + 100 * int(worker.removeprefix("gw") if worker != "main" else 9))
        self.port = supervisor.port_of(self.listener)
        self.url = f"http://127.0.0.1:{self.port}"
        base = server or os.environ["DATABASE_URL"]
        self.database_url = base.rsplit("/", 1)[0] + "/" + database
        _fresh_database(base, database)
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "VAR_DIR": str(folder),
            "DEMO": "0",
            "HTTPS": "0",
            "SITE_URL": self.url,
            "STAFF_SECOND_FACTOR_REQUIRED": "0",
            "CONTACT_MINIMUM_SECONDS": "0",
            "SWEEP_INTERVAL_SECONDS": "1",
            "SWEEP_AGE_SECONDS": "2",
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def python(self, *arguments: str) -> str:
        """Run Python in the portal's environment; returns what it prints."""
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def start(self, *names: str) -> None:
        """Start processes by name (web, worker, beat); all of them without names."""
        background = supervisor.background_commands()
        for name in names or ("web", *background):
            web = name == "web"
            command = supervisor.web_command(self.listener) if web else background[name]
            if name == "beat":
                command[command.index("--schedule") + 1] = str(self.folder / "celerybeat")
            with self.log(name).open("ab") as log:
                self.processes[name] = supervisor.start(
                    command, self.environment, self.listener if web else None, stdout=log, stderr=log
                )
        if "web" in (names or ("web",)):
            supervisor.wait_until_answering(f"{self.url}/healthz/", self.processes["web"])

    def log(self, name: str) -> Path:
        """What a process has said."""
        return self.folder / f"{name}.log"

    def kill(self, name: str) -> None:
        """kill -9 a process with all its children."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Stop whatever runs."""
        supervisor.stop(self.processes)
        self.processes.clear()

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the portal's database."""
        with psycopg.connect(self.database_url) as connection:
            return list(connection.execute(sql.encode(), values).fetchall())

    def mails(self, to: str) -> list[str]:
        """Texts of the mails sent to an address, oldest first."""
        found = []
        for file in sorted((self.folder / "mail").glob("*.log"), key=lambda f: f.stat().st_mtime):
            # Django writes several into one file when they go out in the same second.
            for text in filter(None, file.read_bytes().split(b"\n" + b"-" * 79 + b"\n")):
                message = message_from_bytes(text, policy=policy.default)
                if to in str(message["To"]):
                    body = message.get_body(("plain",))
                    found.append(f"{message['Subject']}\n{body.get_content() if body else ''}")
        return found

    def wait_for_mail(self, to: str, containing: str, seconds: float = 120) -> str:
        """The newest mail to ``to`` whose text has ``containing``."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for text in reversed(self.mails(to)):
                if containing in text:
                    return text
            time.sleep(0.3)
        states = "SELECT purpose, status, attempts, next_try, last_error FROM core_outgoingemail"
        said = {name: self.log(name).read_text(errors="replace")[-1500:] for name in ("worker", "beat", "web")}
        running = {name: process.poll() for name, process in self.processes.items()}
        raise AssertionError(f"no mail to {to} with {containing!r}: {self.query(states)} {running} {said}")

    def link(self, text: str) -> str:
        """The first link in a mail."""
        match = re.search(r"https?://\S+", text)
        assert match, text
        return match.group(0).rstrip(".")


@contextlib.contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """An empty database of the tests' server, for as long as it is used; yields its URL."""
    base = os.environ["DATABASE_URL"]
    database = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    _fresh_database(base, database)
    yield base.rsplit("/", 1)[0] + "/" + database


def _fresh_database(base: str, name: str) -> None:
    maintenance = base.rsplit("/", 1)[0] + "/postgres"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())


@contextlib.contextmanager
def running_portal(
    folder: Path, database: str, *processes: str, server: str = "", nothing: bool = False, **environment: str
) -> Iterator[Portal]:
    """A portal with the city's data and the cast; ``processes`` names what to start (all of them, or ``nothing``).

    ``server`` is the URL of a PostgreSQL server, if not that of all tests.
    """
    portal = Portal(folder, database, server, **environment)
    try:
        portal.python("manage.py", "prepare")
        portal.python("-m", "tests.journeys.people")
        if not nothing:
            portal.start(*processes)
        yield portal
    finally:
        portal.stop()
        portal.listener.close()
