"""Real workers, killed with kill -9: each letter of each notice exists exactly once at the end."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.portal_process import Portal, running_portal

KILLS = 20
# Each to three people.
NOTICES, LETTERS = 10, 3
# The promise is that all is done without anyone's help: on a quiet machine half a minute after the restart, which is printed.
# How long a busy one takes says nothing.
PATIENCE_SECONDS = 600
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]


@pytest.fixture(scope="module")
def workshop() -> Iterator[Portal]:
    """A portal at default sweep settings whose processes the tests start and kill."""
    folder = Path(tempfile.mkdtemp(prefix="portal-kills-"))
    defaults = {"SWEEP_INTERVAL_SECONDS": "10", "SWEEP_AGE_SECONDS": "15"}
    with running_portal(folder, "kills", "beat", **defaults) as portal:
        yield portal
    shutil.rmtree(folder, ignore_errors=True)


def count(portal: Portal, sql: str) -> int:
    return int(str(portal.query(sql)[0][0]))


def wait_until_all_done(portal: Portal, seconds: float) -> float:
    """Wait until no notice is pending; returns how long it took."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        if not count(portal, "SELECT count(*) FROM notices_letter WHERE status <> 'done'"):
            return time.monotonic() - begin
        time.sleep(0.2)
    left = portal.query("SELECT status, count(*) FROM notices_letter GROUP BY 1")
    raise AssertionError(f"not done after {seconds} s: {left}")


def assert_each_exactly_once(portal: Portal, *, notices: int, letters: int) -> None:
    assert count(portal, "SELECT count(*) FROM notices_notice") == notices
    assert count(portal, "SELECT count(*) FROM notices_letter WHERE status = 'done'") == letters
    assert count(portal, "SELECT count(*) FROM notices_letterdocument") == letters
    assert count(portal, "SELECT count(*) FROM notices_delivery") == letters
    wrong = """SELECT count(*) FROM notices_letter n JOIN notices_letterdocument d ON d.letter_id = n.id
               WHERE n.sha256 <> d.sha256 OR n.sha256 <> encode(sha256(d.content), 'hex')"""
    assert count(portal, wrong) == 0
    # Of several, one is told by mail: the others have no address.
    mails = "SELECT count(*) FROM core_outgoingemail WHERE purpose = 'notice_ready'"
    assert count(portal, mails) == notices


def wait_for_an_attempt(portal: Portal) -> bool:
    """True as soon as a rendering has begun that has not ended; False when nothing is left to do."""
    running = "SELECT count(*) FROM notices_letterattempt WHERE ended_at IS NULL AND id > %s"
    with psycopg.connect(portal.database_url, autocommit=True) as connection:
        row = connection.execute("SELECT coalesce(max(id), 0) FROM notices_letterattempt").fetchone()
        assert row
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = connection.execute(running, [row[0]]).fetchone()
            if found and found[0]:
                return True
            time.sleep(0.002)
    return False


def test_twenty_kills_while_rendering_leave_each_letter_once(workshop: Portal) -> None:
    workshop.python("-m", "tests.notices.make", str(NOTICES), str(LETTERS))
    interrupted = 0
    for _ in range(KILLS):
        workshop.start("worker")
        if not wait_for_an_attempt(workshop):
            break
        workshop.kill("worker")
        interrupted += 1
    assert interrupted == KILLS
    assert count(workshop, "SELECT count(*) FROM notices_letterattempt WHERE ended_at IS NULL") > 0
    workshop.start("worker")
    try:
        took = wait_until_all_done(workshop, PATIENCE_SECONDS)
    finally:
        workshop.kill("worker")
    print(f"done {took:.1f} s after the restart")
    # And the one letter of the cast.
    assert_each_exactly_once(workshop, notices=NOTICES + 1, letters=NOTICES * LETTERS + 1)


def test_emptied_broker_delays_and_loses_nothing(workshop: Portal) -> None:
    before = [count(workshop, f"SELECT count(*) FROM notices_{table}") for table in ("notice", "letter")]
    workshop.python("-m", "tests.notices.make", "5", "2")
    messages = list((workshop.folder / "broker" / "messages").glob("*"))
    assert messages
    for message in messages:
        message.unlink(missing_ok=True)
    workshop.start("worker")
    wait_until_all_done(workshop, PATIENCE_SECONDS)
    assert_each_exactly_once(workshop, notices=before[0] + 5, letters=before[1] + 10)
