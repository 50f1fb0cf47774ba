"""Letters as documents: what archives and screen readers demand, and where on the paper things stand."""

import datetime as dt
import io
import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.conf import settings
from weasyprint import HTML

from apps.accounts.models import User
from apps.applications import hearings
from apps.applications import transitions as applications
from apps.applications.states import Status
from apps.cases.models import Case
from apps.cases.states import PartyRole, Way
from apps.core.business_calendar import add_working_days, today
from apps.core.text import texts_in
from apps.notices import pdf
from apps.notices.address import window_of
from apps.notices.contents import PRINTED, contents_of
from apps.notices.models import Letter
from tests import factories
from tests.verapdf import broken_rules

AT = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgese"[:60]
SIX = ["Aylin Özdemir-Groß", "Maria Yıldız", f"Ó {WORD}", "Łukasz Ẑẗ D’Angelo", "王小明 カナ 학교", "محمد السيد"]
PLACE = ["Goethestraße 12a", "38440 Wolfsburg"]
ODD = "Emoji 👩‍👩‍👧, a\u200db\u200b\u2060\ufeff\u00ad, \u202eabc\u202c, \x07\x01, \ue000, \u2028 neu, 𠮷, ἀγάπη Київ שלום ქართული"


def granted(aylin: User) -> Case:
    case = factories.parking_case(aylin)
    by = factories.clerk_of(case)
    applications.decide(
        case, outcome=Status.GRANTED, reasons="", by=by, fee=30, valid_from=today(), valid_until=today()
    )
    return case


def rejected(aylin: User) -> Case:
    case = factories.zone_case(aylin)
    applications.decide(case, outcome=Status.REJECTED, reasons="Darum.\nUnd darum.", by=factories.clerk_of(case))
    return case


def assessed(aylin: User) -> Case:
    case = factories.dog_case(aylin)
    applications.decide(case, outcome=Status.ASSESSED, reasons="", by=factories.clerk_of(case))
    return case


def heard(aylin: User) -> Case:
    answers = factories.dog_answers(
        factories.dog("Bruno"), joint_holding=True, joint_holders=[{"given_name": "Maria", "family_name": "Yıldız"}]
    )
    case = applications.submit(factories.draft(aylin, "hundesteuer-anmelden", answers), by=aylin, way=Way.PORTAL)
    maria = factories.checked(case.parties.get(role=PartyRole.JOINT))
    hearings.hear(maria, due_on=add_working_days(today(), 10), by=factories.clerk_of(case))
    return case


KINDS: list[Callable[[User], Case]] = [granted, rejected, assessed, heard]
# What else may stand in a letter, whatever it is about.
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "six names": {"recipients": [*SIX, *PLACE], "names": [1] * 6, "joint": "Der Bescheid betrifft mehrere."},
    "three hundred lines": {
        key: [f"Zeile {number} der Begründung." for number in range(300)] for key in ("reasons", "consequence")
    },
    "odd characters": {"recipients": [f"{WORD} {WORD}", WORD, f"12345 {WORD}"], "names": [1], "opening": ODD},
    "for a representative": {"on_behalf_of": SIX[4], "copy_of": SIX[5]},
}


@pytest.fixture
def made(aylin: User) -> Callable[[Callable[[User], Case]], Letter]:
    return lambda kind: factories.letter_of(kind(aylin))


def written(letter: Letter, **changes: Any) -> bytes:
    context = letter.context | changes
    return pdf.letter_pdf(letter.template, context, AT, check_code=letter.check_code, seal="Stadt Wolfsburg")[0]


def words_on(content: bytes, tmp_path: Path) -> list[list[tuple[str, tuple[float, float, float, float]]]]:
    """The words of each page with their boxes in mm: left, top, right, bottom."""
    file = tmp_path / "letter.pdf"
    file.write_bytes(content)
    done = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, check=True).stdout.decode()
    found = r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>'
    return [
        [(word, tuple(float(number) * 25.4 / 72 for number in box)) for *box, word in re.findall(found, page)]  # type: ignore[misc]  # four of them
        for page in done.split("</page>")[:-1]
    ]


def text_of(content: bytes, tmp_path: Path) -> str:
    """What is printed, in the order of the tags, without white space at the ends of lines."""
    file = tmp_path / "letter.pdf"
    file.write_bytes(content)
    done = subprocess.run(["pdfinfo", "-struct-text", str(file)], capture_output=True, check=True).stdout.decode()
    return "\n".join(text.strip() for text in re.findall(r'^ *"(.*)"$', done, flags=re.MULTILINE) if text.strip())


