"""A German registration number."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.fields import PlainCharField
from apps.core.text import normal
from apps.formbuilder.types.base import Field, FieldType

_DIGITS = r"[ -]*([1-9][0-9]{0,3})([EH]?)"
# Divided where it was typed; undivided only where there is one way to divide it.
LICENCE_PLATES = (
    re.compile(rf"([A-ZÄÖÜ]{{1,3}})[ -]+([A-Z]{{1,2}}){_DIGITS}"),
    re.compile(rf"([A-ZÄÖÜ]{{3}})([A-Z]{{2}}){_DIGITS}"),
    re.compile(rf"([A-ZÄÖÜ])([A-Z]){_DIGITS}"),
)


class LicencePlateField(PlainCharField):
    """A German registration number, written as on the plate: ``WOB AB 123``."""

    default_error_messages = {"invalid": _("Das ist kein deutsches Kennzeichen. Beispiel: WOB AB 123")}

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return text
        plate = normal("NFC", text.upper())
        match = next((m for m in (p.fullmatch(plate) for p in LICENCE_PLATES) if m), None)
        if match is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        district, letters, digits, suffix = match.groups()
        return f"{district} {letters} {digits}{suffix}"


class LicencePlate(FieldType):
    """A German registration number."""

    key = "licence_plate"

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return LicencePlateField(max_length=20, **options)
