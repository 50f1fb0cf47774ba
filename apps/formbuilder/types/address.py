"""Postcode and country."""

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.core.countries import HOME, name_of
from apps.core.fields import CountryField, PostcodeField
from apps.formbuilder import patterns
from apps.formbuilder.types.base import Field, FieldType


def asks_less_abroad(item: Field, field: forms.Field, values: Mapping[str, Any]) -> bool:
    """Neither every country has postcodes nor every house a number; ``values`` hold the country that was chosen.

    Whether it is another one.
    """
    abroad = bool(item.country) and (values.get(item.country or "") or HOME) != HOME
    if abroad:
        field.required = False
    return abroad


class Postcode(FieldType):
    """A postcode; of another country where that was chosen before."""

    key = "postcode"
    longest = 10

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        pattern = patterns.known(item.pattern, patterns.PATTERNS) if item.pattern else None
        field = PostcodeField(pattern=pattern, **options)
        # Abroad there are letters in it, which a keypad has not.
        field.widget.attrs |= {"data-width": "10"} if item.country else {"inputmode": "numeric", "data-width": "5"}
        return field

    def adapt(self, item: Field, field: forms.Field, values: Mapping[str, Any]) -> None:
        if asks_less_abroad(item, field, values) and isinstance(field, PostcodeField):
            field.abroad = True


class Country(FieldType):
    """A country (ISO 3166)."""

    key = "country"
    longest = 2

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return CountryField(**options)

    def plain(self, item: Field, value: Any) -> str:
        return name_of(value)
