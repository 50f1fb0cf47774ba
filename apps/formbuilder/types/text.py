"""A line, and a text of several lines."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import localised
from apps.core.fields import PlainCharField
from apps.formbuilder import patterns
from apps.formbuilder.types.address import asks_less_abroad
from apps.formbuilder.types.base import Field, FieldType


class Text(FieldType):
    """A line; with a pattern from the list, and a house number that other countries need not have."""

    key = "text"
    longest = 200

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        validators = []
        if item.pattern and (pattern := patterns.fits(item.pattern)):
            message = localised(item.invalid) if item.invalid else _("Bitte prüfen Sie diese Angabe.")
            validators.append(RegexValidator(pattern, message=message))
        return PlainCharField(max_length=item.max_length or self.longest, validators=validators, **options)

    def adapt(self, item: Field, field: forms.Field, values: Any) -> None:
        asks_less_abroad(item, field, values)


class Textarea(FieldType):
    """A text of several lines."""

    key = "textarea"
    longest = 4000

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        widget = forms.Textarea(attrs={"rows": 5})
        return PlainCharField(max_length=item.max_length or self.longest, widget=widget, **options)
