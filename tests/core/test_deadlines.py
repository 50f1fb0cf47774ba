"""Deadlines of notices: cases computed by hand, and a counter that walks from day to day."""

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.core import deadlines as law
from apps.core.deadlines import AO, PORTAL, POST, SGBX, VWVFG, Deadlines, NoRule, deadlines

DAY = dt.timedelta(days=1)


def d(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d.%m.%Y").date()


@pytest.mark.parametrize(
    ("way", "regime", "sent", "known", "ends"),
    [
        (POST, VWVFG, "27.01.2026", "31.01.2026", "02.03.2026"),  # known on a Saturday, the end on one moves
        (POST, VWVFG, "30.03.2026", "03.04.2026", "04.05.2026"),  # known on Good Friday
        (POST, SGBX, "30.03.2026", "03.04.2026", "04.05.2026"),
        (POST, AO, "30.03.2026", "07.04.2026", "07.05.2026"),  # which under the AO moves past Easter
        (PORTAL, AO, "30.03.2026", "07.04.2026", "07.05.2026"),
        (PORTAL, SGBX, "30.03.2026", "03.04.2026", "04.05.2026"),
        (POST, VWVFG, "26.09.2026", "30.09.2026", "30.10.2026"),
        (POST, AO, "26.09.2026", "30.09.2026", "30.10.2026"),
        (POST, VWVFG, "21.11.2026", "25.11.2026", "28.12.2026"),  # the end lies on Christmas Day, a Friday
        (POST, AO, "21.11.2026", "25.11.2026", "28.12.2026"),
        (POST, VWVFG, "31.12.2024", "03.01.2025", "03.02.2025"),  # the last letter of the third day
        (POST, VWVFG, "01.01.2025", "05.01.2025", "05.02.2025"),  # the first of the fourth
        (PORTAL, SGBX, "31.12.2024", "03.01.2025", "03.02.2025"),
        (POST, VWVFG, "26.01.2024", "29.01.2024", "29.02.2024"),  # a leap year
        (POST, VWVFG, "27.01.2025", "31.01.2025", "28.02.2025"),  # a month without a 31st
        (POST, VWVFG, "26.12.2026", "30.12.2026", "01.02.2027"),  # over the year, to a Monday
        (POST, VWVFG, "27.09.2026", "01.10.2026", "02.11.2026"),  # no All Saints' in Lower Saxony, but a Sunday
        (POST, VWVFG, "26.09.2025", "30.09.2025", "30.10.2025"),
        (POST, VWVFG, "27.09.2022", "30.09.2022", "01.11.2022"),  # the 30th is a Sunday, the 31st is Reformation Day
    ],
)
def test_cases_computed_by_hand(way: str, regime: str, sent: str, known: str, ends: str) -> None:
    assert deadlines(way, regime, d(sent), today=d(sent)) == Deadlines(d(known), d(ends))


def test_a_letter_in_the_portal_counts_from_its_retrieval() -> None:
    sent = d("01.12.2026")

    def found(retrieved: str | None, today: str) -> Deadlines:
        return deadlines(PORTAL, VWVFG, sent, today=d(today), retrieved=d(retrieved) if retrieved else None)

    # Ten days, that of the mail not counted: the 11th of December, a Friday, is the last one.
    assert found(None, "11.12.2026") == Deadlines()
    assert found(None, "12.12.2026") == Deadlines(delivery_ended=d("11.12.2026"))
    assert found("11.12.2026", "20.12.2026") == Deadlines(d("12.12.2026"), d("12.01.2027"))
    assert found("01.12.2026", "01.12.2026") == Deadlines(d("02.12.2026"), d("04.01.2027"))
    # What is retrieved later than today has not happened yet, and is computed all the same.
    assert found("05.12.2026", "02.12.2026") == Deadlines(d("06.12.2026"), d("06.01.2027"))
    for outside in ("12.12.2026", "30.11.2026"):
        with pytest.raises(NoRule):
            found(outside, "20.12.2026")


def test_the_end_of_a_provision_moves_to_a_working_day() -> None:
    assert law.provision_ends(d("15.12.2026")) == d("28.12.2026")
    assert deadlines(PORTAL, VWVFG, d("15.12.2026"), today=d("27.12.2026")) == Deadlines()
    assert deadlines(PORTAL, VWVFG, d("15.12.2026"), today=d("29.12.2026")) == Deadlines(delivery_ended=d("28.12.2026"))


def test_the_rule_of_provision_waits_for_a_lawyer(monkeypatch: pytest.MonkeyPatch) -> None:
    sent, provided = d("02.02.2027"), d("01.02.2027")
    off = deadlines(PORTAL, AO, sent, today=sent, provided=provided)
    assert off == deadlines(PORTAL, AO, sent, today=sent) == Deadlines(d("08.02.2027"), d("08.03.2027"))
    *before, waiting = law.FICTIONS[PORTAL, AO]
    assert (waiting.from_provision, waiting.in_force) == (True, False)
    on = law.Fiction(waiting.valid_from, waiting.days, waiting.source, from_provision=True)
    monkeypatch.setitem(law.FICTIONS, (PORTAL, AO), (*before, on))
    assert deadlines(PORTAL, AO, sent, today=sent, provided=provided) == Deadlines(d("05.02.2027"), d("05.03.2027"))
    # Not before it holds, and not where the day of provision is not known.
    early = d("30.12.2026")
    assert deadlines(PORTAL, AO, early, today=early, provided=d("29.12.2026")).deemed_known == d("04.01.2027")
    assert deadlines(PORTAL, AO, sent, today=sent) == off


@pytest.mark.parametrize(("way", "regime", "sent"), [("pigeon", AO, "01.02.2026"), (POST, "", "01.02.2026"), (POST, AO, "31.12.2017"), (POST, AO, "01.01.2100")])  # fmt: skip
def test_what_no_rule_covers_is_said(way: str, regime: str, sent: str) -> None:
    with pytest.raises(NoRule) as caught:
        deadlines(way, regime, d(sent), today=d(sent))
    assert str(caught.value).endswith(".")


# -- a slow counter --------------------------------------------------------------------------------------------


def easter(year: int) -> dt.date:
    """Easter Sunday by the rule of Gauss as Lichtenberg completed it."""
    k = year // 100
    m, s = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25, 2 - (3 * k + 3) // 4
    a = year % 19
    moon = (19 * a + m) % 30
    r = (moon + a // 11) // 29
    full = 21 + moon - r
    sunday = 7 - (year + year // 4 + s) % 7
    return dt.date(year, 3, 1) + (full + 7 - (full - sunday) % 7 - 1) * DAY


def is_free(day: dt.date) -> bool:
    sunday = easter(day.year)
    moving = {sunday - 2 * DAY, sunday + DAY, sunday + 39 * DAY, sunday + 50 * DAY}
    fixed = {(1, 1), (5, 1), (10, 3), (10, 31), (12, 25), (12, 26)}
    return day.weekday() > 4 or day in moving or (day.month, day.day) in fixed


def walked(start: dt.date, days: int) -> dt.date:
    for _ in range(days):
        start += DAY
    return start


def worked(day: dt.date) -> dt.date:
    while is_free(day):
        day += DAY
    return day


def month_walked(known: dt.date) -> dt.date:
    """Day after day until one of the next month has the same number, or the month is over."""
    day = known + DAY
    while day.month == known.month:
        day += DAY
    month = day.month
    while day.day != known.day and (day + DAY).month == month:
        day += DAY
    return worked(day)


@given(
    sent=st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31)), regime=st.sampled_from([VWVFG, AO, SGBX]),
    way=st.sampled_from([POST, PORTAL]), fetched=st.none() | st.integers(0, 20), looked=st.integers(-5, 30),
)  # fmt: skip
def test_a_counter_that_walks_from_day_to_day_finds_the_same(
    sent: dt.date, regime: str, way: str, fetched: int | None, looked: int
) -> None:
    today, retrieved = sent + looked * DAY, None if fetched is None else sent + fetched * DAY
    expected: Deadlines | None
    if way == PORTAL and regime == VWVFG:
        last = worked(walked(sent, 10))
        if retrieved is None:
            expected = Deadlines(delivery_ended=last if today > last else None)
        elif retrieved > last:
            expected = None
        else:
            expected = Deadlines(walked(retrieved, 1), month_walked(walked(retrieved, 1)))
    else:
        known = walked(sent, 3 if sent < dt.date(2025, 1, 1) else 4)
        known = worked(known) if regime == AO else known
        expected = Deadlines(known, month_walked(known))
    if expected is None:
        with pytest.raises(NoRule):
            deadlines(way, regime, sent, today=today, retrieved=retrieved)
    else:
        assert deadlines(way, regime, sent, today=today, retrieved=retrieved) == expected


# -- the command -----------------------------------------------------------------------------------------------


def run(**options: Any) -> tuple[Any, int]:
    out = io.StringIO()
    try:
        call_command("deadline", *(f"--{name}={value}" for name, value in options.items()), "--json", stdout=out)
    except CommandError as error:
        return str(error), error.returncode
    return json.loads(out.getvalue()), 0


def test_the_command_prints_one_line() -> None:
    assert run(way="post", regime="AO", sent="2026-03-30") == (
        {"deemed_known": "2026-04-07", "appeal_ends": "2026-05-07", "delivery_ended": None}, 0,
    )  # fmt: skip
    nothing = {"deemed_known": None, "appeal_ends": None, "delivery_ended": None}
    assert run(way="portal", regime="VwVfG", sent="2026-12-01", today="2026-12-05") == (nothing, 0)
    assert run(way="portal", regime="VwVfG", sent="2026-12-01", today="2027-01-05") == (
        nothing | {"delivery_ended": "2026-12-11"}, 0,
    )  # fmt: skip
    assert run(way="portal", regime="SGBX", sent="2026-12-01", provided="2026-11-30", retrieved="2026-12-24")[0] == {
        "deemed_known": "2026-12-05", "appeal_ends": "2027-01-05", "delivery_ended": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"sent": "2026-02-30"}, {"sent": "20260201"}, {"sent": "gestern"}, {"sent": "1990-01-01"}, {"sent": "9999-12-31"},
        {"way": "portal", "regime": "VwVfG", "sent": "2026-12-01", "retrieved": "2026-12-24"}, {"sent": "2026-W10"},
        {"today": "x"}, {"provided": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_computed_ends_with_2(options: dict[str, str]) -> None:
    said, code = run(**{"way": "post", "regime": "AO", "sent": "2026-02-01"} | options)
    assert code == 2
    assert said.endswith(".")
