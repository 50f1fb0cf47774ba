"""Notices per second of one worker, from row to committed document, against bare WeasyPrint.

Ours is a real worker as ``make run`` starts it, with one process, on a Redis of its own and a
durable PostgreSQL: the clock runs from the first bell to the last commit. The peer renders the
same letters, already filled in, in one process without a broker or a database.

Most of what the peer does is unpacking the two WOFF2 fonts, letter by letter. How it fares with
fonts that somebody has unpacked before is measured as well (``peer_unpacked_fonts``).
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from common import ROOT, alternating, portal, result, run, skipped

LETTERS = 40
ROUNDS = 5
TIMEOUT_SECONDS = 120
UNIT = "notices/s"


def main() -> dict[str, Any]:
    """Start Redis, worker and peer; let them work in turn."""
    if shutil.which("redis-server") is None:
        return skipped("notices", unit=UNIT, why="redis-server is missing: apt-get install redis-server")
    from wolfsburg_portal import supervisor
    from wolfsburg_portal.engines import free_port

    port = free_port()
    with ExitStack() as stack:
        # Without an account nothing that is to be paid is decided.
        options = {"WORKER_PROCESSES": "1", "CITY_IBAN": "DE89370400440532013000"}
        folder = stack.enter_context(portal(CELERY_BROKER_URL=f"redis://127.0.0.1:{port}/0", **options))
        bells = stack.enter_context(_redis(port))
        patterns = _decided_notices()
        # What deciding has rung for is not part of any round.
        bells.flushall()
        worker = supervisor.start(supervisor.background_commands()["worker"], os.environ)
        stack.callback(supervisor.stop, {"worker": worker})
        _work_off(patterns[:1], worker)
        ask = stack.enter_context(_peer(folder, patterns))
        measured = alternating(
            {
                "ours": lambda: _work_off(patterns, worker),
                "peer": lambda: ask("packed"),
                "peer_unpacked_fonts": lambda: ask("unpacked"),
            },
            rounds=ROUNDS,
        )
        size, pages = _typical_document()
    unpacked = measured.pop("peer_unpacked_fonts")
    return result(
        "notices", **measured, unit=UNIT, at_least=1.2, letters=LETTERS, bytes=size, pages=pages,
        peer_unpacked_fonts=round(unpacked, 3), ratio_unpacked_fonts=round(measured["ours"] / unpacked, 3),
    )  # fmt: skip


@contextmanager
def _redis(port: int) -> Iterator[Any]:
    """A Redis that keeps nothing, and a client for it."""
    import redis

    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--loglevel", "warning"],
        start_new_session=True,
    )  # fmt: skip
    try:
        client = redis.Redis(port=port)
        _until(lambda: _pings(client), "Redis", server)
        yield client
        client.close()
    finally:
        server.terminate()
        server.wait(10)


def _pings(client: Any) -> bool:
    import redis

    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _decided_notices() -> list[Any]:
    """Notices of decided cases: parking permits and assessments of dogs in turn, all different."""
    from apps.accounts.models import Department, Role
    from apps.applications import transitions as applications
    from apps.applications.states import Status
    from apps.core.business_calendar import add_working_days, today
    from tests import factories

    citizen = factories.citizen("aylin@example.org", "Aylin", "Özdemir-Groß")
    clerk = factories.staff(
        "karla@example.org", "Karla", "Brandes",
        *((Role.CLERK, department) for department in Department.objects.all()),
    )  # fmt: skip
    notices = []
    for number in range(LETTERS):
        if number % 2:
            dogs = [factories.dog(f"Hund {number}-{index}") for index in range(1 + number % 3)]
            case = factories.dog_case(citizen, *dogs)
            decision: dict[str, Any] = {"outcome": Status.ASSESSED}
        else:
            case = factories.parking_case(citizen, plate=f"WOB AO {100 + number}")
            decision = {
                "outcome": Status.GRANTED, "valid_from": today(), "valid_until": add_working_days(today(), 250),
            }  # fmt: skip
        applications.decide(case, reasons="", by=clerk, **decision)
        notices.append(factories.letter_of(case))
    return notices


def _work_off(patterns: list[Any], worker: "subprocess.Popen[bytes]") -> float:
    """Ring for a fresh copy of each notice; returns documents per second."""
    from apps.core import bell
    from apps.core.models import EmailStatus, OutgoingEmail
    from apps.notices.models import Delivery, Letter, LetterDocument
    from apps.notices.transitions import RENDER_TASK

    rows = Letter.objects.bulk_create(_copy(pattern) for pattern in patterns)
    Delivery.objects.bulk_create(_delivery(pattern, row) for pattern, row in zip(patterns, rows, strict=True))
    made = LetterDocument.objects.filter(letter__in=[row.pk for row in rows])
    begin = time.perf_counter()
    for row in rows:
        bell.publish(RENDER_TASK, row.pk)
    _until(lambda: made.count() == len(rows), "The worker", worker)
    elapsed = time.perf_counter() - begin
    # The mails that go with the letters are sent before the peer has its turn.
    mails = OutgoingEmail.objects.filter(purpose="notice_ready").exclude(status=EmailStatus.SENT)
    _until(lambda: not mails.exists(), "The worker", worker)
    return len(rows) / elapsed


def _copy(pattern: Any) -> Any:
    from apps.notices.models import Letter

    names = ("notice_id", "template", "template_version", "context")
    return Letter(**{name: getattr(pattern, name) for name in names})


def _delivery(pattern: Any, letter: Any) -> Any:
    from apps.notices.models import Delivery

    names = ("principal_id", "party_id", "recipients", "way")
    to = pattern.deliveries.get()
    return Delivery(letter=letter, **{name: getattr(to, name) for name in names})


@contextmanager
def _peer(folder: Path, patterns: list[Any]) -> Iterator[Callable[[str], float]]:
    """The process of the peer; yields what lets it render all letters in a style: letters per second."""
    from apps.notices import pdf

    packed = unpacked = (pdf.BASE / "letter.css").read_text(encoding="utf-8")
    for address, (path, _media_type) in pdf._files().items():
        packed = packed.replace(address, path.as_uri())
        unpacked = unpacked.replace(address, _unpacked(path, folder).as_uri())
    letters = [pdf.letter_html(pattern.template, pattern.context) for pattern in patterns]
    file = folder / "letters.json"
    file.write_text(json.dumps({"styles": {"packed": packed, "unpacked": unpacked}, "letters": letters}))
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bare_weasyprint.py")), str(file)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip

    def answer() -> str:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("the peer has ended")
        return line

    def render(style: str) -> float:
        if process.stdin:
            process.stdin.write(f"{style}\n")
            process.stdin.flush()
        return len(letters) / float(answer())

    try:
        answer()
        yield render
    finally:
        process.kill()
        process.communicate()


def _unpacked(font: Path, folder: Path) -> Path:
    """A WOFF2 font as plain TrueType."""
    from fontTools.ttLib import TTFont

    target = folder / f"{font.stem}.ttf"
    with TTFont(font) as read:
        read.flavor = None
        read.save(target)
    return target


def _typical_document() -> tuple[int, float]:
    """Average size in bytes and average number of pages of the documents made."""
    from django.db.models import Avg
    from django.db.models.functions import Length

    from apps.notices.models import LetterDocument

    found = LetterDocument.objects.aggregate(size=Avg(Length("content")), pages=Avg("pages"))
    return round(found["size"]), round(found["pages"], 2)


def _until(done: Callable[[], bool], who: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until ``done``; raises RuntimeError when the process ends or takes too long."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not done():
        if process.poll() is not None:
            raise RuntimeError(f"{who} has ended with code {process.returncode}.")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{who} is not done after {TIMEOUT_SECONDS} seconds.")
        time.sleep(0.02)


if __name__ == "__main__":
    run(main)
