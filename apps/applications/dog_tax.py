"""Dog tax of a household, month by month; knows no database.

Source: Hundesteuersatzung der Stadt Wolfsburg, as published summaries of it have it (hunde2.de, regionalleben.de,
regionalheute.de, read 26.11.2026; the rates of 2017 and of 2026 are the same), with § 3 and § 11 NKAG. What the by-law decides and no summary says (in which month
the duty begins, what a reduced dog pays, the rates) is data: ``Rule`` and catalogue.Fee.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, Literal

MONTHS = 12
# Younger dogs are not taxed.
TAXED_FROM_MONTHS = 3

Relief = Literal["", "exempt", "reduced"]


class BadHousehold(ValueError):
    """The household cannot be; the message is a sentence."""


@dataclass(frozen=True)
class Dog:
    """A dog of the household: born, kept since, kept until (None: still), and what was granted for it."""

    born: dt.date
    since: dt.date
    until: dt.date | None = None
    relief: Relief = ""

    @property
    def due_on(self) -> dt.date:
        """The later of the days on which it came and on which it is three months old.

        Where that month has no such day it is the last one (§ 188(3) BGB). Raises BadHousehold.
        """
        month = self.born.year * MONTHS + self.born.month - 1 + TAXED_FROM_MONTHS
        year, month = month // MONTHS, month % MONTHS + 1
        if year > dt.MAXYEAR:
            raise BadHousehold(f"A dog born on {self.born} has no calendar.")
        return max(self.since, dt.date(year, month, min(self.born.day, calendar.monthrange(year, month)[1])))

    def demand_order(self) -> None:
        """Raises BadHousehold for a dog kept before its birth, or until a day before it came."""
        if self.since < self.born:
            raise BadHousehold(f"A dog is kept since {self.since} but was born on {self.born}.")
        if self.until is not None and self.until < self.since:
            raise BadHousehold(f"A dog is kept until {self.until} but only since {self.since}.")


@dataclass(frozen=True)
class Rule:
    """What the by-law decides: whether tax begins with the month after ``due_on``, and what a reduced dog pays."""

    following: bool = True
    reduced_share: Fraction = Fraction(1, 2)


BY_LAW = Rule()

# The rate of a year for the first (0), second (1), … dog, as it is valid in the month that begins on a day.
Rates = Callable[[int, dt.date], Decimal]


@dataclass(frozen=True)
class Part:
    """Months of a year in which a dog pays by one rate of the year."""

    yearly: Decimal
    months: int


@dataclass(frozen=True)
class DogYear:
    """What a dog costs in a year: how many months of it, by which rates, and the sum."""

    months: int
    parts: tuple[Part, ...]
    amount: Decimal


def _number(day: dt.date) -> int:
    """A month as a number that counts on over the years."""
    return day.year * MONTHS + day.month - 1


def first_year(dog: Dog, rule: Rule) -> int:
    """The year of the first month in which it is taxed, if it is still there by then."""
    return _taxed(dog, rule)[0] // MONTHS


def is_ever_taxed(dog: Dog, rule: Rule) -> bool:
    """Whether there is a month in which it is taxed."""
    first, last = _taxed(dog, rule)
    return dog.relief != "exempt" and (last is None or first <= last)


def _taxed(dog: Dog, rule: Rule) -> tuple[int, int | None]:
    """The first and the last month, as numbers."""
    first = _number(dog.due_on) + (1 if rule.following else 0)
    return first, _number(dog.until) if dog.until is not None else None


def ranks(dogs: Sequence[Dog], month: dt.date, *, already_held: int, rule: Rule) -> dict[int, int]:
    """The rank (from 0) of every dog taxed in the month that begins on ``month``, by its position.

    Reduced dogs come first, then those that were already held, then the others, each by the day from which they count,
    then by birth, then as entered. Exempt dogs do not count.
    """

    def is_taxed(dog: Dog) -> bool:
        first, last = _taxed(dog, rule)
        return first <= _number(month) and (last is None or _number(month) <= last)

    order = sorted(
        (dog.relief != "reduced", dog.due_on, dog.born, position)
        for position, dog in enumerate(dogs)
        if dog.relief != "exempt" and is_taxed(dog)
    )
    reduced = sum(not others for others, *_more in order)
    return {
        position: rank + (already_held if rank >= reduced else 0)
        for rank, (_others, _day, _born, position) in enumerate(order)
    }


def year_of(dogs: Sequence[Dog], year: int, *, already_held: int, rates: Rates, rule: Rule = BY_LAW) -> list[DogYear]:
    """What each dog costs in a calendar year, in the order given.

    Twelfths of the rates that are valid in the months, rounded down to the cent for each dog. Raises BadHousehold, and
    whatever ``rates`` raises for a rate that is needed and not known.
    """
    for dog in dogs:
        dog.demand_order()
    paid: list[list[Fraction]] = [[] for _dog in dogs]
    for number in range(1, MONTHS + 1):
        month = dt.date(year, number, 1)
        for position, rank in ranks(dogs, month, already_held=already_held, rule=rule).items():
            paid[position].append(_yearly(dogs[position], rates(rank, month), rule))
    return [_summed(months) for months in paid]


def full_year(dogs: Sequence[Dog], month: dt.date, *, already_held: int, rates: Rates, rule: Rule = BY_LAW) -> Decimal:
    """What a whole year costs as things stand in the month that begins on ``month``, in euros."""
    held = ranks(dogs, month, already_held=already_held, rule=rule).items()
    return sum((_cents(_yearly(dogs[p], rates(rank, month), rule)) for p, rank in held), Decimal(0))


def _yearly(dog: Dog, rate: Decimal, rule: Rule) -> Fraction:
    return Fraction(rate) * (rule.reduced_share if dog.relief == "reduced" else 1)


def _summed(months: list[Fraction]) -> DogYear:
    parts = tuple(Part(_cents(yearly), len(list(same))) for yearly, same in groupby(months))
    return DogYear(len(months), parts, _cents(sum(months, Fraction(0)) / MONTHS))


def _cents(exact: Fraction) -> Decimal:
    """Rounded down to the cent."""
    return Decimal(int(exact * 100)).scaleb(-2)


# -- as a file ----------------------------------------------------------------------------------------------


def household_from(raw: Any) -> tuple[int, int, list[Dog]]:
    """Year, number of dogs already held, and dogs, from what a JSON file holds. Raises BadHousehold."""
    _demand_keys(raw, {"year", "already_held", "dogs"}, "The file")
    year, held, entries = raw["year"], raw["already_held"], raw["dogs"]
    if type(year) is not int or not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise BadHousehold("year is no year.")
    if type(held) is not int or held < 0:
        raise BadHousehold("already_held is no number of dogs.")
    if not isinstance(entries, list):
        raise BadHousehold("dogs is no list.")
    return year, held, [_dog_from(entry, f"Dog {number}") for number, entry in enumerate(entries, 1)]


def _dog_from(raw: Any, where: str) -> Dog:
    _demand_keys(raw, {"born", "since", "until", "relief"}, where)
    if raw["relief"] not in (None, "exempt", "reduced"):
        raise BadHousehold(f"{where}: relief is null, exempt or reduced.")
    born, since = (_day(raw[name], f"{where}: {name}") for name in ("born", "since"))
    until = None if raw["until"] is None else _day(raw["until"], f"{where}: until")
    dog = Dog(born, since, until, raw["relief"] or "")
    dog.demand_order()
    return dog


def _demand_keys(raw: Any, keys: set[str], where: str) -> None:
    if not isinstance(raw, dict) or set(raw) != keys:
        raise BadHousehold(f"{where} holds exactly {', '.join(sorted(keys))}.")


def _day(raw: Any, where: str) -> dt.date:
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        with suppress(ValueError):
            return dt.date.fromisoformat(raw)
    raise BadHousehold(f"{where} is no day like 2026-12-31.")
