"""Definitions as Django forms: one form class per step or group, made once per process."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core import uploads
from apps.core.bilingual import localised
from apps.core.business_calendar import today
from apps.core.countries import HOME
from apps.core.fields import (
    CountryField,
    GermanDateField,
    GermanDecimalField,
    GermanIntegerField,
    MailAddressField,
    PhoneField,
    PlainCharField,
    PostcodeField,
)
from apps.core.text import normal
from apps.formbuilder.definition import Definition, Field, Step

_DIGITS = r"[ -]*([1-9][0-9]{0,3})([EH]?)"
# Divided where it was typed; undivided only where there is one way to divide it.
LICENCE_PLATES = (
    re.compile(rf"([A-ZÄÖÜ]{{1,3}})[ -]+([A-Z]{{1,2}}){_DIGITS}"),
    re.compile(rf"([A-ZÄÖÜ]{{3}})([A-Z]{{2}}){_DIGITS}"),
    re.compile(rf"([A-ZÄÖÜ])([A-Z]){_DIGITS}"),
)


class LicencePlateField(PlainCharField):
    """A German registration number, written as on the plate: ``WOB AB 123``."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return text
        plate = normal("NFC", text.upper())
        match = next((m for m in (p.fullmatch(plate) for p in LICENCE_PLATES) if m), None)
        if match is None:
            raise forms.ValidationError(_("Das ist kein deutsches Kennzeichen. Beispiel: WOB AB 123"), code="invalid")
        district, letters, digits, suffix = match.groups()
        return f"{district} {letters} {digits}{suffix}"


class YesNoField(forms.TypedChoiceField):
    """A yes/no question as two radio buttons; the value is True or False."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[("yes", _("Ja")), ("no", _("Nein"))],
            coerce=lambda v: v == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        if value is True:
            return "yes"
        return "no" if value is False else value


class StoredUploadField(forms.Field):
    """The ids of files already stored for a draft; the bytes are checked before they get here."""

    widget = forms.FileInput

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        """What the browser offers to choose from; what comes is looked at all the same."""
        return {**super().widget_attrs(widget), "accept": uploads.ACCEPT}

    def clean(self, value: Any) -> list[str]:
        ids = [str(v) for v in value or []]
        if self.required and not ids:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return ids


TYPED = frozenset(
    ["text", "textarea", "email", "tel", "integer", "decimal", "date", "licence_plate", "postcode", "country"]
)


class StepForm(forms.Form):
    """The fields of a step (or of one entry of a group); conditions decide which exist.

    ``answers`` are the stored values that conditions may look at besides the form's own. A form that ``remembers`` fills
    in what is stored for fields that were not on the page; an entry of a group may have been another one then.
    """

    definition_fields: tuple[Field, ...] = ()
    # Of an entry of a group: which one it is.
    title = ""

    def __init__(self, *args: Any, answers: Mapping[str, Any] | None = None,
                 files: Mapping[str, list[str]] | None = None, remembers: bool = True, **kwargs: Any) -> None:  # fmt: skip
        self.known: dict[str, Any] = dict(answers or {})
        self.stored_files = dict(files or {})
        kwargs["use_required_attribute"] = False
        super().__init__(*args, **kwargs)
        if self.is_bound and remembers and (known := self._known_before()):
            if isinstance(self.data, QueryDict):
                self.data = self.data.copy()
                self.data.update(known)
            else:
                self.data = {**self.data, **known}
        if not self.is_bound:
            self._hide_unasked()

    def _known_before(self) -> dict[str, Any]:
        """What is stored for fields that were not on the page, by name: they appear with it.

        A browser sends every text field it shows, also an empty one.
        """
        return {
            self.add_prefix(item.key): self.fields[item.key].prepare_value(self.initial[item.key])
            for item in self.definition_fields
            if item.type in TYPED and item.key in self.initial and self.add_prefix(item.key) not in self.data
        }

    def _hide_unasked(self) -> None:
        """Before anything is typed: show what the stored answers call for."""
        values = dict(self.known)
        for item in self.definition_fields:
            if item.when is not None and not item.when.holds(values):
                self.fields.pop(item.key, None)
                values.pop(item.key, None)
            elif item.key in self.initial:
                values[item.key] = to_stored(self.initial[item.key])

    def _clean_fields(self) -> None:
        """Clean field by field, in order; a field whose condition fails is absent, not empty."""
        values = dict(self.known)
        data: Mapping[str, Any] = self.data
        for item in self.definition_fields:
            form_field = self.fields.get(item.key)
            if form_field is None:
                continue
            if item.when is not None and not item.when.holds(values):
                del self.fields[item.key]
                values.pop(item.key, None)
                continue
            if item.type == "upload":
                raw: Any = self.stored_files.get(item.key, [])
            else:
                raw = form_field.widget.value_from_datadict(data, {}, self.add_prefix(item.key))
            _demand_less_abroad(item, form_field, values)
            try:
                value = form_field.clean(raw)
                self._demand_order(item, value, values)
            except forms.ValidationError as error:
                self.add_error(item.key, error)
                values.pop(item.key, None)
            else:
                self.cleaned_data[item.key] = value
                values[item.key] = to_stored(value)

    def _demand_order(self, item: Field, value: Any, values: Mapping[str, Any]) -> None:
        """Whether a day lies where it should after another one; raises ValidationError."""
        other = values.get(item.not_before or "")
        if not isinstance(value, dt.date) or not other or value >= (earliest := dt.date.fromisoformat(other)):
            return
        fields = {f.key: f for f in self.definition_fields}
        label = localised(fields[item.not_before].label) if item.not_before in fields else ""
        raise forms.ValidationError(
            _("Dieser Tag liegt vor dem %(day)s („%(label)s“)."), code="order",
            params={"day": earliest.strftime("%d.%m.%Y"), "label": label},
        )  # fmt: skip

    def stored(self) -> dict[str, Any]:
        """The cleaned values as JSON."""
        return {key: to_stored(value) for key, value in self.cleaned_data.items()}


def to_stored(value: Any) -> Any:
    """A cleaned value as JSON: dates as ISO text, decimals as text."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def from_stored(item: Field, value: Any) -> Any:
    """A stored value as the form's initial value."""
    if value in (None, ""):
        return value
    if item.type == "date":
        try:
            return dt.date.fromisoformat(value)
        except (TypeError, ValueError):
            return value
    return value


