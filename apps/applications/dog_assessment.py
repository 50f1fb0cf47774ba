"""What a declaration of dogs costs; the amounts are data (catalogue.Fee), the rule is in the form."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from apps.applications.dog_tax import Dog, Part, Relief, Rule, first_year, full_year, is_ever_taxed, year_of
from apps.catalogue.models import Fee

# Four years, and three in which they may not have begun.
OPEN_YEARS = 7


class MissingFee(Exception):
    """No amount is known for a day on which the rule needs one; an editor has to enter it."""


class StoredRates:
    """The rates of the year for the first, second and each further dog, as catalogue.Fee has them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """``keys`` are those of the fees, in that order; one query for all of them."""
        self._keys = keys
        self._rates: dict[str, list[tuple[dt.date, Decimal | None]]] = {key: [] for key in keys}
        for fee in Fee.objects.filter(key__in=keys).order_by("valid_from"):
            self._rates[fee.key].append((fee.valid_from, fee.amount))

    def __call__(self, rank: int, month: dt.date) -> Decimal:
        """The rate for the dog of a rank (from 0) on the first day of a month. Raises MissingFee."""
        key = self._keys[min(rank, len(self._keys) - 1)]
        begun = [amount for since, amount in self._rates[key] if since <= month]
        if not begun or begun[-1] is None:
            raise MissingFee(f"{key} {month:%Y}")
        return begun[-1]


@dataclass(frozen=True)
class TaxLine:
    """The tax for one dog in one calendar year."""

    number: int  # of the entry in the form, from 1
    name: str
    year: int
    months: int
    parts: tuple[Part, ...]
    amount: Decimal
    relief: str


@dataclass(frozen=True)
class Assessment:
    """All lines, and what is due for each full year after the last of them, in euros."""

    lines: tuple[TaxLine, ...]
    yearly: Decimal

    @property
    def total(self) -> Decimal:
        """What is due for all years so far, in euros."""
        return sum((line.amount for line in self.lines), Decimal(0))

    def as_json(self) -> list[dict[str, Any]]:
        """The lines as they are frozen into a notice."""
        return [
            {"number": x.number, "name": x.name, "year": x.year, "months": x.months, "amount": str(x.amount),
             "relief": x.relief, "parts": [{"yearly": str(p.yearly), "months": p.months} for p in x.parts]}
            for x in self.lines
        ]  # fmt: skip


def is_dog_tax(rule: Mapping[str, Any]) -> bool:
    """Whether a form's fee rule is the one for dogs."""
    return rule.get("rule") == "graduated"


def by_law(rule: Mapping[str, Any]) -> Rule:
    """What the form's rule says of the by-law."""
    return Rule(rule["first_taxable_month"] == "following", Fraction(rule.get("reduced_share", "1/2")))


@dataclass(frozen=True)
class DogFinding:
    """What a clerk has found of a dog, and why: since when it is kept, and whether it is relieved."""

    since: dt.date
    relief: Relief = ""
    reason: str = ""


@dataclass(frozen=True)
class Findings:
    """What a clerk has found of a household; ``amount`` (euros) stands in place of the computed sum."""

    already_held: int
    dogs: tuple[DogFinding, ...]
    amount: Decimal | None = None
    reason: str = ""

    def as_json(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The findings beside what was declared, as they are frozen into a decision."""
        return {
            "already_held": self.already_held, "declared_held": _held(answers), "reason": self.reason,
            "amount": str(self.amount) if self.amount is not None else None,
            "dogs": [
                {"name": str(entry.get("name") or ""), "claim": entry.get("claim") or "none", "relief": found.relief,
                 "since": found.since.isoformat(), "declared_since": entry["since"], "reason": found.reason}
                for entry, found in zip(answers.get("dogs") or [], self.dogs, strict=True)
            ],
        }  # fmt: skip


def declared(answers: Mapping[str, Any]) -> Findings:
    """What a declaration says, without any relief: that is for the decision."""
    entries = answers.get("dogs") or []
    return Findings(_held(answers), tuple(DogFinding(dt.date.fromisoformat(entry["since"])) for entry in entries))


def _held(answers: Mapping[str, Any]) -> int:
    return int(answers.get("dogs_held") or 0)


def assess(
    rule: Mapping[str, Any], answers: Mapping[str, Any], *, on: dt.date, findings: Findings | None = None
) -> Assessment | None:
    """The tax for the dogs of a declaration (see dog_tax.py), for all years up to that of ``on``; None by another rule.

    Where a dog is taxed only later, up to its first year. Years past the time for assessment are left out (§ 169 Abs. 2
    Satz 1 Nr. 2, § 170 Abs. 2 Satz 1 Nr. 1 AO: four years, which begin three years later at most). Every dog has a line
    for each year in which it is taxed, or one for the last year if it is in none. Raises MissingFee when no rate is known
    for a month, and BadHousehold for ``findings`` that cannot be.
    """
    if not is_dog_tax(rule):
        return None
    entries, found = answers.get("dogs") or [], findings or declared(answers)
    dogs = [_dog(entry, of_dog) for entry, of_dog in zip(entries, found.dogs, strict=True)]
    held, rates, law = found.already_held, StoredRates(rule["fees"]), by_law(rule)
    # The last year is one in which every dog that will be taxed is: what follows is fixed for all of them.
    firsts = [first_year(dog, law) for dog in dogs if is_ever_taxed(dog, law)]
    last = max([on.year, *firsts])
    first = max(min([last, *firsts]), on.year - OPEN_YEARS)
    years = {year: year_of(dogs, year, already_held=held, rates=rates, rule=law) for year in range(first, last + 1)}
    lines = [
        TaxLine(number, str(entry.get("name") or ""), year, costs.months, costs.parts, costs.amount, dog.relief)
        for number, (entry, dog) in enumerate(zip(entries, dogs, strict=True), 1)
        for year, costs in ((y, of_all[number - 1]) for y, of_all in years.items())
        if costs.months or (year == last and not any(of_all[number - 1].months for of_all in years.values()))
    ]
    # As things stand when the next year begins.
    then = full_year(dogs, dt.date(last + 1, 1, 1), already_held=held, rates=rates, rule=law)
    return Assessment(tuple(lines), then)


def _dog(entry: Mapping[str, Any], found: DogFinding) -> Dog:
    until = dt.date.fromisoformat(entry["until"]) if entry.get("until") else None
    return Dog(dt.date.fromisoformat(entry["birth_date"]), found.since, until, found.relief)
