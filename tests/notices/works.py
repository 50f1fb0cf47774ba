"""Everything letters are made with, as processes of its own: PostgreSQL, Redis, worker, beat, a clerk; and ways to break each."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from unittest import mock

import psycopg
import redis

from tests.portal_process import Portal, running_portal
from wolfsburg_portal import engines, supervisor

# How long something may take on a machine that is busy, before it counts as never.
PATIENCE_SECONDS = 600
# Room for documents: some of them fit.
SMALL_DISK = "6m"


class Works:
    """The processes, whole when they begin and when ``heal`` has been called."""

    def __init__(
        self, portal: Portal, cluster: engines.EmbeddedPostgres, port: int, folder: Path, disk: Path | None
    ) -> None:
        self.portal, self.cluster, self.folder, self.disk = portal, cluster, folder, disk
        self.redis_port = port
        self.redis_process: subprocess.Popen[bytes] | None = None
        self.client = redis.Redis(port=port, socket_timeout=5)
        self.hangs = self.database_is_down = False
        self.clerk: subprocess.Popen[str] | None = None
        # The notices of which a clerk was told that they are written.
        self.written: list[str] = []

    # -- work ------------------------------------------------------------------------------------

    def decide(self, number: int) -> int:
        """Let the clerk decide so many cases; returns how many were, and remembers their notices."""
        if self.clerk is None:
            self.clerk = subprocess.Popen(
                [sys.executable, "-m", "tests.notices.clerk"], cwd=engines.ROOT, env=self.portal.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(self.folder / "clerk.log").open("ab"),
                start_new_session=True,
            )  # fmt: skip
        assert self.clerk.stdin
        assert self.clerk.stdout
        self.clerk.stdin.write(f"{number}\n")
        self.clerk.stdin.flush()
        done = 0
        while (said := self.clerk.stdout.readline().strip()) != "-":
            assert said, (self.folder / "clerk.log").read_text()[-2000:]
            if said != "failed":
                self.written.append(said)
                done += 1
        return done

    def decide_before_the_worker_comes(self, number: int) -> None:
        """So that there is something to do when it does: a fast one would be done before anybody looks."""
        self.kill("worker")
        assert self.decide(number) == number
        self.start("worker")

    def count(self, sql: str) -> int:
        return int(str(self.portal.query(sql)[0][0]))

    def wait_for_an_attempt(self, seconds: float) -> bool:
        """True as soon as a letter is being made; False when none is for so long."""
        running = (
            "SELECT count(*) FROM notices_letterattempt WHERE ended_at IS NULL AND started_at > now() - interval '2 s'"
        )
        with psycopg.connect(self.portal.database_url, autocommit=True) as connection:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                found = connection.execute(running).fetchone()
                if found and found[0]:
                    return True
                time.sleep(0.002)
        return False

    def wait_until_all_done(self) -> float:
        """Wait until each letter is made; returns how long it took."""
        begin = time.monotonic()
        self.until(lambda: not self.count("SELECT count(*) FROM notices_letter WHERE status <> 'done'"))
        return time.monotonic() - begin

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something, for as long as a busy machine may take."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.said()
            self.mind()
            time.sleep(0.1)

    def mind(self) -> None:
        """What the supervisor does: start again what has ended by itself."""
        for name, process in list(self.portal.processes.items()):
            if process.poll() is not None:
                self.portal.start(name)

    def said(self) -> str:
        states = self.portal.query("SELECT status, count(*) FROM notices_letter GROUP BY 1")
        logs = {name: self.portal.log(name).read_text(errors="replace")[-1500:] for name in ("worker", "beat")}
        return f"not done: {states} {logs}"

    def assert_each_exactly_once(self) -> None:
        """Each notice that a clerk was told of is there; each that is there has one letter, one document and one mail."""
        there = {str(row[0]) for row in self.portal.query("SELECT id FROM notices_notice")}
        assert set(self.written) <= there
        assert len(self.written) == len(set(self.written))
        wrong = """
            SELECT n.id FROM notices_notice n
            LEFT JOIN notices_letter l ON l.notice_id = n.id AND l.status = 'done'
            LEFT JOIN notices_letterdocument d ON d.letter_id = l.id AND d.sha256 = l.sha256
                AND encode(sha256(d.content), 'hex') = l.sha256
            LEFT JOIN notices_delivery v ON v.letter_id = l.id
            GROUP BY n.id HAVING count(l.id) <> 1 OR count(d.letter_id) <> 1 OR count(v.id) <> 1"""
        assert self.portal.query(wrong) == []
        assert self.count("SELECT count(*) FROM notices_letterdocument") == len(there)
        assert self.count("SELECT count(*) FROM core_outgoingemail WHERE purpose = 'notice_ready'") == len(there)

    # -- what breaks -----------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start processes that do not run."""
        for name in names:
            process = self.portal.processes.get(name)
            if process is None or process.poll() is not None:
                self.portal.start(name)

    def kill(self, name: str) -> None:
        """kill -9 a process with its children; it stays dead."""
        if name in self.portal.processes:
            self.portal.kill(name)

    def kill_child(self) -> None:
        """kill -9 the process of the worker that makes the letters."""
        worker = self.portal.processes.get("worker")
        if worker is None:
            return
        with suppress(FileNotFoundError):
            for child in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)

    def start_old_worker(self) -> None:
        """Instead of the worker one that does not know what to do with letters."""
        self.kill("worker")
        command = supervisor.background_commands()["worker"]
        options = command[command.index("worker") :]
        with self.portal.log("worker").open("ab") as log:
            self.portal.processes["worker"] = supervisor.start(
                [sys.executable, "-m", "tests.notices.old_worker", *options],
                self.portal.environment,
                stdout=log,
                stderr=log,
            )

    def start_redis(self) -> None:
        if self.redis_process is not None and self.redis_process.poll() is None:
            return
        self.redis_process = subprocess.Popen(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", str(self.folder), "--loglevel", "warning"],
            start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._redis_answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def _redis_answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def kill_redis(self) -> None:
        """kill -9; what was in it is gone."""
        if self.redis_process is not None:
            self.redis_process.kill()
            self.redis_process.wait()
            self.hangs = False

    def hang_redis(self) -> None:
        """It takes connections and answers nothing."""
        if self.redis_process is not None and self.redis_process.poll() is None:
            self.redis_process.send_signal(signal.SIGSTOP)
            self.hangs = True

    def fill_redis(self) -> None:
        """It takes nothing in."""
        if not self.hangs and self.redis_process is not None and self.redis_process.poll() is None:
            self.client.config_set("maxmemory", 1)

    def stop_database(self) -> None:
        """Stop it at once, whatever it is doing."""
        if not self.database_is_down:
            self.cluster._run("pg_ctl", "stop", "-D", self.cluster.data, "-m", "immediate", "-w")
            self.database_is_down = True

    def start_database(self) -> None:
        if self.database_is_down:
            self.cluster.start()
            self.database_is_down = False

    def fill_disk(self) -> None:
        """Leave no room for a document."""
        if self.disk is not None:
            with suppress(OSError), (self.disk / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(b"\0" * 4096)

    def free_disk(self) -> None:
        if self.disk is not None:
            (self.disk / "filler").unlink(missing_ok=True)

    def heal(self) -> None:
        """Take away whatever is broken; what was lost by it stays lost."""
        self.free_disk()
        self.start_database()
        if self.hangs and self.redis_process is not None:
            self.redis_process.send_signal(signal.SIGCONT)
            self.hangs = False
        self.start_redis()
        self.client.config_set("maxmemory", 0)
        if "old_worker" in str(getattr(self.portal.processes.get("worker"), "args", "")):
            self.kill("worker")
        self.start("worker", "beat")

    def close(self) -> None:
        if self.clerk is not None:
            self.clerk.kill()
            self.clerk.wait()
        self.client.close()
        if self.redis_process is not None:
            self.redis_process.kill()
            self.redis_process.wait()


@contextmanager
def works() -> Iterator[Works]:
    """Works of which nothing runs but PostgreSQL and Redis."""
    folder = Path(tempfile.mkdtemp(prefix="works-"))
    # The worker of a root writes below it, the server of nobody as well.
    folder.chmod(0o755)
    port = engines.free_port()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        # What is committed has to outlive a crash; and the server comes back under its address.
        cluster = engines.EmbeddedPostgres(folder / "postgres", durable=True, many_databases=True)
        same_port = engines.free_port()
        stack.enter_context(mock.patch.object(engines, "free_port", return_value=same_port))
        server = cluster.start()
        stack.callback(cluster.stop)
        disk = stack.enter_context(_small_disk(folder))
        options = {"CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
        portal = stack.enter_context(running_portal(folder / "portal", "works", server=server, nothing=True, **options))
        made = Works(portal, cluster, port, folder, disk)
        stack.callback(made.close)
        if disk is not None:
            _documents_on(disk, cluster, portal)
        made.start_redis()
        yield made
        made.heal()


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk that is soon full; None where nobody may mount one."""
    disk = folder / "disk"
    disk.mkdir()
    if shutil.which("mount") is None:
        yield None
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0777", "works", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=False)


def _documents_on(disk: Path, cluster: engines.EmbeddedPostgres, portal: Portal) -> None:
    """The documents of letters lie on a disk of their own."""
    space = disk / "space"
    space.mkdir(mode=0o777)
    space.chmod(0o777)
    url = psycopg.conninfo.conninfo_to_dict(portal.database_url)
    name = str(url["dbname"])
    with cluster._administer(int(str(url["port"])), name) as connection:
        owner = "nobody" if os.geteuid() == 0 else None
        if owner:
            shutil.chown(space, owner)
        connection.execute(f"CREATE TABLESPACE small LOCATION '{space}'".encode())
        connection.execute(b"ALTER TABLE notices_letterdocument SET TABLESPACE small")