@lru_cache(maxsize=512)
def _form_class(fields: tuple["_Wrapped", ...], language: str) -> type[StepForm]:
    """The form class for some fields in one language; made once."""
    items = tuple(w.field for w in fields)
    base: dict[str, Any] = {"definition_fields": tuple(f for f in items if not f.is_group and f.type != "info")}
    for item in base["definition_fields"]:
        base[item.key] = _django_field(item)
    return type("DefinedStepForm", (StepForm,), base)


class _Wrapped:
    """A field hashed by identity: a parsed definition lives as long as the process."""

    __slots__ = ("field",)

    def __init__(self, item: Field) -> None:
        self.field = item

    def __hash__(self) -> int:
        return id(self.field)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Wrapped) and other.field is self.field


def form_class(fields: tuple[Field, ...]) -> type[StepForm]:
    """The form class for the plain fields among ``fields``."""
    return _form_class(tuple(_Wrapped(f) for f in fields), get_language() or "de")


def _missing(item: Field) -> Any:
    if item.missing:
        return localised(item.missing)
    if item.type in ("choice", "boolean", "choices"):
        return format_lazy(_("Bitte wählen Sie eine Antwort: {label}"), label=localised(item.label))
    if item.type == "upload":
        return format_lazy(_("Diese Datei fehlt noch: {label}"), label=localised(item.label))
    if item.type == "confirm":
        return format_lazy(_("Bitte bestätigen Sie: {label}"), label=localised(item.label))
    return format_lazy(_("Diese Angabe fehlt: {label}"), label=localised(item.label))


def _django_field(item: Field) -> forms.Field:
    options: dict[str, Any] = {
        "label": localised(item.label),
        "help_text": localised(item.hint) if item.hint else "",
        "required": item.required,
        "error_messages": {"required": _missing(item)},
    }
    if item.invalid:
        options["error_messages"]["invalid"] = localised(item.invalid)
    built = _BUILDERS[item.type](item, options)
    if item.autocomplete:
        built.widget.attrs["autocomplete"] = item.autocomplete
    if item.width:
        built.widget.attrs["data-width"] = item.width
    return built


def _text(item: Field, options: dict[str, Any]) -> forms.Field:
    validators = []
    if item.pattern:
        message = localised(item.invalid) if item.invalid else _("Bitte prüfen Sie diese Angabe.")
        validators.append(RegexValidator(re.compile(rf"^(?:{item.pattern})\Z"), message=message))
    return PlainCharField(max_length=item.max_length or 200, validators=validators, **options)