def squeezed(text: str) -> str:
    """Without white space, and without what is not seen: lines may break anywhere."""
    return "".join(character for character in text if character.isprintable() and not character.isspace())


def test_a_file_that_is_not_for_archives_is_found() -> None:
    plain = HTML(string="<html lang=de><title>x</title><h1>Bescheid</h1>").write_pdf(pdf_variant="pdf/ua-1")
    broken = broken_rules(plain)
    assert any(rule.startswith("3a ") for rule in broken)
    assert not any(rule.startswith("ua1") for rule in broken)


@pytest.mark.parametrize(
    ("kind", "variant"),
    [*((kind, "as it is") for kind in KINDS), *((k, v) for k in (granted, heard) for v in VARIANTS)],
)
def test_every_letter_is_for_archives_and_screen_readers_and_says_for_machines_what_is_printed(
    made: Any, kind: Any, variant: str, tmp_path: Path
) -> None:
    letter = made(kind)
    known = set(PRINTED[letter.template]) | {"names"}
    content = written(letter, **{key: value for key, value in VARIANTS[variant].items() if key in known})
    assert broken_rules(content) == []
    with pikepdf.open(io.BytesIO(content)) as document:
        assert list(document.attachments) == [pdf.DATA_NAME]
        data = json.loads(document.attachments[pdf.DATA_NAME].get_file().read_bytes())
        assert str(document.Root.AF[0].AFRelationship) == "/Data"
    printed = text_of(content, tmp_path)
    texts = [str(text) for key, value in data.items() if key != "format" for text in texts_in(value)]
    assert len(texts) > 10
    for text in texts:
        # What runs from right to left is read back in another order.
        if not re.search(r"[\u0590-\u06ff\u202e]", text):
            assert squeezed(text) in squeezed(printed), text
    # What is printed besides stands in the templates, whoever the letter is for.
    inside = squeezed(" ".join(texts))
    fixed = " ".join(file.read_text() for file in (settings.BASE_DIR / "templates" / "notices").glob("*.html"))
    city = " ".join(settings.CITY.values())
    others = [
        word
        for word in re.split(r"[\s.,;:()]+", printed)
        if word not in f"{fixed} {city} und weitere, siehe nächste Seite"
    ]
    others = [
        word for word in others if squeezed(word) not in inside and not re.search(r"[\u0590-\u06ff]|^\d+\.?$", word)
    ]
    assert [word for word in others if word not in ("•", "…", "cba")] == []


def test_contents_leave_out_what_texts_were_made_of(made: Any) -> None:
    letter = made(assessed)
    data = contents_of(letter.template, letter.context, settings.CITY)
    assert {"filed_on", "legal_basis", "department", "names"} & set(data) == set()
    # Who holds a dog since December pays from January.
    said, line = data["tax_lines"][0], letter.context["tax_lines"][0]
    assert said == {"dog": "Bruno", "year": line["year"], "parts": said["parts"], "amount": said["amount"]}
    assert "," in said["amount"]


def test_text_is_read_in_the_order_in_which_it_stands(made: Any, tmp_path: Path) -> None:
    letter = made(assessed)
    context = letter.context
    lines = text_of(written(letter), tmp_path).splitlines()
    expected = [
        "Stadt Wolfsburg", context["department"]["name"], *context["recipients"], "Ihr Vorgang (bitte immer angeben)",
        context["reference"], "Auskunft", context["clerk"], "Datum", context["date"], context["title"], context["subject"],
        context["salutation"], context["opening"], "1.", context["tenor"][0], "Berechnung", "Hund", "Betrag", "Bruno", "Käthe",
        "Ødin", "Summe", "Zahlung", "Begründung", "Hinweise", "Rechtsbehelfsbelehrung", context["remedy"],
        "Freundliche Grüße", "Im Auftrag",
    ]  # fmt: skip
    read, whole = 0, "\n".join(lines).replace("\n", " ")
    for text in expected:
        found = whole.find(text, read)
        assert found >= 0, text
        read = found + len(text)


