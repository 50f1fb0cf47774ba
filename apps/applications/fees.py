"""What an application costs; the amounts are data (catalogue.Fee), the rule is in the form."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from apps.catalogue.models import Fee

CENT = Decimal("0.01")
MONTHS = 12


class MissingFee(Exception):
    """No amount is known for a day on which the rule needs one; an editor has to enter it."""


@dataclass(frozen=True)
class TaxLine:
    """The tax for one dog in one calendar year."""

    number: int  # of the entry in the form, from 1
    name: str
    year: int
    yearly: Decimal
    months: int
    amount: Decimal
    first_month: dt.date


@dataclass(frozen=True)
class Assessment:
    """All lines and their sums."""

    lines: tuple[TaxLine, ...]

    @property
    def total(self) -> Decimal:
        """What is due for all years so far, in euros."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def yearly(self) -> Decimal:
        """What is due for each full year from now on, in euros."""
        latest = {line.number: line.yearly for line in self.lines}
        return sum(latest.values(), Decimal(0))

    def as_json(self) -> list[dict[str, Any]]:
        """The lines as they are frozen into a notice."""
        return [
            {"number": x.number, "name": x.name, "year": x.year, "yearly": str(x.yearly),
             "months": x.months, "amount": str(x.amount), "first_month": x.first_month.isoformat()}
            for x in self.lines
        ]  # fmt: skip


def assess(rule: Mapping[str, Any], answers: Mapping[str, Any], *, on: dt.date) -> Assessment:
    """Graduated tax per item, pro rata by month (Hundesteuersatzung; rates are catalogue.Fee).

    ``rule`` names the group, the field with the number of dogs already held, the field with the
    day on which holding began, the fee keys for the first, second and each further dog, and
    ``first_taxable_month``: ``same`` or ``following`` month. Dogs already held take the lower
    places, so they decide the rate of the new ones. Years up to ``on`` are assessed.

    Raises MissingFee when no rate is known for a year.
    """
    entries = answers.get(rule["group"]) or []
    held = int(answers.get(rule["offset"]) or 0)
    lines = []
    for index, entry in enumerate(entries):
        begin = dt.date.fromisoformat(entry[rule["from_field"]])
        first = first_taxable_month(begin, rule["first_taxable_month"])
        key = rule["fees"][min(held + index, len(rule["fees"]) - 1)]
        for year in range(first.year, max(on.year, first.year) + 1):
            start = first if year == first.year else dt.date(year, 1, 1)
            months = MONTHS + 1 - start.month
            yearly = _rate(key, start)
            amount = (yearly * months / MONTHS).quantize(CENT, rounding=ROUND_DOWN)
            name = str(entry.get(rule.get("name_field", "name")) or "")
            lines.append(TaxLine(index + 1, name, year, yearly, months, amount, start))
    return Assessment(tuple(lines))


def first_taxable_month(begin: dt.date, mode: str) -> dt.date:
    """The first day of the first month for which tax is due."""
    if mode == "same":
        return begin.replace(day=1)
    return (begin.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _rate(key: str, day: dt.date) -> Decimal:
    fee = Fee.objects.valid_on(day).filter(key=key).first()
    if fee is None or fee.amount is None:
        raise MissingFee(f"{key} {day:%Y}")
    return fee.amount


def snapshot(service_id: int, day: dt.date) -> list[dict[str, Any]]:
    """The service's fees in force on a day, as they are kept with an application."""
    return [
        {"key": f.key, "label_de": f.label_de, "label_en": f.label_en,
         "amount": str(f.amount) if f.amount is not None else None,
         "valid_from": f.valid_from.isoformat(), "legal_basis": f.legal_basis}
        for f in Fee.objects.valid_on(day).filter(service_id=service_id)
    ]  # fmt: skip
