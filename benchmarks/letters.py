"""What the benchmarks of letters share: decided cases, a worker on a Redis of its own, and WeasyPrint alone as a peer."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from common import ROOT, portal

LETTERS = 40
TIMEOUT_SECONDS = 120
UNIT = "notices/s"


@contextmanager
def works(**more: str) -> Iterator[tuple[Path, list[Any]]]:
    """A portal on a durable database with decided cases, and a Redis; yields its folder and the letters of the cases.

    ``more`` goes into the environment.
    """
    from wolfsburg_portal.engines import free_port

    port = free_port()
    with ExitStack() as stack:
        # Without an account nothing that is to be paid is decided.
        options = {"CITY_IBAN": "DE89370400440532013000", "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0", **more}
        folder = stack.enter_context(portal(**options))
        bells = stack.enter_context(_redis(port))
        patterns = _decided_notices()
        # What deciding has rung for is not part of any round.
        bells.flushall()
        yield folder, patterns


@contextmanager
def worker(patterns: list[Any], *, processes: int = 1) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker as ``make run`` starts it, warm: each of its processes has made a letter."""
    from wolfsburg_portal import supervisor

    os.environ["WORKER_PROCESSES"] = str(processes)
    process = supervisor.start(supervisor.background_commands()["worker"], os.environ)
    try:
        work_off(patterns[:1] * 4 * processes, process)
        yield process
    finally:
        supervisor.stop({"worker": process})


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


def work_off(patterns: list[Any], process: "subprocess.Popen[bytes]") -> float:
    """Ring for a fresh copy of each letter; returns documents per second, from the first bell to the last commit."""
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
    _until(lambda: made.count() == len(rows), "The worker", process)
    elapsed = time.perf_counter() - begin
    # The mails that go with the letters are sent before the peer has its turn.
    mails = OutgoingEmail.objects.filter(purpose="notice_ready").exclude(status=EmailStatus.SENT)
    _until(lambda: not mails.exists(), "The worker", process)
    return len(rows) / elapsed


def _copy(pattern: Any) -> Any:
    from apps.core.references import CHECK_CODES
    from apps.notices.models import Letter

    names = ("notice_id", "template", "template_version", "context")
    return Letter(check_code=CHECK_CODES.new(), **{name: getattr(pattern, name) for name in names})


def _delivery(pattern: Any, letter: Any) -> Any:
    from apps.notices.models import Delivery

    names = ("principal_id", "party_id", "recipients", "way")
    to = pattern.deliveries.get()
    return Delivery(letter=letter, **{name: getattr(to, name) for name in names})


@contextmanager
def peer(
    folder: Path, patterns: list[Any], *, seal: str = "", style_ready: bool = False
) -> Iterator[Callable[[], float]]:
    """WeasyPrint in a process of its own, with fonts and certificates made ready beforehand.

    It gets the same pages, already filled in, with code, QR code and style sheet; or, with ``style_ready``, the style sheet
    beforehand as well. Yields what lets it render all of them: letters per second.
    """
    from apps.notices import pdf

    ready, style = [], []
    for line in (pdf.BASE / "letter.css").read_text(encoding="utf-8").splitlines():
        (ready if style_ready or line.startswith("@font-face") else style).append(line)
    fonts = "\n".join(ready)
    for address, (path, _media_type) in pdf._files().items():
        fonts = fonts.replace(address, _unpacked(path, folder).as_uri())
    letters = [
        pdf.letter_html(
            pattern.template,
            pdf.printable(pattern.context) | {"seal": seal, "edition": "", "check": pdf._check(pattern.check_code)},
        )
        for pattern in patterns
    ]
    letters = [letter.replace("</head>", "<style>" + "\n".join(style) + "</style></head>") for letter in letters]
    file = folder / f"letters-{len(ready)}.json"
    file.write_text(json.dumps({"ready": fonts, "letters": letters}))
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("bare_weasyprint.py")), str(file)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip

    def answer() -> str:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError("the peer has ended")
        return line

    def render() -> float:
        if process.stdin:
            process.stdin.write("go\n")
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


def typical_document() -> tuple[int, float]:
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
        # Not so often that asking takes anything from who is asked for.
        time.sleep(0.05)
