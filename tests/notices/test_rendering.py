"""From decision to document: once, whole, from our own files only."""

import re
import socket
import subprocess
import threading
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import DatabaseError, DataError, OperationalError, connection, transaction
from django.utils import timezone

from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case
from apps.core.business_calendar import today
from apps.core.models import OutgoingEmail
from apps.core.sockets import sweeps
from apps.notices import pdf, rendering, transitions
from apps.notices.models import Letter, LetterDocument, LetterPreview, Notice
from apps.notices.states import NoticeStatus
from tests import factories

NAME = "Łukaszewicz-Ñáñez Şükrü Ẑẗ D’Angelo"


def granted(case: Case, karla: Any) -> Letter:
    applications.decide(
        case,
        outcome=Status.GRANTED,
        reasons="",
        by=karla,
        fee=Decimal("30.70"),
        valid_from=today(),
        valid_until=today(),
    )
    return factories.letter_of(case)


@pytest.fixture
def letter(parking_case: Case, karla: Any) -> Letter:
    return granted(parking_case, karla)


def text_of(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "n.pdf"
    file.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def test_render_stores_document_status_and_mail_together(letter: Letter) -> None:
    assert rendering.render(letter.pk)
    letter.refresh_from_db()
    assert letter.status == NoticeStatus.DONE
    assert letter.document.sha256 == letter.sha256
    assert OutgoingEmail.objects.filter(purpose="notice_ready").count() == 1


def test_render_again_does_nothing(letter: Letter) -> None:
    assert rendering.render(letter.pk)
    assert not rendering.render(letter.pk)
    assert LetterDocument.objects.count() == 1
    assert OutgoingEmail.objects.filter(purpose="notice_ready").count() == 1


@pytest.mark.django_db(transaction=True)
def test_render_by_many_at_once_makes_one_document(django_db_serialized_rollback: Any, aylin: Any, karla: Any) -> None:
    letter = granted(factories.parking_case(aylin), karla)
    results: list[bool] = []

    def work() -> None:
        try:
            results.append(rendering.render(letter.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(True) == 1
    assert LetterDocument.objects.count() == 1


def test_letter_has_its_parts_and_every_letter_of_the_name(aylin: Any, karla: Any, tmp_path: Path) -> None:
    case = factories.parking_case(aylin, given_name="", family_name=NAME)
    letter = granted(case, karla)
    rendering.render(letter.pk)
    text = text_of(bytes(LetterDocument.objects.get().content), tmp_path)
    for part in (NAME, "Goethestraße 12a", "38440 Wolfsburg", case.reference, "Bescheid", "WOB AO 123", "30,70 €",
                 "Begründung", "Rechtsbehelfsbelehrung", "innerhalb eines Monats nach Bekanntgabe",
                 "Verwaltungsgericht Braunschweig", "Karla Brandes", "Seite 1 von 2", "Seite 2 von 2"):  # fmt: skip
        assert part in text, part


LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
# DIN 91379: letters of one code point, and those that are only written with combining marks.
LETTERS = "".join(chr(c) for c in [*range(0xC0, 0x180), *range(0x1E00, 0x1E9F), *range(0x1EA0, 0x1EFA)]) + (
    "ƁƆƏƗƠơƯưƷƵƶǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǢǣǤǥǦǧǨǩǪǫǬǭǮǯǰǴǵǸǹǺǻǼǽǾǿȆȇȒȓȘșȚțȞȟȧȨȩȪȫȬȭȮȯȰȱȲȳəɨʒʰʳʹʺʾʿˈˌẞ"
    "A̋a̋C̀c̀C̄c̄C̆c̆C̈c̈C̕c̕C̣c̣C̦c̦C̨̆c̨̆D̂d̂F̀f̀F̄f̄G̀g̀H̄h̄H̦h̦H̱ẖJ́j́K̀k̀K̂k̂K̄k̄K̇k̇K̕k̕K̛k̛K̦k̦K͟HK͟hk͟hL̀l̀L̂l̂L̥l̥L̥̄l̥̄L̦l̦M̀m̀M̂m̂M̆m̆M̐m̐"
    "N̂n̂N̄n̄N̆n̆N̦n̦P̀p̀P̄p̄P̕p̕P̣p̣R̆r̆R̥r̥R̥̄r̥̄S̀s̀S̄s̄S̛̄s̛̄S̱s̱T̀t̀T̄t̄T̈ẗT̕t̕T̛t̛U̇u̇Z̀z̀Z̄z̄Z̆z̆Z̈z̈Z̧z̧"
)


def test_nothing_runs_off_the_paper_or_over_another_line(aylin: Any, karla: Any, tmp_path: Path) -> None:
    case = factories.parking_case(aylin, given_name=LONG, family_name=LONG, street=LONG, city=LONG)
    preview = applications.preview(
        case, typed={}, by=karla, outcome=Status.REJECTED, reasons=f"{'x' * 500} {LONG * 3}", fee=Decimal(5)
    )
    assert rendering.render_preview(preview.pk)
    preview.refresh_from_db()
    file = tmp_path / "n.pdf"
    file.write_bytes(bytes(preview.content))
    done = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, check=True).stdout.decode()
    boxes = [tuple(map(float, box)) for box in re.findall(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)"', done)]
    # 20 mm stay free at the right; what begins left of the middle in the upper part ends before the column beside it.
    assert max(right for _left, _top, right, _bottom in boxes) <= (210 - 20) / 25.4 * 72 + 1
    top = done.split("</page>")[0].split("Bescheid</word>")[0]
    address = [tuple(map(float, b)) for b in re.findall(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)"', top)]
    assert max(right for left, _t, right, _b in address if left < 250) <= (25 + 85) / 25.4 * 72 + 1
    lines = sorted({(round(t, 1), round(b, 1)) for left, t, _r, b in address if left < 75 and t > 150})
    assert all(above[1] <= below[0] + 5 for above, below in pairwise(lines)), lines
    assert "".join(re.findall(r">([^<\n]+)</word>", done)).count(LONG) >= 6


def test_fonts_have_every_letter_of_din_91379_and_what_others_write_besides() -> None:
    assert pdf.unprintable({"name": [LETTERS, "ἀγάπη Київ Ъ שלום سلام می‌خواهم ქართული հայերեն € § – „“ ☎"]}) == []
    assert pdf.unprintable(["Frau 王小明 学校 カナ 한국어"]) == []
    assert pdf.unprintable(["Frau 𠮷野", {"x": "𠮷野 👩‍👩‍👧"}, 7, None]) == ["𠮷野", "👩‍👩‍👧"]


def test_without_the_font_of_the_far_east_its_names_are_said_to_be_unprintable(settings: Any, tmp_path: Path) -> None:
    kept = (pdf._files, pdf._printable, pdf._widths, pdf._kept)
    settings.FAR_EAST_FONT = str(tmp_path / "none.ttf")
    for cached in kept:
        cached.cache_clear()
    try:
        assert pdf.unprintable(["Frau 王小明"]) == ["王小明"]
        content, _pages = pdf.write_pdf(
            f'<html lang="de"><title>x</title><h1>{pdf.printable("王")}</h1>', "{}", timezone.now()
        )
        assert "\N{REPLACEMENT CHARACTER}" in text_of(content, tmp_path)
    finally:
        for cached in kept:
            cached.cache_clear()


def test_preview_delivers_nothing_and_is_given_up_after_three_tries(
    parking_case: Case, karla: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = OutgoingEmail.objects.count()
    preview = applications.preview(
        parking_case, typed={}, by=karla, outcome=Status.REJECTED, reasons="Darum.", fee=Decimal()
    )
    with monkeypatch.context() as broken:
        broken.setattr(pdf, "write_pdf", lambda *_letter, **_how: (_ for _ in ()).throw(pdf.RenderError("x")))
        assert not any(rendering.render_preview(preview.pk) for _ in range(2))
        preview.refresh_from_db()
        assert preview.is_pending
        assert not rendering.render_preview(preview.pk)
    preview.refresh_from_db()
    assert preview.status == NoticeStatus.DEAD
    assert not rendering.render_preview(preview.pk)
    again = applications.preview(
        parking_case, typed={}, by=karla, outcome=Status.REJECTED, reasons="Darum.", fee=Decimal()
    )
    assert rendering.render_preview(again.pk)
    assert not rendering.render_preview(again.pk)
    assert [page.number for page in again.pages.all()] == [1]
    assert not LetterPreview.objects.filter(pk=preview.pk).exists()
    assert not Notice.objects.exists()
    assert OutgoingEmail.objects.count() == mails


def test_preview_whose_bell_was_lost_is_rung_for_again(parking_case: Case, karla: Any) -> None:
    preview = applications.preview(
        parking_case, typed={}, by=karla, outcome=Status.REJECTED, reasons="Darum.", fee=Decimal()
    )
    found = {sweep.task: sweep for sweep in sweeps}[transitions.PREVIEW_TASK]
    assert list(found.overdue(timezone.now() + timedelta(minutes=1))) == [preview]
    assert not list(found.overdue(timezone.now() - timedelta(minutes=1)))


def test_document_is_tagged_and_embeds_its_fonts(letter: Letter, tmp_path: Path) -> None:
    rendering.render(letter.pk)
    file = tmp_path / "n.pdf"
    file.write_bytes(bytes(LetterDocument.objects.get().content))
    with pikepdf.open(file) as document:
        assert str(document.Root.Lang) == "de"
        assert bool(document.Root.MarkInfo.Marked)
        assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
        assert "/StructTreeRoot" in document.Root
    fonts = subprocess.run(["pdffonts", str(file)], capture_output=True, check=True).stdout.decode().splitlines()[2:]
    assert fonts
    assert all(re.search(r"yes yes yes", line) for line in fonts)


def test_hostile_answers_are_text_and_fetch_nothing(aylin: Any, karla: Any, tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    port = listener.getsockname()[1]
    hostile = f'<img src="http://127.0.0.1:{port}/x"><link rel=attachment href="file:///etc/passwd">{{{{7*7}}}}'
    case = factories.parking_case(aylin, family_name=hostile[:110], street=hostile[:110])
    letter = granted(case, karla)
    Letter.objects.filter(pk=letter.pk).update(context={**letter.context, "reasons": [hostile]})
    assert rendering.render(letter.pk)
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()
    content = bytes(LetterDocument.objects.get().content)
    assert "{{7*7}}" in text_of(content, tmp_path)
    with pikepdf.open(tmp_path / "n.pdf") as document:
        assert list(document.attachments) == [pdf.DATA_NAME]


def test_address_outside_our_files_is_an_error_and_not_a_request() -> None:
    with pytest.raises(pdf.RenderError):
        pdf.write_pdf('<html lang="de"><title>x</title><img alt="" src="file:///etc/passwd">', "{}", timezone.now())


def test_a_database_without_room_delays_a_letter_and_never_gives_it_up(
    letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_letter: Any) -> None:
        raise OperationalError("could not extend file: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(rendering, "_store", full)
        patched.setattr(pdf, "write_pdf", lambda *_letter, **_how: (b"%PDF-", 1))
        for _ in range(rendering.MAX_INTERRUPTIONS + 5):
            assert not rendering.render(letter.pk)
    letter.refresh_from_db()
    assert letter.is_pending
    assert letter.next_try > timezone.now()
    assert letter.attempts.filter(ended_at=None).count() == 0
    assert letter.attempts.first().error == "store: OperationalError"
    assert rendering.render(letter.pk)


def test_a_letter_that_cannot_be_written_down_is_given_up(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an error that waiting does not mend, after its status has changed in the transaction that is taken back."""

    def wrong(*_delivery: Any, **_how: Any) -> None:
        raise DataError("value too long")

    monkeypatch.setattr(rendering, "_tell", wrong)
    monkeypatch.setattr(pdf, "write_pdf", lambda *_letter, **_how: (b"%PDF-", 1))
    for _ in range(rendering.MAX_FAILURES):
        assert not rendering.render(letter.pk)
    letter.refresh_from_db()
    assert letter.status == NoticeStatus.DEAD


def test_failures_wait_longer_each_time_then_give_up_and_can_be_retried(
    letter: Letter, karla: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_letter: Any, **_how: Any) -> Any:
        raise pdf.RenderError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(pdf, "write_pdf", broken)
        waits = []
        for _ in range(rendering.MAX_FAILURES):
            assert not rendering.render(letter.pk)
            letter.refresh_from_db()
            waits.append(letter.next_try - timezone.now())
    assert letter.status == NoticeStatus.DEAD
    assert f"letter {letter.pk} given up" in caplog.text
    assert waits[0] < waits[1] < waits[2]
    transitions.retry(letter, by=karla)
    assert rendering.render(letter.pk)


def test_sweep_finds_what_was_not_done_and_leaves_what_waits(letter: Letter) -> None:
    from apps.notices.plugs import _overdue

    assert list(_overdue(timezone.now() + timedelta(seconds=1))) == [letter]
    assert not list(_overdue(timezone.now() - timedelta(minutes=1)))
    Letter.objects.filter(pk=letter.pk).update(next_try=timezone.now() + timedelta(hours=1))
    assert not list(_overdue(timezone.now() + timedelta(seconds=1)))


def test_finished_document_cannot_be_changed(letter: Letter) -> None:
    rendering.render(letter.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        LetterDocument.objects.update(content=b"%PDF-forged")


def test_done_without_document_is_refused_by_the_database(letter: Letter) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(status=NoticeStatus.DONE)


def test_letter_stays_as_decided_when_the_people_change(letter: Letter, tmp_path: Path, traffic: Any) -> None:
    letter.notice.case.parties.update(family_name="Anders")
    traffic.name_de = "Ganz anders"
    traffic.save()
    rendering.render(letter.pk)
    text = text_of(bytes(LetterDocument.objects.get().content), tmp_path)
    assert "Özdemir-Groß" in text
    assert "Ganz anders" not in text


def test_download_is_for_the_parties_and_the_department_and_stands_in_the_timeline(
    letter: Letter, client: Any, aylin: Any, juergen: Any, karla: Any, piotr: Any
) -> None:
    rendering.render(letter.pk)
    for person, status in ((None, 302), (juergen, 404), (piotr, 404), (aylin, 200), (karla, 200)):
        assert client.as_(person).get(letter.deliveries.get().get_absolute_url()).status_code == status
    opened = letter.notice.case.timeline.filter(act="notice_opened")
    assert [entry.actor for entry in opened] == [aylin, karla]
