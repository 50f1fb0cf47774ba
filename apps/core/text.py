"""Unicode as strangers send it: the one normaliser of what people type."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, Literal

# So many marks on one letter are more than any language has (UAX #15, section 13).
MOST_MARKS = 30
# What begins with a mark once it is taken apart: some vowels of Tibetan are none themselves, but fall into two.
_MARKS = "".join(
    character
    for character in map(chr, range(sys.maxunicode + 1))
    if unicodedata.combining(unicodedata.normalize("NFKD", character)[0])
)
# Each mark is looked at once: it belongs to the run before it, however long that is.
_RUN_OF_MARKS = re.compile(f"[{_MARKS}]+")
GRAPHEME_JOINER = "\u034f"


def normal(form: Literal["NFC", "NFKD"], text: str) -> str:
    """A text in a normal form, in a time that grows with its length.

    Marks on one letter are put in order by comparing each with those before it: thousands would take seconds, in which
    Python does nothing else. The Stream-Safe Text Process (UAX #15, section 13) parts them, invisibly.
    """
    if text.isascii():
        return text
    while True:
        text = unicodedata.normalize(form, parted := _parted(text))
        # Some marks fall into two.
        if text == parted or text == _parted(text):
            return text


def _parted(text: str) -> str:
    """The text with a joiner after so many marks in a row."""

    def part(run: re.Match[str]) -> str:
        marks = run[0]
        if len(marks) <= MOST_MARKS:
            return marks
        return GRAPHEME_JOINER.join(marks[i : i + MOST_MARKS] for i in range(0, len(marks), MOST_MARKS))

    return _RUN_OF_MARKS.sub(part, text)


# What nobody sees, wherever it came from: a word processor, a web page, a PDF file (Default_Ignorable_Code_Point of
# Unicode and the empty Braille cell), without the joiner that ``normal`` may have put in.
_INVISIBLE = (
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_NOT_SEEN = re.compile(f"[{_INVISIBLE}]")
_NOTHING_SEEN = re.compile(rf"[\s{_INVISIBLE}{GRAPHEME_JOINER}]*")
# In a text of its own, joiners, direction marks and the parts of emoji are seen by what they do. These are not, and the
# overrides show a text in another order than it has.
_NEVER_SEEN = re.compile("[\u00ad\u180e\u2060-\u2064\u206a-\u206f\u202d\u202e\ufeff\ufff0-\ufff8]")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1f\x85\u2028\u2029]")
_BLANKS = re.compile(r"\r\n|\s")
_DASHES = re.compile("[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]")


def one_line(typed: str) -> str:
    """A name, a street, a number: NFC, blanks and hyphens as on the keyboard, nothing invisible, nothing at the ends.

    So that the same name is always the same text. What was typed as several lines becomes one.
    """
    text = _DASHES.sub("-", _BLANKS.sub(" ", _NOT_SEEN.sub("", typed)))
    return _seen(normal("NFC", text))


def many_lines(typed: str) -> str:
    """A text of its own: NFC, each end of a line one character, nothing at the ends.

    Joiners, direction marks and signs newer than this Python stay: Persian, Hebrew and emoji need them.
    """
    return _seen(normal("NFC", _NEVER_SEEN.sub("", _LINE_ENDS.sub("\n", typed))))


def unreadable(typed: str) -> int | None:
    """Where the first character stands that is none (control codes, halves of characters, private ones); else None."""
    for place, character in enumerate(typed):
        kind, code = unicodedata.category(character), ord(character)
        is_none = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
        if kind in ("Cs", "Co") or is_none or (kind == "Cc" and not (character.isspace() or code == 0x85)):
            return place
    return None


def digits(text: str) -> str:
    """Digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _seen(text: str) -> str:
    return "" if _NOTHING_SEEN.fullmatch(text) else text.strip()


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value of JSON, in order; not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def storable(text: str) -> str:
    """The text without what PostgreSQL's JSON cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def normalised(text: str) -> str:
    """One spelling for search, of what is stored and of what is typed.

    Lower case, no accents, ß as ss, and ae/oe/ue like ä/ö/ü: „Fuehrerschein" = „Führerschein".
    """
    text = text.lower().replace("ß", "ss")
    text = "".join(c for c in normal("NFKD", text) if not unicodedata.combining(c)).lower()
    return re.sub(r"[^\w|]+", " ", re.sub("([aou])e", r"\1", text)).strip()
