"""A file that was not scanned, or in which something was found, is given to nobody, wherever it hangs."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.cases import transitions as cases
from apps.cases.models import Case
from apps.core.business_calendar import add_working_days, today
from apps.core.models import PrivateFile, ScanState
from tests import factories


@pytest.mark.parametrize(
    ("state", "given"),
    [(ScanState.PENDING, 404), (ScanState.INFECTED, 404), (ScanState.CLEAN, 200), (ScanState.NOT_SCANNED, 200)],
)
def test_only_a_file_that_was_scanned_is_given_out(
    client: Any, aylin: User, karla: User, state: str, given: int
) -> None:
    draft = factories.parking_draft(aylin)
    case = factories.parking_case(aylin)
    PrivateFile.objects.update(scan=state)
    attachment = case.attachments.get()
    upload = draft.uploads.get()
    client.as_(aylin)
    assert client.get(f"/antraege/entwurf/{draft.pk}/datei/{upload.file_id}/").status_code == given
    assert client.get(f"/mein-bereich/vorgaenge/{case.reference}/anlage/{attachment.pk}/").status_code == given
    client.as_(karla)
    assert client.get(f"/verwaltung/vorgaenge/{case.reference}/anlage/{attachment.pk}/").status_code == given


def test_file_whose_bytes_are_gone_is_not_there(client: Any, aylin: User, parking_case: Case) -> None:
    attachment = parking_case.attachments.get()
    attachment.file.content.storage.delete(attachment.file.content.name)
    path = f"/mein-bereich/vorgaenge/{parking_case.reference}/anlage/{attachment.pk}/"
    assert client.as_(aylin).get(path).status_code == 404


# -- the answer form -----------------------------------------------------------------------------------------


@pytest.fixture
def asked(parking_case: Case, karla: User) -> str:
    """Where Aylin answers Karla's question."""
    cases.ask(parking_case, body="Bitte ein Foto.", due_on=add_working_days(today(), 5), by=karla)
    return f"/mein-bereich/vorgaenge/{parking_case.reference}/antworten/"


@pytest.mark.parametrize("content", [b"MZ\x90\x00" + b"\0" * 90, b"%PDF-1.4 kaputt", b"\xff\xd8\xff kaputt"])
def test_answer_with_a_refused_file_is_not_sent_without_it(
    client: Any, aylin: User, parking_case: Case, asked: str, content: bytes
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    before = parking_case.messages.count(), PrivateFile.objects.count()
    answer = client.as_(aylin).post(asked, {"body": "Hier ist es.", "file": SimpleUploadedFile("foto.jpg", content)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "foto.jpg" in page
    assert "Hier ist es." in page
    assert (parking_case.messages.count(), PrivateFile.objects.count()) == before
    parking_case.refresh_from_db()
    assert parking_case.phase == "waiting"


def test_answer_form_says_what_may_be_chosen(client: Any, aylin: User, parking_case: Case, asked: str) -> None:
    page = client.as_(aylin).get(parking_case.get_absolute_url()).content.decode()
    field = page.split('type="file"')[1].split(">")[0]
    assert 'accept=".pdf,.jpg,.jpeg,.png,.heic' in field


# -- when nothing can be stored ------------------------------------------------------------------------------


STORED_NOWHERE = "Wir können gerade keine Dateien speichern."


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which half a file still fits."""
    from django.core.files.storage import FileSystemStorage

    real = FileSystemStorage._save

    def half(self: Any, name: str, content: Any) -> str:
        real(self, name, content)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", half)


def stored_files() -> set[Any]:
    from pathlib import Path

    from django.core.files.storage import default_storage

    return {p for p in Path(default_storage.location).rglob("*") if p.is_file()}


def test_full_disk_is_said_in_the_form_and_leaves_nothing(client: Any, aylin: User, full: None) -> None:
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.parking_answers())
    before = stored_files()
    url = f"/antraege/entwurf/{draft.pk}/schritt/vehicle/"
    answer = client.as_(aylin).post(url, {"plate": "WOB XY 987", "owner": "mine", "registration": factories.photo()})
    assert answer.status_code == 422
    assert STORED_NOWHERE in answer.content.decode()
    assert 'value="WOB XY 987"' in answer.content.decode()
    assert not PrivateFile.objects.exists()
    assert stored_files() == before


def test_full_disk_keeps_the_words_of_an_answer(
    client: Any, aylin: User, asked: str, parking_case: Case, full: None
) -> None:
    before = stored_files()
    answer = client.as_(aylin).post(asked, {"body": "Hier ist es.", "file": factories.photo()})
    assert answer.status_code == 422
    assert STORED_NOWHERE in answer.content.decode()
    assert "Hier ist es." in answer.content.decode()
    assert not parking_case.messages.filter(direction="in").exists()
    assert stored_files() == before


def test_missing_folder_is_said_in_the_form(client: Any, aylin: User, settings: Any) -> None:
    storages = {**settings.STORAGES}
    storages["default"] = {
        **storages["default"],
        "OPTIONS": {**storages["default"]["OPTIONS"], "location": "/proc/none"},
    }
    settings.STORAGES = storages
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.parking_answers())
    url = f"/antraege/entwurf/{draft.pk}/schritt/vehicle/"
    answer = client.as_(aylin).post(url, {"plate": "WOB XY 987", "owner": "mine", "registration": factories.photo()})
    assert answer.status_code == 422
    assert STORED_NOWHERE in answer.content.decode()
    assert not PrivateFile.objects.exists()


def test_no_room_for_what_comes_in_costs_the_file_and_not_the_form(client: Any, aylin: User, settings: Any) -> None:
    """Large uploads wait in the system's folder for temporary files, which may be full as well."""
    settings.FILE_UPLOAD_TEMP_DIR = "/nonexistent"
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1024
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.parking_answers())
    url = f"/antraege/entwurf/{draft.pk}/schritt/vehicle/"
    big = factories.photo()
    big.size = None
    answer = client.as_(aylin).post(url, {"plate": "WOB XY 987", "registration": big, "owner": "company_car"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert STORED_NOWHERE in page
    assert 'value="WOB XY 987"' in page
    assert 'value="company_car" id="id_owner_1" checked' in " ".join(page.split())
