"""Dog tax of a household by months: against cases reckoned by hand, and against another way to compute it."""

import datetime as dt
import itertools
import json
import math
import random
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.applications.dog_tax import BadHousehold, Dog, Rule, full_year, household_from, year_of
from apps.catalogue.models import Fee, Service

BY_LAW = Rule()
RATES = (Decimal(96), Decimal(144), Decimal(168))


def rates(rank: int, month: dt.date) -> Decimal:
    """The rates of every year but 2025, when they changed in July."""
    return RATES[min(rank, 2)] + (12 if dt.date(2025, 7, 1) <= month < dt.date(2026, 1, 1) else 0)


def dog(since: str, born: str = "2020-05-05", until: str | None = None, relief: Any = "") -> Dog:
    days = [dt.date.fromisoformat(day) if day else None for day in (born, since, until)]
    return Dog(days[0], days[1], days[2], relief)  # type: ignore[arg-type]


def costs(*dogs: Dog, year: int = 2026, held: int = 0, rule: Rule = BY_LAW) -> list[tuple[int, str]]:
    return [(c.months, str(c.amount)) for c in year_of(dogs, year, already_held=held, rates=rates, rule=rule)]


def test_dogs_count_by_the_day_they_came_and_not_as_they_were_entered() -> None:
    assert costs(dog("2026-11-01"), dog("2026-01-10")) == [(1, "12.00"), (11, "88.00")]
    assert costs(dog("2026-01-10"), dog("2026-11-01")) == [(11, "88.00"), (1, "12.00")]


@pytest.mark.parametrize(
    ("born", "since", "months"),
    [
        # Three months old on 28 February, the last day of that month: taxed from March.
        ("2025-11-30", "2025-12-24", 10), ("2025-11-28", "2025-12-24", 10), ("2025-12-01", "2025-12-24", 9),
        ("2025-10-31", "2025-11-15", 11), ("2026-08-31", "2026-08-31", 1), ("2026-09-30", "2026-10-01", 0),
        ("2020-05-05", "2025-12-31", 12), ("2020-05-05", "2026-01-01", 11), ("2020-05-05", "2026-12-01", 0),
    ],
)  # fmt: skip
def test_tax_begins_after_it_came_and_after_it_is_three_months_old(born: str, since: str, months: int) -> None:
    assert costs(dog(since, born))[0][0] == months


def test_leap_day() -> None:
    """Three months old on 29 February 2028: taxed from March."""
    assert costs(dog("2027-12-24", "2027-11-30"), year=2028) == [(10, "80.00")]


@pytest.mark.parametrize(
    ("until", "months"), [("2026-06-01", 5), ("2026-06-30", 5), ("2026-01-10", 0), ("2027-01-01", 11)]
)
def test_tax_ends_with_the_month_in_which_the_dog_goes(until: str, months: int) -> None:
    assert costs(dog("2026-01-10", until=until))[0][0] == months


def test_next_dog_moves_up_when_one_goes() -> None:
    found = year_of([dog("2025-01-01", until="2026-06-15"), dog("2025-02-01")], 2026, already_held=0, rates=rates)
    assert [(c.months, str(c.amount)) for c in found] == [(6, "48.00"), (12, "120.00")]
    assert [(str(p.yearly), p.months) for p in found[1].parts] == [("144.00", 6), ("96.00", 6)]


def test_city_may_let_it_begin_with_the_same_month() -> None:
    assert costs(dog("2026-01-10"), rule=Rule(following=False)) == [(12, "96.00")]


def test_exempt_dog_costs_nothing_and_does_not_count() -> None:
    assert costs(dog("2025-01-01", relief="exempt"), dog("2025-02-01")) == [(0, "0.00"), (12, "96.00")]


def test_reduced_dog_counts_first_whatever_is_held_and_pays_half() -> None:
    assert costs(dog("2025-02-01"), dog("2025-12-01", relief="reduced")) == [(12, "144.00"), (12, "48.00")]
    # One held: the reduced dog is the first, the held one the second, the other the third.
    assert costs(dog("2025-02-01"), dog("2025-12-01", relief="reduced"), held=1) == [(12, "168.00"), (12, "48.00")]
    assert costs(*[dog("2025-02-01", relief="reduced")] * 2, held=5) == [(12, "48.00"), (12, "72.00")]
    assert costs(dog("2025-02-01", relief="reduced"), rule=Rule(reduced_share=Fraction(1, 3))) == [(12, "32.00")]


