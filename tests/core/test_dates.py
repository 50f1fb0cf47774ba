"""Days and times as people write them."""

import datetime as dt

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.core.dates import day_of, time_of
from apps.core.fields import GermanDateField, GermanTimeField

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2026, 11, 26)


@pytest.mark.parametrize(
    "typed",
    [
        "31.03.1985", "31.3.1985", "31. 3. 1985", "31-03-1985", "31/03/1985", "31 03 1985", "31,3,1985", "31031985",
        "310385", "31.3.85", "31.03.1985.", "1985-03-31", "1985.03.31", "19850331", "31. März 1985", "31.März 1985",
        "31 Mrz. 1985", "31. maerz 85", "March 31, 1985", "31st March 1985", "31 mar 1985", " 31.03.1985\u200b",
        "31.\u00a003.\u00a01985", "31\u201303\u20131985", "\uff13\uff11.\uff10\uff13.1985", "٣١.٠٣.١٩٨٥",
    ],
)  # fmt: skip
def test_birthday_is_understood(typed: str) -> None:
    assert day_of(typed, first=FIRST, last=LAST) == dt.date(1985, 3, 31)


@pytest.mark.parametrize(
    ("typed", "first", "last", "day"),
    [
        # Of a child born this year, and of somebody who is a hundred.
        ("1.11.26", FIRST, LAST, dt.date(2026, 11, 1)),
        ("1.12.26", FIRST, LAST, dt.date(1926, 12, 1)),
        ("1.12.26", dt.date(2026, 11, 26), dt.date(2027, 11, 26), dt.date(2026, 12, 1)),
        ("29.2.00", FIRST, LAST, dt.date(2000, 2, 29)),
        # 20th December 1231, were it a day first.
        ("20121231", FIRST, LAST, dt.date(2012, 12, 31)),
        ("20101985", FIRST, LAST, dt.date(1985, 10, 20)),
        ("1.1.3000", FIRST, LAST, dt.date(3000, 1, 1)),
    ],
)  # fmt: skip
def test_day_that_can_be_meant_is_meant(typed: str, first: dt.date, last: dt.date, day: dt.date) -> None:
    assert day_of(typed, first=first, last=last) == day


@pytest.mark.parametrize(
    "typed",
    ["", "gestern", "30.02.1985", "31.13.1985", "29.2.1900", "1985", "31.03.", "1.1.1", "31.Foo 1985", "0.0.0000",
     "31.03.19855", "a31.03.1985"],
)  # fmt: skip
def test_what_is_no_day_is_told(typed: str) -> None:
    with pytest.raises(ValueError):
        day_of(typed)
    with pytest.raises(forms.ValidationError) as refused:
        GermanDateField().clean(typed)
    assert len(refused.value.messages) == 1


@given(
    st.dates(min_value=FIRST, max_value=LAST),
    st.sampled_from(["%d.%m.%Y", "%d%m%Y", "%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"]),
)
def test_every_day_is_understood_however_it_is_written(day: dt.date, form: str) -> None:
    assert day_of(day.strftime(form), first=FIRST, last=LAST) == day


@given(st.text(max_size=30) | st.from_regex(r"[0-9 .,:/-]{1,12}(uhr|pm|March|th)?", fullmatch=True))
def test_any_text_is_a_day_or_none(typed: str) -> None:
    for field, kind in ((GermanDateField(required=False), dt.date), (GermanTimeField(required=False), dt.time)):
        try:
            understood = field.clean(typed)
        except forms.ValidationError:
            continue
        assert understood is None or isinstance(understood, kind)


@pytest.mark.parametrize(
    "typed", ["17:30", "17.30", "17,30", "1730", "17 Uhr 30", "17h30", "17:30 Uhr", "5:30 pm", "17:30\u200b"]
)
def test_half_past_five(typed: str) -> None:
    assert time_of(typed) == dt.time(17, 30)


@pytest.mark.parametrize("typed", ["8", "08", "8 Uhr", "8:00", "0800", "800", "8 a.m.", "8h"])
def test_eight_o_clock(typed: str) -> None:
    assert time_of(typed) == dt.time(8)


@pytest.mark.parametrize("typed", ["", "24", "17:60", "8:5", "13 pm", "17 Uhr 30 Minuten", "123456"])
def test_what_is_no_time_is_told(typed: str) -> None:
    with pytest.raises(ValueError):
        time_of(typed)
    with pytest.raises(forms.ValidationError):
        GermanTimeField().clean(typed)


@pytest.mark.parametrize("nothing", [None, "", " ", "\u200b", "\u00a0"])
def test_nothing_is_no_day_and_no_time(nothing: str | None) -> None:
    assert GermanDateField(required=False).clean(nothing) is None
    assert GermanTimeField(required=False).clean(nothing) is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("gestern", "Tag, Monat und Jahr"), ("2024", "Tag, Monat und Jahr"), ("Mai 2024", "Tag, Monat und Jahr"),
     ("31.02.2024", "Dieses Datum gibt es nicht")],
)  # fmt: skip
def test_what_is_wrong_with_a_date_is_told(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        GermanDateField().clean(typed)


def test_day_out_of_bounds_is_told_with_the_bounds() -> None:
    field = GermanDateField(first=lambda: FIRST, last=lambda: LAST)
    with pytest.raises(forms.ValidationError) as refused:
        field.clean("1.1.2030")
    assert refused.value.messages == ["Bitte geben Sie ein Datum vom 01.01.1900 bis zum 26.11.2026 ein."]
