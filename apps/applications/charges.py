"""What somebody has to pay after a decision: an amount, a day, a Kassenzeichen and the city's account."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import formats
from stdnum import iban

from apps.cases.models import Case
from apps.core.business_calendar import next_working_day, today
from apps.core.templatetags.components import euro

# After the decision: a month, and the days until the letter is there. One that waits in the portal and goes by post only
# after the ten days of § 41 Abs. 2a VwVfG leaves a fortnight.
DAYS_TO_PAY = 35


class IncompleteCharge(Exception):
    """Something of a charge is missing; ``part`` is due_on, kassenzeichen or account."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def usual_due_date() -> dt.date:
    """When a charge decided today falls due unless the clerk says otherwise."""
    return next_working_day(today() + dt.timedelta(days=DAYS_TO_PAY))


def charge_for(case: Case, amount: Decimal, *, due_on: dt.date | None, kassenzeichen: str) -> dict[str, str]:
    """A charge as it is kept: amount in euros, due_on (ISO), kassenzeichen, holder, iban, bank.

    ``kassenzeichen`` is what the clerk typed, used where no rule makes one. Raises IncompleteCharge.
    """
    if due_on is None or due_on <= today():
        raise IncompleteCharge("due_on")
    if settings.KASSENZEICHEN:
        kassenzeichen = settings.KASSENZEICHEN.format(reference=case.reference, year=today().year)
    if not kassenzeichen:
        raise IncompleteCharge("kassenzeichen")
    account = settings.CITY_ACCOUNT
    if not iban.is_valid(account["iban"]):
        raise IncompleteCharge("account")
    return {
        "amount": str(amount),
        "due_on": due_on.isoformat(),
        "kassenzeichen": kassenzeichen,
        "holder": account["holder"],
        "iban": iban.compact(account["iban"]),
        "bank": account["bank"],
    }


def lines_of(charge: dict[str, Any]) -> list[list[str]]:
    """The charge as label and text, for the letter."""
    lines = [
        ["Betrag", euro(Decimal(charge["amount"]))],
        ["Fällig am", formats.date_format(dt.date.fromisoformat(charge["due_on"]), "DATE_FORMAT")],
        ["Kassenzeichen (bitte angeben)", charge["kassenzeichen"]],
        ["Empfänger", charge["holder"]],
        ["IBAN", iban.format(charge["iban"])],
        ["Bank", charge["bank"]],
    ]
    return [line for line in lines if line[1]]