def _textarea(item: Field, options: dict[str, Any]) -> forms.Field:
    widget = forms.Textarea(attrs={"rows": 5})
    return PlainCharField(max_length=item.max_length or 4000, widget=widget, **options)


def _postcode(item: Field, options: dict[str, Any]) -> forms.Field:
    field = PostcodeField(pattern=item.pattern, **options)
    # Abroad there are letters in it, which a keypad has not.
    field.widget.attrs |= {"data-width": "10"} if item.country else {"inputmode": "numeric", "data-width": "5"}
    return field


def _country(item: Field, options: dict[str, Any]) -> forms.Field:
    return CountryField(**options)


def _email(item: Field, options: dict[str, Any]) -> forms.Field:
    return MailAddressField(max_length=254, **options)


def _tel(item: Field, options: dict[str, Any]) -> forms.Field:
    return PhoneField(**options)


def _integer(item: Field, options: dict[str, Any]) -> forms.Field:
    options["error_messages"].setdefault("invalid", _("Bitte geben Sie eine ganze Zahl ein. Beispiel: 2"))
    return GermanIntegerField(
        unit=item.unit or "",
        min_value=int(item.min_value) if item.min_value is not None else None,
        max_value=int(item.max_value) if item.max_value is not None else 10**9,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "data-width": "5"}),
        **options,
    )


def _decimal(item: Field, options: dict[str, Any]) -> forms.Field:
    options["error_messages"].setdefault("invalid", _("Bitte geben Sie eine Zahl ein. Beispiel: 12,50"))
    return GermanDecimalField(
        min_value=Decimal(item.min_value) if item.min_value is not None else None,
        max_value=Decimal(item.max_value) if item.max_value is not None else None,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "data-width": "10"}),
        **options,
    )


def _day(text: str) -> dt.date:
    """``today``, ``today+60``, ``today-30`` or an ISO date."""
    if text.startswith("today"):
        return today() + dt.timedelta(days=int(text[5:] or 0))
    return dt.date.fromisoformat(text)


def _date(item: Field, options: dict[str, Any]) -> forms.Field:
    first, last = item.min_value or "1900-01-01", item.max_value or "2100-12-31"
    return GermanDateField(first=lambda: _day(first), last=lambda: _day(last), **options)


def _choices(item: Field) -> list[tuple[str, str]]:
    return [(c.value, localised(c.label)) for c in item.choices]


def _choice(item: Field, options: dict[str, Any]) -> forms.Field:
    # Up to six answers are shown at once; more go into a list to pick from.
    choices = _choices(item)
    if len(choices) <= 6:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **options)
    return forms.ChoiceField(choices=[("", _("Bitte wählen")), *choices], **options)


def _several(item: Field, options: dict[str, Any]) -> forms.Field:
    return forms.MultipleChoiceField(choices=_choices(item), widget=forms.CheckboxSelectMultiple, **options)


def _upload(item: Field, options: dict[str, Any]) -> forms.Field:
    return StoredUploadField(**options)


_BUILDERS = {
    "text": _text,
    "textarea": _textarea,
    "email": _email,
    "tel": _tel,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "boolean": lambda item, options: YesNoField(**options),
    "confirm": lambda item, options: forms.BooleanField(**options),
    "choice": _choice,
    "choices": _several,
    "upload": _upload,
    "licence_plate": lambda item, options: LicencePlateField(max_length=20, **options),
    "postcode": _postcode,
    "country": _country,
}


def _demand_less_abroad(item: Field, field: forms.Field, values: Mapping[str, Any]) -> None:
    """Neither every country has postcodes nor every house a number; ``values`` hold the country that was chosen."""
    if item.country and (values.get(item.country) or HOME) != HOME:
        field.required = False
        if isinstance(field, PostcodeField):
            field.abroad = True


def taken(item: Field, value: Any, answers: Mapping[str, Any]) -> Any:
    """What a field would store of a value that is known otherwise; None where it would refuse it."""
    field = _django_field(item)
    _demand_less_abroad(item, field, answers)
    try:
        return to_stored(field.clean(to_stored(value)))
    except forms.ValidationError:
        return None


def visible_steps(definition: Definition, answers: Mapping[str, Any]) -> list[Step]:
    """The steps that the answers so far call for."""
    return [s for s in definition.steps if s.when is None or s.when.holds(answers)]
