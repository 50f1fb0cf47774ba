"""Form fields for what people type as text (DIN 91379)."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def no_control_characters(text: str) -> None:
    """Refuse control, format and unassigned characters; line breaks are for text areas to allow.

    Letters of every script stay welcome; ZWJ and ZWNJ are not needed in DIN 91379.
    """
    for character in text:
        if character in "\n\r\t":
            continue
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise ValidationError(
                _("Ein Zeichen in diesem Text lässt sich nicht verarbeiten. Bitte tippen Sie ihn neu."),
                code="characters",
            )


def normalised_text(text: str) -> str:
    """NFC and no white space at the ends, so that the same name is always the same text."""
    return unicodedata.normalize("NFC", text).strip()


class PlainCharField(forms.CharField):
    """Text as people write it: every letter of DIN 91379, apostrophes, one or many words."""

    def to_python(self, value: Any) -> str:
        text = normalised_text(super().to_python(value) or "")
        # A field of one line holds one line, however it was pasted.
        return text if isinstance(self.widget, forms.Textarea) else re.sub(r"[\r\n\t]+", " ", text)

    def run_validators(self, value: Any) -> None:
        no_control_characters(value)
        super().run_validators(value)
