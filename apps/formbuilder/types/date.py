"""A day."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import formats

from apps.core.fields import GermanDateField
from apps.formbuilder.conditions import day
from apps.formbuilder.types.base import Field, FieldType


class Date(FieldType):
    """A day, stored as ISO text; bounds may count from today (``today+60``)."""

    key = "date"

    def read_bound(self, text: str) -> dt.date:
        return day(text)

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        first, last = item.min_value or "1900-01-01", item.max_value or "2100-12-31"
        return GermanDateField(first=lambda: day(first), last=lambda: day(last), **options)

    def to_stored(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, dt.date) else value

    def from_stored(self, value: Any) -> Any:
        try:
            return dt.date.fromisoformat(value)
        except (TypeError, ValueError):
            return value

    def plain(self, item: Field, value: Any) -> str:
        found = self.from_stored(value)
        return formats.date_format(found, "DATE_FORMAT") if isinstance(found, dt.date) else str(value)

    def may_be_compared(self, bound: Any) -> bool:
        try:
            return isinstance(bound, str) and day(bound) is not None
        except (ValueError, OverflowError):
            return False
