"""E-mail address and telephone."""

from typing import Any

from django import forms

from apps.core.fields import MailAddressField, PhoneField
from apps.formbuilder.types.base import Field, FieldType


class Email(FieldType):
    """An e-mail address."""

    key = "email"

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return MailAddressField(max_length=254, **options)


class Telephone(FieldType):
    """A telephone number."""

    key = "tel"
    longest = 40

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return PhoneField(**options)
