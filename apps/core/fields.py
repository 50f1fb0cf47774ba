"""Form fields for what people type: text (DIN 91379), dates and numbers as written in Germany."""

import datetime as dt
import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.mail_addresses import NoDomain, canonical
from apps.core.text import normal

MONTHS = ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
          "dezember")  # fmt: skip
WRITTEN_DATE = re.compile(r"([0-9]{1,2})\.?\s*([^\W\d_]+)\.?\s*([0-9]{4})")


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
    return normal("NFC", text).strip()


class PlainCharField(forms.CharField):
    """Text as people write it: every letter of DIN 91379, apostrophes, one or many words."""

    def to_python(self, value: Any) -> str:
        text = normalised_text(super().to_python(value) or "")
        # A field of one line holds one line, however it was pasted.
        return text if isinstance(self.widget, forms.Textarea) else re.sub(r"[\r\n\t]+", " ", text)

    def run_validators(self, value: Any) -> None:
        no_control_characters(value)
        super().run_validators(value)


class MailAddressField(forms.EmailField):
    """An address of e-mail in its one spelling, see ``mail_addresses.canonical``."""

    default_error_messages = {
        "invalid": gettext_lazy("Diese E-Mail-Adresse ist nicht vollständig. Beispiel: name@beispiel.de"),
        "domain": gettext_lazy("Was hinter dem @ steht, kann es so nicht geben. Beispiel: name@beispiel.de"),
    }

    def to_python(self, value: Any) -> str:
        """The address; raises ValidationError where it can have no domain."""
        try:
            return canonical(super().to_python(value) or "")
        except NoDomain as error:
            raise ValidationError(self.error_messages["domain"], code="domain") from error


class GermanDateField(forms.DateField):
    """A date as people type it: ``24.12.2026``; the browser's ISO form is taken as well."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            input_formats=["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d %m %Y", "%d/%m/%Y"],
            widget=forms.DateInput(format="%d.%m.%Y", attrs={"inputmode": "numeric"}),
            **options,
        )

    def to_python(self, value: Any) -> dt.date | None:
        if value is not None and not isinstance(value, dt.date):
            value = str(value)
            written = WRITTEN_DATE.fullmatch(value.strip())
            if written and written[2].lower() in MONTHS:
                value = f"{written[1]}.{MONTHS.index(written[2].lower()) + 1}.{written[3]}"
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dt.date):
            return value.strftime("%d.%m.%Y") if value.year >= 1000 else value.isoformat()
        return value


class GermanDecimalField(forms.DecimalField):
    """A number with a comma or a point."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and "," in value:
            value = value.replace(".", "").replace(",", ".")
        return super().to_python(value)
