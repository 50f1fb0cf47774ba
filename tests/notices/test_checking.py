"""Anybody who holds a letter sees whether it is one of the city's, and nothing else."""

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case
from apps.core.business_calendar import today
from apps.notices import check_views, rendering, transitions
from apps.notices.check_views import WRONG_CODES_PER_HOUR
from apps.notices.models import Delivery, Letter, LetterDocument
from tests import factories

NOBODYS = "3333-3333-3333-3333-3333"


@pytest.fixture
def letter(parking_case: Case, karla: User) -> Letter:
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    letter = factories.letter_of(parking_case)
    factories.finished(letter)
    return letter


def checked(client: Any, code: str | None) -> Any:
    return client.get(reverse("checks:letter", args=[code]))


def sent(client: Any, letter: Letter, content: bytes) -> str:
    file = SimpleUploadedFile("b.pdf", content, content_type="application/pdf")
    page: str = client.post(reverse("checks:letter", args=[letter.check_code]), {"file": file}).content.decode()
    return page


def test_typed_code_leads_to_the_letter_however_it_is_typed(client: Any, letter: Letter) -> None:
    assert letter.check_code is not None
    typed = f" {letter.check_code.lower().replace('-', ' ')} "
    to = client.post(reverse("checks:page"), {"code": typed})
    assert to["Location"] == reverse("checks:letter", args=[letter.check_code])
    assert checked(client, letter.check_code.replace("-", "").lower())["Location"] == to["Location"]
    page = client.get(to["Location"])
    assert page.status_code == 200
    text = page.content.decode()
    assert "Der Prüfcode gehört zu einem Schreiben von uns" in text
    assert "nicht durch ein neueres" in text
    assert page["Cache-Control"].startswith("max-age=0")


def test_nothing_of_the_contents_is_told(client: Any, letter: Letter) -> None:
    text = checked(client, letter.check_code).content.decode()
    case = letter.notice.case
    for secret in (
        case.reference,
        letter.context["subject"],
        "Özdemir",
        case.department.name_de,
        str(letter.pk),
    ):
        assert secret not in text, secret


@pytest.mark.parametrize("typed", ["", "34AC-79DE", NOBODYS.replace("3", "4"), "x" * 60])
def test_what_is_no_code_is_said_next_to_the_field(client: Any, db: None, typed: str) -> None:
    page = client.post(reverse("checks:page"), {"code": typed})
    assert page.status_code == 422
    assert 'id="id_code' in page.content.decode()


def test_unknown_codes_are_404_and_may_be_tried_only_so_often(client: Any, letter: Letter) -> None:
    cache.clear()
    for _ in range(WRONG_CODES_PER_HOUR):
        page = checked(client, NOBODYS)
        assert page.status_code == 404
        assert "kennen wir kein Schreiben" in page.content.decode()
    assert checked(client, NOBODYS).status_code == 429
    # Whoever holds a letter is not locked out by others.
    assert checked(client, letter.check_code).status_code == 200
    cache.clear()
    for _ in range(WRONG_CODES_PER_HOUR + 2):
        assert checked(client, letter.check_code).status_code == 200


def test_a_letter_that_is_not_made_yet_is_unknown(client: Any, parking_case: Case, karla: User) -> None:
    cache.clear()
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    assert checked(client, factories.letter_of(parking_case).check_code).status_code == 404


def test_a_letter_that_was_written_again_is_replaced(client: Any, letter: Letter, karla: User) -> None:
    delivery = letter.deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(posted_on=dt.date(2026, 1, 5))
    delivery.refresh_from_db()
    transitions.returned(delivery, on=dt.date(2026, 1, 8), by=karla)
    again = transitions.send_again(delivery, by=karla)
    factories.finished(again)
    assert "nicht durch ein neueres" in checked(client, letter.check_code).content.decode(), "nobody has got it yet"
    transitions.posted([again.deliveries.get()], on=today(), by=karla)
    assert "Es gibt ein neueres Schreiben" in checked(client, letter.check_code).content.decode()
    assert "nicht durch ein neueres" in checked(client, again.check_code).content.decode()


def test_a_letter_whose_decision_was_made_anew_is_replaced(client: Any, letter: Letter) -> None:
    newer = factories.letter(letter.notice.case).letter
    assert newer.notice.number > letter.notice.number
    assert "nicht durch ein neueres" in checked(client, letter.check_code).content.decode()
    newer.deliveries.update(notified_on=dt.date(2026, 1, 5))
    assert "Es gibt ein neueres Schreiben" in checked(client, letter.check_code).content.decode()


def test_the_file_is_compared_and_not_kept(
    client: Any, parking_case: Case, karla: User, settings: Any, tmp_path: Any
) -> None:
    settings.SEAL_DEMO_FOLDER = tmp_path / "seal"
    applications.decide(parking_case, outcome=Status.REJECTED, reasons="Nein.", by=karla)
    letter = factories.letter_of(parking_case)
    assert rendering.render(letter.pk)
    letter.refresh_from_db()
    content = bytes(LetterDocument.objects.get().content)
    page = sent(client, letter, content)
    assert "Die Datei ist unverändert." in page
    assert "Siegel ist gültig: Testsiegel der Demo, ohne Rechtswirkung" in page
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    for wrong in (bytes(flipped), content + b"\n", content[:-1], b"%PDF-1.7", b"x"):
        page = sent(client, letter, wrong)
        assert "nicht die, die wir ausgestellt haben" in page
        assert "unverändert." not in page


def test_files_are_compared_only_so_often(client: Any, letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(check_views, "FILES_PER_HOUR", 2)
    assert [bool(sent(client, letter, b"x").count("nicht die, die wir")) for _ in range(3)] == [True, True, False]
    cache.clear()


@pytest.mark.parametrize("files", [{}, {"file": SimpleUploadedFile("leer.pdf", b"")}])
def test_no_file_and_an_empty_one_are_said(client: Any, letter: Letter, files: dict[str, Any]) -> None:
    page = client.post(reverse("checks:letter", args=[letter.check_code]), files)
    assert page.status_code == 422
    assert "Bitte wählen Sie die Datei" in page.content.decode()


def test_a_file_that_is_too_large_is_said(client: Any, letter: Letter, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    file = SimpleUploadedFile("b.pdf", b"x" * 2000)
    page = client.post(reverse("checks:letter", args=[letter.check_code]), {"file": file})
    assert page.status_code == 422
    assert "zu groß" in page.content.decode()


def test_day_of_issue_is_the_day_of_the_decision(client: Any, letter: Letter) -> None:
    letter.notice.created_at = timezone.make_aware(dt.datetime(2026, 2, 1, 0, 30))
    letter.notice.save()
    assert "am 1. Februar 2026" in " ".join(checked(client, letter.check_code).content.decode().split())