def test_rate_is_that_of_the_month_and_cents_are_cut_once_a_year() -> None:
    # 96 × 6/12 + 108 × 6/12.
    assert costs(dog("2024-01-01"), year=2025) == [(12, "102.00")]
    found = year_of([dog("2026-05-05")], 2026, already_held=0, rates=lambda _rank, _month: Decimal(100))
    assert str(found[0].amount) == "58.33"


def test_whole_year_as_things_stand() -> None:
    dogs = [dog("2026-01-10", until="2026-06-30"), dog("2026-11-01"), dog("2026-02-01", relief="reduced")]
    assert full_year(dogs, dt.date(2027, 1, 1), already_held=1, rates=rates) == Decimal("48.00") + Decimal("168.00")


@pytest.mark.parametrize(
    "wrong",
    [dog("2020-05-04"), dog("2026-02-01", until="2026-01-31"), Dog(dt.date(9999, 12, 1), dt.date(9999, 12, 31))],
)
def test_household_that_cannot_be_is_told(wrong: Dog) -> None:
    with pytest.raises(BadHousehold):
        year_of([wrong], 2026, already_held=0, rates=rates)


# -- another way --------------------------------------------------------------------------------------------


def another_way(dogs: list[Dog], year: int, held: int) -> list[tuple[int, str]]:
    """Month by month with a list of everybody in the house, without anything of ours."""
    months, sums = [0] * len(dogs), [Fraction(0)] * len(dogs)
    for number in range(1, 13):
        house: list[tuple[Any, ...]] = [(1, dt.date.min, dt.date.min, -1)] * held
        for place, one in enumerate(dogs):
            months_old = one.born.month + 3
            born_year, born_month = one.born.year + (months_old > 12), (months_old - 1) % 12 + 1
            day = one.born.day
            while True:
                try:
                    old = dt.date(born_year, born_month, day)
                    break
                except ValueError:
                    day -= 1
            counts = max(one.since, old)
            begun = (counts.year, counts.month) < (year, number)
            gone = one.until is not None and (one.until.year, one.until.month) < (year, number)
            if begun and not gone and one.relief != "exempt":
                house.append((0 if one.relief == "reduced" else 2, counts, one.born, place))
        for rank, (kind, _counts, _born, place) in enumerate(sorted(house)):
            if place >= 0:
                rate = Fraction(rates(rank, dt.date(year, number, 1)))
                months[place] += 1
                sums[place] += rate / 12 / (2 if kind == 0 else 1)
    cents = [math.floor(s * 100) for s in sums]
    return [(m, f"{c // 100}.{c % 100:02}") for m, c in zip(months, cents, strict=True)]


def household(chance: random.Random) -> list[Dog]:
    def day(first: str, last: str) -> dt.date:
        begin = dt.date.fromisoformat(first)
        return begin + dt.timedelta(chance.randrange((dt.date.fromisoformat(last) - begin).days + 1))

    made = []
    for _ in range(chance.randrange(1, 6)):
        born = chance.choice([day("2015-01-01", "2028-12-31"), dt.date(2023, 11, 30), dt.date(2027, 11, 29)])
        since = max(born, chance.choice([day("2021-06-01", "2028-12-31"), dt.date(2026, 1, 10), dt.date(2025, 12, 31)]))
        until = since + dt.timedelta(chance.randrange(900)) if chance.random() < 0.4 else None
        made.append(Dog(born, since, until, chance.choice(["", "", "", "reduced", "exempt"])))  # type: ignore[arg-type]
    return made


def test_five_thousand_households_cost_the_same_computed_another_way_in_any_order() -> None:
    chance = random.Random(20261126)
    for _ in range(5000):
        dogs, held, year = household(chance), chance.randrange(4), chance.randrange(2023, 2029)
        expected = another_way(dogs, year, held)
        assert costs(*dogs, year=year, held=held) == expected, (dogs, held, year)
        order = list(range(len(dogs)))
        chance.shuffle(order)
        shuffled = costs(*[dogs[i] for i in order], year=year, held=held)
        assert shuffled == another_way([dogs[i] for i in order], year, held)
        if len({(d.due_on, d.born) for d in dogs}) == len(dogs):
            # Of those that came on one day and are of one age, the first entered is the first.
            assert shuffled == [expected[i] for i in order]