@pytest.mark.parametrize(
    ("recipients", "names", "pages"),
    [
        (["Aylin Özdemir-Groß", *PLACE], [1], 2),
        (["Umzüge Çelik GmbH", "Ayşe Çelik", "12 Rue de la Paix", "75002 Paris", "FRANKREICH"], [2], 2),
        ([*SIX, *PLACE], [1] * 6, 3),
        # One addressee with two lines: both stay, and nobody is invented.
        ([f"{WORD} GmbH & Co. KG", f"Ayşe {WORD}", *PLACE, "FRANKREICH"], [2], 3),
        ([f"{WORD} {WORD}", f"{WORD} 1", f"38440 {WORD}"], [1], 3),
        (["W" * 200, "M" * 200, "W" * 200, "Å" * 200], [1, 1], 3),
    ],
)
def test_the_address_lies_in_the_window(
    made: Any, tmp_path: Path, recipients: Any, names: list[int], pages: int
) -> None:
    content = written(made(granted), recipients=recipients, names=names)
    sheets = words_on(content, tmp_path)
    assert len(sheets) == pages
    left = [(word, box) for word, box in sheets[0] if box[0] < 110 and 50 < box[1] < 98]
    sender = [box for word, box in left if box[3] < 63]
    address = [(word, box) for word, box in left if box[3] >= 63]
    assert sender
    assert all(box[1] > 57 and box[3] < 62.7 for box in sender)
    assert address
    assert all(box[0] >= 25 and box[2] <= 105 and box[1] >= 62.6 and box[3] <= 90 for _word, box in address), address
    printed = "".join(word for word, _box in address)
    if pages == 2:
        assert printed == squeezed("".join(recipients))
    else:
        assert squeezed(recipients[0])[:25] in printed
        assert "nächsteSeite" in printed or len(names) == 1
        assert squeezed("".join(recipients[sum(names) :])) in printed or "…" in printed
        assert squeezed(recipients[1])[:60] in squeezed("".join(word for word, _box in sheets[1]))
    # The text begins below it, and nothing runs over another line.
    first = next(box for word, box in sheets[pages - 2] if word == "Bescheid" and box[1] > 80)
    assert first[1] > 98
    for sheet in sheets:
        rows = sorted({(round(box[1], 2), round(box[3], 2)) for _word, box in sheet if box[0] < 105 and box[1] < 250})
        assert all(below[0] - above[0] > 2 or below[0] - above[0] < 0.3 for above, below in pairwise(rows)), rows


def test_an_address_without_a_name_is_shortened_like_others() -> None:
    window = window_of(["W" * 200] * 7, [0], lambda text: 0.9 * len(text))
    assert window is not None
    assert len(window) == 7
    assert all(line.endswith(" …") for line in window)


def test_sheets_are_marked_where_they_are_folded_and_punched(made: Any) -> None:
    with pypdfium2.PdfDocument(written(made(assessed))) as document:
        pictures = [page.render(scale=300 / 72).to_pil().convert("L") for page in document]
    per_mm = 300 / 25.4

    def marks(picture: Any) -> list[float]:
        column = [picture.getpixel((round(6 * per_mm), y)) < 200 for y in range(picture.height)]
        return [y / per_mm for y in range(1, picture.height) if column[y] and not column[y - 1]]

    assert marks(pictures[0]) == pytest.approx([105, 148.5, 210], abs=0.3)
    assert marks(pictures[1]) == []


def test_second_pages_say_what_they_belong_to(made: Any, tmp_path: Path) -> None:
    letter = made(assessed)
    head = [word for word, box in words_on(written(letter), tmp_path)[1] if box[3] < 25]
    assert " ".join(head) == f"Vorgang {letter.context['reference']} {letter.context['date']}"


def test_no_page_has_the_greeting_or_a_caption_alone(made: Any, tmp_path: Path) -> None:
    letter = made(assessed)
    for lines in range(0, 46, 3):
        for remedy in ("", letter.context["remedy"]):
            content = written(letter, reasons=["Noch ein Satz."] * lines, remedy=remedy, hints=[], remedy_hint="")
            for page in words_on(content, tmp_path):
                rows = [word for word, box in page if 25 < box[1] < 270]
                last = " ".join(
                    word for word, _box in sorted(((w, b) for w, b in page if b[3] < 270), key=lambda x: x[1][1])[-1:]
                )
                assert rows[0] != "Freundliche", (lines, bool(remedy))
                assert last not in ("Zahlung", "Berechnung", "Begründung", "Rechtsbehelfsbelehrung"), (lines, last)


def test_the_same_letter_gives_the_same_bytes(made: Any) -> None:
    letter = made(heard)
    assert written(letter) == written(letter)
