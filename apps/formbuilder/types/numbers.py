"""Whole numbers, and amounts."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from apps.core.fields import GermanDecimalField, GermanIntegerField
from apps.formbuilder import patterns
from apps.formbuilder.types.base import Field, FieldType


class Integer(FieldType):
    """A whole number, perhaps with a unit behind it."""

    key = "integer"

    def read_bound(self, text: str) -> int:
        return int(text)

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        options["error_messages"].setdefault("invalid", _("Bitte geben Sie eine ganze Zahl ein. Beispiel: 2"))
        return GermanIntegerField(
            unit=(patterns.known(item.unit, patterns.UNITS) or "") if item.unit else "",
            min_value=int(item.min_value) if item.min_value is not None else None,
            max_value=int(item.max_value) if item.max_value is not None else 10**9,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "5"}),
            **options,
        )

    def may_be_answered(self, item: Field, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def may_be_compared(self, bound: Any) -> bool:
        return isinstance(bound, int) and not isinstance(bound, bool)


class Amount(FieldType):
    """A number with two decimal places, stored as text."""

    key = "decimal"

    def read_bound(self, text: str) -> Decimal:
        number = Decimal(text)
        if not number.is_finite():
            raise ValueError("no number")
        return number

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        options["error_messages"].setdefault("invalid", _("Bitte geben Sie eine Zahl ein. Beispiel: 12,50"))
        return GermanDecimalField(
            min_value=Decimal(item.min_value) if item.min_value is not None else None,
            max_value=Decimal(item.max_value) if item.max_value is not None else None,
            max_digits=12,
            decimal_places=2,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "data-width": "10"}),
            **options,
        )

    def to_stored(self, value: Any) -> Any:
        return str(value) if isinstance(value, Decimal) else value

    def plain(self, item: Field, value: Any) -> str:
        return formats.number_format(Decimal(value), 2)

    def may_be_compared(self, bound: Any) -> bool:
        try:
            return isinstance(bound, int | str) and not isinstance(bound, bool) and Decimal(bound).is_finite()
        except ArithmeticError:
            return False