def test_some_order_of_entry_matters_to_nobody() -> None:
    dogs = [
        dog("2025-03-03"),
        dog("2026-04-04", relief="reduced"),
        dog("2026-01-01", "2025-12-24"),
        dog("2026-06-06", until="2026-09-09"),
    ]
    assert len({tuple(sorted(costs(*order, held=1))) for order in itertools.permutations(dogs)}) == 1


# -- as a command -------------------------------------------------------------------------------------------

FILE: dict[str, Any] = {
    "year": 2026, "already_held": 0, "dogs": [
        {"born": "2020-05-05", "since": "2026-01-10", "until": None, "relief": None},
        {"born": "2020-05-05", "since": "2026-11-01", "until": None, "relief": None},
    ],
}  # fmt: skip


def run(tmp_path: Path, content: Any, *options: str) -> str:
    file = tmp_path / "household.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    said = StringIO()
    call_command("dog_tax", str(file), *options, stdout=said)
    return said.getvalue()


def test_command_prints_one_line(tmp_path: Path, db: None) -> None:
    said = run(tmp_path, FILE, "--json")
    assert (
        said == '{"total": "100.00", "dogs": [{"months": 11, "amount": "88.00"}, {"months": 1, "amount": "12.00"}]}\n'
    )
    assert "Total 2026: 100.00" in run(tmp_path, FILE)
    assert json.loads(run(tmp_path, FILE | {"dogs": []}, "--json")) == {"total": "0.00", "dogs": []}


@pytest.mark.parametrize("year", range(2023, 2029))
def test_command_knows_the_shipped_rates(tmp_path: Path, db: None, year: int) -> None:
    said = run(
        tmp_path,
        FILE | {"year": year, "already_held": 1, "dogs": [FILE["dogs"][0] | {"since": "2022-01-10"}]},
        "--json",
    )
    assert json.loads(said) == {"total": "144.00", "dogs": [{"months": 12, "amount": "144.00"}]}


def changed(**of_dog: Any) -> dict[str, Any]:
    return FILE | {"dogs": [{**FILE["dogs"][0], **of_dog}]}


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", "[" * 100_000, "\ud800".encode("utf-16", "surrogatepass").decode("latin-1"), FILE | {"year": "2026"},
        FILE | {"year": True}, FILE | {"year": 0}, FILE | {"already_held": -1}, FILE | {"already_held": 1.5}, FILE | {"dogs": {}},
        FILE | {"dogs": [1]}, FILE | {"more": 1}, {k: v for k, v in FILE.items() if k != "year"}, changed(born="5.5.2020"),
        changed(born=None), changed(since="2020-05-04"), changed(since="2026-W01-1"), changed(until="2026-01-09"),
        changed(until=""), changed(relief="half"), changed(relief=False), changed(releif="exempt"),
        changed(born="9999-12-01", since="9999-12-31"), changed(since="2026-02-30"), FILE | {"year": 2016, "already_held": 0} | {
            "dogs": [{**FILE["dogs"][0], "born": "2010-01-01", "since": "2015-01-01"}]},
    ],
)  # fmt: skip
def test_command_ends_with_two_and_a_sentence(tmp_path: Path, db: None, content: Any) -> None:
    with pytest.raises(CommandError) as told:
        run(tmp_path, content, "--json")
    assert told.value.returncode == 2
    assert str(told.value).endswith(".")
    assert "\n" not in str(told.value)


def test_command_without_a_file_ends_with_two(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError) as told:
        call_command("dog_tax", str(tmp_path / "none.json"))
    assert told.value.returncode == 2


def test_rate_that_is_not_known_is_missing(tmp_path: Path, db: None) -> None:
    service = Service.objects.get(slug="hundesteuer-anmelden")
    Fee.objects.create(
        service=service,
        key="hundesteuer-anmelden-2",
        label_de="x",
        label_en="x",
        valid_from=dt.date(2026, 12, 1),
        amount=None,
    )
    with pytest.raises(CommandError, match="A rate is missing: hundesteuer-anmelden-2 2026"):
        run(tmp_path, FILE, "--json")
    assert household_from(FILE)[0] == 2026
