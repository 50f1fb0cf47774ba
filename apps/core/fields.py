"""Form fields for what people type: text (DIN 91379), dates and numbers as written in Germany."""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import countries
from apps.core.dates import NoDate, day_of, time_of
from apps.core.mail_addresses import NoDomain, canonical
from apps.core.text import digits, many_lines, one_line, unreadable

# No more of a text is looked at than what it may have, with as much again of what nobody sees or counts.
LONGEST_VALUE = 200
# Where a text field names no limit: texts of the master data.
MOST_WITHOUT_LIMIT = 50_000


def demand_length(typed: str, most: int | None) -> None:
    """Raises ValidationError for a text far beyond its limit, before anything is done with it: that costs time.

    ``most`` is the limit in characters, None where any honest value is short.
    """
    if most is None:
        most = LONGEST_VALUE
    if len(typed) > 2 * most + 1000:
        raise ValidationError(_("Das ist viel zu lang. Höchstens %(most)d Zeichen."), "max_length", {"most": most})


def demand_readable(typed: str) -> None:
    """Raises ValidationError that names the first character of ``typed`` that is none, and where it stands."""
    place = unreadable(typed)
    if place is not None:
        before = one_line(typed[:place])[-20:]
        where = _("nach „%(before)s“") % {"before": before} if before else _("am Anfang")
        raise ValidationError(
            _(
                "Ein Zeichen lässt sich nicht verarbeiten: Stelle %(place)d, %(where)s (U+%(code)04X). Bitte löschen Sie es."
            ),
            code="characters",
            params={"place": place + 1, "where": where, "code": ord(typed[place])},
        )


class PlainCharField(forms.CharField):
    """Text as people write it, in any script, see ``one_line``; in a text area ``many_lines``."""

    def __init__(self, **options: Any) -> None:
        # What stands at the ends is for the normaliser, who knows more of it.
        super().__init__(**{"strip": False, **options})

    def to_python(self, value: Any) -> str:
        """The text as it is stored; raises ValidationError for what is no character."""
        typed = str(super().to_python(value) or "")
        demand_length(typed, self.max_length or MOST_WITHOUT_LIMIT)
        demand_readable(typed)
        return many_lines(typed) if isinstance(self.widget, forms.Textarea) else one_line(typed)


class PublishedTextField(PlainCharField):
    """Text that the city publishes: its dashes and blanks are typography, and stay."""

    def to_python(self, value: Any) -> str:
        """The text as it is stored; raises ValidationError for what is no character."""
        typed = str(forms.CharField.to_python(self, value) or "")
        demand_length(typed, self.max_length or MOST_WITHOUT_LIMIT)
        demand_readable(typed)
        text = many_lines(typed)
        return text if isinstance(self.widget, forms.Textarea) else text.replace("\n", " ")


