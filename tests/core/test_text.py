"""Unicode as strangers send it is normalised in a time that grows with its length."""

import itertools
import unicodedata

import pytest

from apps.catalogue.normalise import normalised
from apps.core.fields import normalised_text
from apps.core.text import MOST_MARKS, normal
from apps.core.uploads import clean_name

MARKS = "\u0315" * 1000 + "\u0300" * 1000 + "\u0316" * 1000


def longest_run(text: str) -> int:
    """How many marks stand on one letter at most."""
    return max((len(list(run)) for marks, run in itertools.groupby(text, unicodedata.combining) if marks), default=0)


@pytest.mark.parametrize("taken", [normalised_text, lambda text: normal("NFKD", text), normalised, clean_name])
def test_no_letter_keeps_thousands_of_marks_that_would_have_to_be_put_in_order(taken: object) -> None:
    assert callable(taken)
    # The last of them may fall apart into two.
    assert max(longest_run(run) for run in taken(f"a{MARKS}b").split("\u034f")) <= MOST_MARKS + 1


@pytest.mark.parametrize(
    "text", ["Zoë", "Łukaszewicz-Ñáñez", "Nguyễn", "Z̲̄̌ahlen", "שָׁלוֹם", "हिन्दी", "👩‍👩‍👧", "e" + "\u0301" * 29]
)
def test_what_people_write_is_the_same_as_ever(text: str) -> None:
    assert normal("NFC", text) == unicodedata.normalize("NFC", text)
    assert normal("NFKD", text) == unicodedata.normalize("NFKD", text)
