"""Working days in Lower Saxony."""

import datetime as dt

import pytest
import time_machine

from apps.core.business_calendar import add_working_days, is_working_day, next_working_day, today

HOLIDAYS_2026 = {
    dt.date(2026, 1, 1): "Neujahr",
    dt.date(2026, 4, 3): "Karfreitag",
    dt.date(2026, 4, 6): "Ostermontag",
    dt.date(2026, 5, 1): "Tag der Arbeit",
    dt.date(2026, 5, 14): "Christi Himmelfahrt",
    dt.date(2026, 5, 25): "Pfingstmontag",
    dt.date(2026, 10, 3): "Tag der Deutschen Einheit",
    dt.date(2026, 10, 31): "Reformationstag",
    dt.date(2026, 12, 25): "1. Weihnachtstag",
    dt.date(2026, 12, 26): "2. Weihnachtstag",
}


def test_a_year_has_the_holidays_of_lower_saxony_and_no_others() -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(365)]
    free = {d for d in days if d.weekday() < 5 and not is_working_day(d)}
    assert free == {d for d in HOLIDAYS_2026 if d.weekday() < 5}
    assert not any(is_working_day(d) for d in days if d.weekday() >= 5)


@pytest.mark.parametrize("year", [2018, 2022, 2023, 2024, 2025, 2028, 2033])
def test_reformation_day_is_free_since_2018(year: int) -> None:
    assert not is_working_day(dt.date(year, 10, 31))


def test_reformation_day_was_worked_before_except_for_its_jubilee() -> None:
    assert is_working_day(dt.date(2016, 10, 31))
    assert not is_working_day(dt.date(2017, 10, 31))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (dt.date(2026, 12, 24), "Heiligabend"),
        (dt.date(2026, 12, 31), "Silvester"),
        (dt.date(2026, 1, 6), "Heilige Drei Könige"),
        (dt.date(2026, 6, 4), "Fronleichnam"),
        (dt.date(2027, 11, 1), "Allerheiligen"),
        (dt.date(2026, 11, 18), "Buß- und Bettag"),
        (dt.date(2027, 3, 8), "Frauentag"),
        (dt.date(2026, 2, 16), "Rosenmontag"),
    ],
)
def test_days_that_are_free_elsewhere_are_worked_here(day: dt.date, why: str) -> None:
    assert is_working_day(day), why


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (dt.date(2026, 11, 23), 3, dt.date(2026, 11, 26)),  # Monday to Thursday
        (dt.date(2026, 11, 20), 1, dt.date(2026, 11, 23)),  # over a weekend
        (dt.date(2026, 11, 21), 1, dt.date(2026, 11, 23)),  # from a Saturday
        (dt.date(2026, 4, 2), 1, dt.date(2026, 4, 7)),  # over Easter
        (dt.date(2026, 4, 3), 2, dt.date(2026, 4, 8)),  # from Good Friday
        (dt.date(2026, 12, 23), 3, dt.date(2026, 12, 29)),  # 24 counts; 25 to 27 do not
        (dt.date(2026, 12, 30), 2, dt.date(2027, 1, 4)),  # 31 counts, New Year does not
        (dt.date(2025, 10, 30), 1, dt.date(2025, 11, 3)),  # over a Reformationstag on a Friday
        (dt.date(2026, 11, 23), 0, dt.date(2026, 11, 23)),
    ],
)
def test_add_working_days_does_not_count_the_start(start: dt.date, days: int, end: dt.date) -> None:
    assert add_working_days(start, days) == end


@pytest.mark.parametrize(
    ("day", "moved"),
    [
        # The ends of a month's period after a fiction of four days, as letters of this Land have them.
        (dt.date(2026, 2, 28), dt.date(2026, 3, 2)),
        (dt.date(2026, 5, 3), dt.date(2026, 5, 4)),
        (dt.date(2026, 4, 3), dt.date(2026, 4, 7)),
        (dt.date(2026, 5, 7), dt.date(2026, 5, 7)),
        (dt.date(2026, 10, 30), dt.date(2026, 10, 30)),
        (dt.date(2026, 12, 25), dt.date(2026, 12, 28)),
        (dt.date(2027, 2, 28), dt.date(2027, 3, 1)),
    ],
)
def test_a_period_that_ends_on_a_free_day_ends_on_the_next_working_day(day: dt.date, moved: dt.date) -> None:
    assert next_working_day(day) == moved


def test_today_is_the_day_in_wolfsburg() -> None:
    with time_machine.travel(dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC), tick=False):
        assert today() == dt.date(2026, 7, 1)
    with time_machine.travel(dt.datetime(2026, 12, 31, 22, 59, tzinfo=dt.UTC), tick=False):
        assert today() == dt.date(2026, 12, 31)