class PhoneField(PlainCharField):
    """A telephone number as people write it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 40, **options})
        self.widget.input_type = "tel"
        message = gettext_lazy("Eine Telefonnummer besteht aus Ziffern. Beispiel: 05361 281234")
        self.validators.append(RegexValidator(r"^\+?[0-9 ()/.-]{3,}\Z", message=message))

    def to_python(self, value: Any) -> str:
        """The number, with digits as on the keyboard."""
        return digits(super().to_python(value))


class PostcodeField(PlainCharField):
    """A postcode: of five digits in Germany; abroad whatever it is there, and there may be none."""

    def __init__(self, *, pattern: str | None = None, **options: Any) -> None:
        """``pattern`` is what the digits have to be besides; its message is the field's ``invalid``."""
        super().__init__(**{"max_length": 10, **options})
        self.pattern, self.abroad = pattern, False
        self.error_messages.setdefault("invalid", _FIVE_DIGITS)

    def to_python(self, value: Any) -> str:
        """The postcode, with digits as on the keyboard; ours without what people put between or before them."""
        typed = digits(super().to_python(value))
        german = None if self.abroad else re.fullmatch(r"(?:DE?[ -]*)?([0-9]{2})[ ]?([0-9]{3})", typed, re.IGNORECASE)
        return german[1] + german[2] if german else typed

    def validate(self, value: str) -> None:
        """Whether there is such a one; raises ValidationError."""
        if self.abroad:
            return
        super().validate(value)
        if value and not re.fullmatch("[0-9]{5}", value):
            raise ValidationError(_FIVE_DIGITS, code="digits")
        if value and self.pattern and not re.fullmatch(self.pattern, value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")


class CountryField(forms.ChoiceField):
    """A country by its code; ours unless another one is chosen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "choices": countries.choices, "initial": countries.HOME})

    def clean(self, value: Any) -> str:
        """The code; raises ValidationError."""
        return str(super().clean(value or countries.HOME))


class PlaceMixin:
    """A form with ``country`` and ``postcode``: what Germany demands of a postcode holds only there."""

    def _clean_fields(self) -> None:
        form: Any = self
        form.fields["postcode"].abroad = form["country"].data not in (None, "", countries.HOME)
        super()._clean_fields()  # type: ignore[misc]  # a method of the form that this is mixed into


def needed_by_choice(fields: Iterable[forms.Field]) -> None:
    """Say of these fields that they are neither needed nor optional: other answers decide, and the hints say how."""
    for field in fields:
        # Read by the tag that renders fields; Django's own know nothing of it.
        setattr(field, "hide_optional", True)  # noqa: B010  an attribute of our own, which the stubs do not have


_FIVE_DIGITS = gettext_lazy("Eine Postleitzahl hat fünf Ziffern. Beispiel: 38440")


class MailAddressField(forms.EmailField):
    """An address of e-mail in its one spelling, see ``mail_addresses.canonical``."""

    default_error_messages = {
        "invalid": gettext_lazy("Diese E-Mail-Adresse ist nicht vollständig. Beispiel: name@beispiel.de"),
        "domain": gettext_lazy("Was hinter dem @ steht, kann es so nicht geben. Beispiel: name@beispiel.de"),
    }

    def to_python(self, value: Any) -> str:
        """The address; raises ValidationError where it can have no domain."""
        demand_length(str(value or ""), self.max_length)
        try:
            return canonical(super().to_python(value) or "")
        except NoDomain as error:
            raise ValidationError(self.error_messages["domain"], code="domain") from error


class GermanDateField(forms.DateField):
    """A date as people type it, see ``day_of``; not before ``first`` and not after ``last``, which may move."""

    default_error_messages = {
        "invalid": gettext_lazy("Dieses Datum gibt es nicht. Beispiel: 24.12.2026"),
        "incomplete": gettext_lazy("Bitte geben Sie Tag, Monat und Jahr ein. Beispiel: 24.12.2026"),
        "range": gettext_lazy("Bitte geben Sie ein Datum vom %(first)s bis zum %(last)s ein."),
    }

    def __init__(self, *, first: Callable[[], dt.date] | None = None, last: Callable[[], dt.date] | None = None,
                 **options: Any) -> None:  # fmt: skip
        self.first, self.last = first or (lambda: dt.date.min), last or (lambda: dt.date.max)
        options.setdefault("widget", forms.DateInput(attrs={"inputmode": "numeric", "data-width": "10"}))
        # Whose sentence about a day is their own says it about half a day, too.
        said = options.get("error_messages") or {}
        if "invalid" in said:
            options["error_messages"] = {"incomplete": said["invalid"], **said}
        super().__init__(**options)

    def to_python(self, value: Any) -> dt.date | None:
        """The day; raises ValidationError when there is none."""
        if value is None or isinstance(value, dt.date):
            return super().to_python(value)
        demand_length(str(value), None)
        if not one_line(str(value)):
            return None
        try:
            return day_of(str(value), first=self.first(), last=self.last())
        except NoDate as error:
            raise ValidationError(self.error_messages["incomplete"], code="incomplete") from error
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def validate(self, value: Any) -> None:
        """Whether it lies between the two days; raises ValidationError."""
        super().validate(value)
        first, last = self.first(), self.last()
        if value is not None and not first <= value <= last:
            raise ValidationError(
                self.error_messages["range"],
                code="range",
                params={"first": first.strftime("%d.%m.%Y"), "last": last.strftime("%d.%m.%Y")},
            )

    def prepare_value(self, value: Any) -> Any:
        """As it is shown."""
        if isinstance(value, dt.date):
            return value.strftime("%d.%m.%Y") if value.year >= 1000 else value.isoformat()
        return value


class GermanTimeField(forms.TimeField):
    """A time of day as people type it, see ``time_of``."""

    default_error_messages = {"invalid": gettext_lazy("Diese Uhrzeit gibt es nicht. Beispiel: 14:30")}

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TimeInput(format="%H:%M", attrs={"data-width": "5"}), **options)

    def to_python(self, value: Any) -> dt.time | None:
        """The time; raises ValidationError when there is none."""
        if value is None or isinstance(value, dt.time):
            return super().to_python(value)
        demand_length(str(value), None)
        if not one_line(str(value)):
            return None
        try:
            return time_of(str(value))
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


_EUROS = "€|EUR|Euros?"


def _number(typed: str, unit: str) -> str:
    """What is typed, without its unit (a pattern) before or behind it; ``30,-`` is 30."""
    demand_length(typed, None)
    text = digits(one_line(typed))
    if unit:
        text = re.sub(rf"^(?:{unit})\.? *| *(?:{unit})\.?$", "", text, flags=re.IGNORECASE)
    return re.sub("[,.]-+$", "", text)


class GermanIntegerField(forms.IntegerField):
    """A whole number, whatever invisible came with it; ``unit`` is a pattern of what people may write behind it."""

    def __init__(self, *, unit: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.unit = unit

    def to_python(self, value: Any) -> int | None:
        """The number; raises ValidationError when it is none."""
        if isinstance(value, str):
            value = _number(value, self.unit)
        return super().to_python(value)


class GermanDecimalField(forms.DecimalField):
    """A number with a comma or a point."""

    def to_python(self, value: Any) -> Any:
        """The number; raises ValidationError when it is none."""
        if isinstance(value, str):
            value = _number(value, _EUROS)
            if "," in value:
                value = value.replace(".", "").replace(",", ".")
        return super().to_python(value)


def given_name_field(**options: Any) -> PlainCharField:
    """Somebody's given name; who has one name only leaves it out."""
    widget = forms.TextInput(attrs={"autocomplete": "given-name"})
    return PlainCharField(label=gettext_lazy("Vorname"), max_length=120, required=False, widget=widget, **options)


def family_name_field() -> PlainCharField:
    """The family name, or the only one."""
    return PlainCharField(
        label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": gettext_lazy("Ihr Name fehlt. Beispiel: Özdemir-Groß")},
    )  # fmt: skip
