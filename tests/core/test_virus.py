"""A real ClamAV daemon with one signature of its own: EICAR is refused, clean files pass."""

import base64
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core import uploads
from apps.core.models import PrivateFile, ScanState
from tests import factories

# The standard test text, taken apart so that scanners leave this file alone.
EICAR = base64.b64decode("WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=")


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """The socket of a running clamd."""
    program = shutil.which("clamd") or "/usr/sbin/clamd"
    folder = Path(tempfile.mkdtemp(prefix="clamd-"))
    (folder / "db").mkdir()
    (folder / "db" / "test.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    socket = folder / "clamd.sock"
    (folder / "clamd.conf").write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {folder / 'db'}\nForeground yes\nStreamMaxLength 30M\n"
    )
    process = subprocess.Popen([program, "--config-file", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not socket.exists() and time.monotonic() < deadline:
        assert process.poll() is None, "clamd ended"
        time.sleep(0.1)
    yield str(socket)
    process.terminate()
    process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


def infected_pdf() -> bytes:
    """A PDF that opens and carries the test signature."""
    return factories.pdf_bytes().replace(b"%%EOF", b"%" + EICAR + b"\n%%EOF")


def test_infected_file_is_refused_with_a_sentence(clamd: str, settings: Any) -> None:
    settings.CLAMAV_SOCKET = clamd
    with pytest.raises(ValidationError) as caught:
        uploads.check(SimpleUploadedFile("rechnung.pdf", infected_pdf()))
    assert "Schadsoftware" in caught.value.messages[0]


def test_clean_file_is_marked_clean(clamd: str, settings: Any, db: None) -> None:
    settings.CLAMAV_SOCKET = clamd
    assert uploads.store(uploads.check(factories.photo())).scan == ScanState.CLEAN


def test_infected_file_in_a_form_keeps_the_other_answers(clamd: str, settings: Any, client: Any, aylin: Any) -> None:
    settings.CLAMAV_SOCKET = clamd
    draft = factories.draft(aylin, "bewohnerparkausweis", factories.PERSON.copy())
    url = f"/antraege/entwurf/{draft.pk}/schritt/vehicle/"
    upload = SimpleUploadedFile("rechnung.pdf", infected_pdf())
    response = client.as_(aylin).post(url, {"plate": "WOB AO 9", "owner": "mine", "registration": upload})
    page = response.content.decode()
    assert response.status_code == 422
    assert "Schadsoftware" in page
    assert 'value="WOB AO 9"' in page
    assert not PrivateFile.objects.exists()


def test_scanner_that_is_away_leaves_the_file_waiting_and_unseen(settings: Any, db: None, clamd: str) -> None:
    settings.CLAMAV_SOCKET = "/nonexistent/clamd.sock"
    file = uploads.store(uploads.check(factories.photo()))
    assert file.scan == ScanState.PENDING
    assert not file.viewable
    settings.CLAMAV_SOCKET = clamd
    uploads.scan_stored(str(file.pk))
    file.refresh_from_db()
    assert file.scan == ScanState.CLEAN
    assert file.viewable
