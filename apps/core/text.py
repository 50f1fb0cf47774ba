"""Unicode as strangers send it."""

import re
import sys
import unicodedata
from typing import Literal

# So many marks on one letter are more than any language has (UAX #15, section 13).
MOST_MARKS = 30
# What begins with a mark once it is taken apart: some vowels of Tibetan are none themselves, but fall into two.
_MARKS = "".join(
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.combining(unicodedata.normalize("NFKD", character)[0])
)
_TOO_MANY_MARKS = re.compile(f"([{_MARKS}]{{{MOST_MARKS}}})(?=[{_MARKS}])")
GRAPHEME_JOINER = "\u034f"


def normal(form: Literal["NFC", "NFKD"], text: str) -> str:
    """A text in a normal form, in a time that grows with its length.

    Marks on one letter are put in order by comparing each with those before it: thousands would take seconds, in which
    Python does nothing else. The Stream-Safe Text Process (UAX #15, section 13) parts them, invisibly.
    """
    return unicodedata.normalize(form, _TOO_MANY_MARKS.sub(rf"\1{GRAPHEME_JOINER}", text))
