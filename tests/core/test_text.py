"""Unicode as strangers send it is normalised in a time that grows with its length."""

import itertools
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from apps.catalogue.normalise import normalised
from apps.core.fields import normalised_text
from apps.core.text import MOST_MARKS, normal
from apps.core.uploads import clean_name

MARKS = "\u0315" * 1000 + "\u0300" * 1000 + "\u0316" * 1000


def longest_run(text: str) -> int:
    """How many marks stand on one letter at most."""
    return max((len(list(run)) for marks, run in itertools.groupby(text, unicodedata.combining) if marks), default=0)


@pytest.mark.parametrize("taken", [normalised_text, lambda text: normal("NFKD", text), normalised, clean_name])
def test_no_letter_keeps_thousands_of_marks_that_would_have_to_be_put_in_order(taken: Callable[[str], str]) -> None:
    # The last of them may fall apart into two.
    assert max(longest_run(run) for run in taken(f"a{MARKS}b").split("\u034f")) <= MOST_MARKS + 1


@pytest.mark.parametrize(
    "text", ["Zoë", "Łukaszewicz-Ñáñez", "Nguyễn", "Z̲̄̌ahlen", "שָׁלוֹם", "हिन्दी", "👩‍👩‍👧", "e" + "\u0301" * 29]
)
def test_what_people_write_is_the_same_as_ever(text: str) -> None:
    assert normal("NFC", text) == unicodedata.normalize("NFC", text)
    assert normal("NFKD", text) == unicodedata.normalize("NFKD", text)


def test_of_no_character_there_is_a_long_run_to_be_put_in_order() -> None:
    """Of none in all of Unicode, however it falls apart."""
    for character in map(chr, range(sys.maxunicode + 1)):
        apart = unicodedata.normalize("NFKD", character)
        if unicodedata.combining(apart[-1]) or unicodedata.combining(apart[0]):
            for form in ("NFC", "NFKD"):
                kept = unicodedata.normalize("NFD", normal(form, character * 200))  # type: ignore[arg-type]
                assert longest_run(kept) < 100, hex(ord(character))


def test_nobody_normalises_past_it() -> None:
    apps = Path(settings.BASE_DIR) / "apps"
    found = {str(f.relative_to(apps)) for f in apps.rglob("*.py") if "unicodedata.normalize(" in f.read_text()}
    assert found == {"core/text.py"}
