"""The demo's mailbox."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage

pytestmark = pytest.mark.django_db
END = b"\n" + b"-" * 79 + b"\n"


def test_mails_that_went_out_in_the_same_second_are_all_there(client: Any, settings: Any, tmp_path: Path) -> None:
    settings.DEMO, settings.EMAIL_DEMO_DIR = True, tmp_path
    mails = [EmailMessage(subject, "Text", to=["zoe@example.org"]).message().as_bytes() for subject in ("Eins", "Zwei")]
    (tmp_path / "20261122-120000-1.log").write_bytes(b"".join(mail + END for mail in mails))
    page = client.get("/demo/post/").content.decode()
    assert "Zwei" in page
    assert page.index("Zwei") < page.index("Eins")
