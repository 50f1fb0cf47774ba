"""Unicode as strangers send it is normalised in a time that grows with its length."""

import itertools
import sys
import timeit
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from apps.core import fields as core_fields
from apps.core.fields import (
    GermanDateField,
    GermanDecimalField,
    GermanIntegerField,
    GermanTimeField,
    MailAddressField,
    PhoneField,
    PlainCharField,
    PublishedTextField,
)
from apps.core.text import MOST_MARKS, many_lines, normal, normalised, one_line, unreadable
from apps.core.uploads import clean_name

MARKS = "\u0315" * 1000 + "\u0300" * 1000 + "\u0316" * 1000


def longest_run(text: str) -> int:
    """How many marks stand on one letter at most."""
    return max((len(list(run)) for marks, run in itertools.groupby(text, unicodedata.combining) if marks), default=0)


@pytest.mark.parametrize("taken", [one_line, many_lines, lambda text: normal("NFKD", text), normalised, clean_name])
def test_no_letter_keeps_thousands_of_marks_that_would_have_to_be_put_in_order(taken: Callable[[str], str]) -> None:
    assert max(longest_run(run) for run in taken(f"a{MARKS}b").split("\u034f")) <= MOST_MARKS


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


@pytest.mark.parametrize(
    "field",
    [
        PlainCharField(max_length=120), PlainCharField(), PlainCharField(widget=forms.Textarea), PublishedTextField(),
        PhoneField(), MailAddressField(), GermanDateField(), GermanTimeField(), GermanIntegerField(), GermanDecimalField(),
    ],
    ids=lambda field: f"{type(field).__name__}-{type(field.widget).__name__}",
)  # fmt: skip
def test_what_is_far_too_long_is_refused_before_anything_is_done_with_it(
    field: forms.Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    def costly(*_arguments: object) -> None:
        raise AssertionError("looked at")

    for name in ("one_line", "many_lines", "unreadable", "canonical", "digits"):
        monkeypatch.setattr(core_fields, name, costly)
    with pytest.raises(forms.ValidationError, match="viel zu lang"):
        field.clean("a" + "\u0300" * 110_000)


def test_each_mark_is_looked_at_once() -> None:
    """Runs that are just not too long were looked at from each of their marks."""

    def seconds(text: str) -> float:
        return min(timeit.repeat(lambda: normal("NFC", text), number=1, repeat=3))

    runs = seconds(("a" + "\u0300" * MOST_MARKS) * 3000)
    assert runs < 5 * seconds("aü" * (31 * 1500))


def test_nobody_normalises_past_it() -> None:
    apps = Path(settings.BASE_DIR) / "apps"
    found = {str(f.relative_to(apps)) for f in apps.rglob("*.py") if "unicodedata.normalize(" in f.read_text()}
    assert found == {"core/text.py"}


# -- what people type ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("An\u200bna", "Anna"), ("\ufeffAnna\u200e", "Anna"), ("Groß\u00admann", "Großmann"),
        ("Anna\u00a0Maria", "Anna Maria"), ("Anna\u2003Maria", "Anna Maria"), ("Anna\tMaria", "Anna Maria"),
        ("Groß\u2011Yılmaz", "Groß-Yılmaz"), ("12\u201314", "12-14"), ("12 \u2212 14", "12 - 14"),
        ("Ren\u0065\u0301", "René"), ("Anna\r\nMaria", "Anna Maria"), ("  Anna  ", "Anna"),
        ("\u202eanna\u202c", "anna"), ("D’Angelo", "D’Angelo"), ("شهر\u200cزاد", "شهرزاد"), ("李\u3000明", "李 明"),
    ],
)  # fmt: skip
def test_line_keeps_what_is_seen(typed: str, kept: str) -> None:
    assert one_line(typed) == kept
    assert PlainCharField().clean(typed) == kept


@pytest.mark.parametrize(
    "text",
    ["👩\u200d👩\u200d👧\u200d👦", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "❤\ufe0f", "شهر\u200cزاد",
     "שלום\u200f!", "\u2067שלום\u2069 Anna", "newer than Unicode 17: \U0001fb00\U0001faff", "क\u094d\u200dष", "Zeile\n\nZeile", "a\u00a0b – c"],
)  # fmt: skip
def test_text_of_its_own_stays_as_it_is(text: str) -> None:
    assert many_lines(text) == text
    assert PlainCharField(widget=forms.Textarea).clean(text) == text


def test_end_of_a_line_counts_once() -> None:
    area = PlainCharField(widget=forms.Textarea, max_length=5)
    assert area.clean("a\r\nb\r\nc") == "a\nb\nc"
    assert area.clean("a\rb\u2028c") == "a\nb\nc"


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "\u00ad\u00a0\u2800", "\u3164\uffa0", "\u034f", "\u200d\n\u200e", "\ufe0f"]
)
def test_what_nobody_sees_is_nothing(text: str) -> None:
    for widget in (forms.TextInput, forms.Textarea):
        with pytest.raises(forms.ValidationError) as refused:
            PlainCharField(widget=widget, error_messages={"required": "Das fehlt."}).clean(text)
        assert refused.value.messages == ["Das fehlt."]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Müller\x07", "Stelle 7, nach „Müller“ (U+0007)"),
        ("\ue000Müller", "Stelle 1, am Anfang (U+E000)"),
        ("Mü\ufffeller", "Stelle 3, nach „Mü“ (U+FFFE)"),
        ("Mü\ud800ller", "Stelle 3, nach „Mü“ (U+D800)"),
        ("Mü\x00ller", "Stelle 3, nach „Mü“ (U+0000)"),
    ],
)  # fmt: skip
def test_what_is_no_character_is_named_with_its_place(typed: str, sentence: str) -> None:
    for widget in (forms.TextInput, forms.Textarea):
        with pytest.raises(forms.ValidationError) as refused:
            PlainCharField(widget=widget).clean(typed)
        assert refused.value.messages == [
            f"Ein Zeichen lässt sich nicht verarbeiten: {sentence}. Bitte löschen Sie es."
        ]


# Texts of characters that are trouble, more often than chance has them.
ANY = st.text(max_size=60) | st.text(
    st.sampled_from(
        "aé\u0301\u0344\u034f\u200b\u200d\u00ad\u00a0\u2011\ufeff\u202e\ufe0f \n\r\t\x85\u2028\u3164ﬁ가\u1100\u1161-"
    ),
    max_size=60,
)


@given(ANY)
def test_normalising_twice_is_normalising_once(typed: str) -> None:
    if unreadable(typed) is None:
        assert one_line(one_line(typed)) == one_line(typed)
        assert many_lines(many_lines(typed)) == many_lines(typed)


@given(ANY)
def test_nothing_that_is_seen_is_lost(typed: str) -> None:
    """Compared letter by letter, apart from what both may change: forms, blanks, dashes."""

    def seen(text: str) -> str:
        kinds = {c: unicodedata.category(c) for c in text}
        apart = unicodedata.normalize(
            "NFD", "".join("-" if kinds[c] == "Pd" or c in "\u2212\u2043" else c for c in text)
        )
        marks = ("Cf", "Mn", "Cc", "Zs", "Zl", "Zp")
        return "".join(
            c
            for c in apart
            if unicodedata.category(c) not in marks
            and c not in "\u3164\uffa0\u115f\u1160\u2800"
            # Tags and what is reserved for such: nothing to be seen (Default_Ignorable_Code_Point).
            and not 0xE0000 <= ord(c) <= 0xE0FFF
        )

    if unreadable(typed) is None:
        assert seen(one_line(typed)) == seen(typed)
        assert seen(many_lines(typed)) == seen(typed)
