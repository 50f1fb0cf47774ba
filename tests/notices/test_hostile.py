"""Whatever somebody types into any field of a letter is printed as it was typed: nothing is fetched, nothing is run or embedded."""

import io
import json
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from apps.accounts.models import User
from apps.core.text import texts_in
from apps.notices import pdf
from apps.notices.models import Letter
from tests import factories
from tests.notices.test_documents import AT, KINDS, squeezed, text_of

# What opens something in HTML, CSS, templates, or in the JSON beside it.
ATTACKS = [
    '<img src="{url}">', "<link rel=attachment href='file:///etc/passwd'>", "<style>@import '{url}';</style>",
    "{{{{ 7|add:7 }}}}{{% debug %}}", "</p></main><script src={url}></script>", "\"><svg onload=x><image href='{url}'/>",
    "url({url})", "</svg><iframe src={url}>", "&lt;b&gt; &#60;i&#62;", "\\u003cimg src={url}\\u003e", "]]><!--", "@page {{ background: url({url}) }}",
]  # fmt: skip

UNBROKEN = {"yearly_text", "amount_text", "total_text", "street", "postcode", "city"}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Whoever is asked for something."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def hostile(value: Any, attack: Any) -> Any:
    """The context of a letter with an attack in the place of each text."""
    if isinstance(value, str):
        return attack()
    if isinstance(value, dict):
        # What never breaks would run off the paper: sums, and the line above the address.
        return {key: "<i>7</i>" if key in UNBROKEN else hostile(part, attack) for key, part in value.items()}
    return [hostile(part, attack) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_typed_into_any_field_is_printed_and_nothing_else_happens(
    aylin: User, kind: Any, listener: socket.socket, tmp_path: Path
) -> None:
    letter = Letter.objects.filter(notice__case=kind(aylin)).latest("created_at")
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    numbers = count()

    def attack() -> str:
        number = next(numbers)
        return ATTACKS[number % len(ATTACKS)].format(url=f"{url}/{number}")

    for _ in range(len(ATTACKS) if kind is KINDS[0] else 2):
        # Each time another attack stands in each field.
        next(numbers)
        context = hostile(letter.context, attack)
        content, _pages = pdf.letter_pdf(letter.template, context, AT, check_code=letter.check_code, seal=attack())
        with pytest.raises(BlockingIOError):
            listener.accept()
        with pikepdf.open(io.BytesIO(content)) as document:
            assert list(document.attachments) == [pdf.DATA_NAME]
            data = json.loads(document.attachments[pdf.DATA_NAME].get_file().read_bytes())
            assert "/AcroForm" not in document.Root
            assert all("/Annots" not in page for page in document.pages), "no link leads anywhere"
            assert "/JavaScript" not in document.Root.get("/Names", {})
        printed = squeezed(text_of(content, tmp_path))
        assert str(data).count("127.0.0.1") > 5
        said = {(key, text) for key, value in data.items() if key != "format" for text in texts_in(value)}
        assert [(key, text) for key, text in said if squeezed(str(text)) not in printed] == []


@pytest.mark.parametrize("form", ["large-print", "read_aloud", "braille"])
def test_other_forms_are_no_way_around(aylin: User, form: str, listener: socket.socket, tmp_path: Path) -> None:
    from apps.notices.braille import brf
    from apps.notices.reading import lines_of

    letter = factories.letter_of(KINDS[2](aylin))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    numbers = count()
    context = hostile(letter.context, lambda: ATTACKS[next(numbers) % len(ATTACKS)].format(url=url))
    if form == "large-print":
        content, _pages = pdf.letter_pdf(letter.template, context, AT, check_code=None, edition=form)
        with pikepdf.open(io.BytesIO(content)) as document:
            assert list(document.attachments) == [pdf.DATA_NAME]
        said = text_of(content, tmp_path)
    else:
        lines = lines_of(pdf.letter_html(letter.template, context | {"edition": form}))
        assert brf(lines, contracted=True).isascii()
        said = "\n".join(lines)
    with pytest.raises(BlockingIOError):
        listener.accept()
    for text in context["reasons"] or context["tenor"]:
        assert squeezed(text) in squeezed(said)
