"""A question with yes or no, and something to confirm."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.formbuilder.types.base import Field, FieldType


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


class Boolean(FieldType):
    """Yes or no."""

    key = "boolean"
    always_sent = False
    missing = _("Bitte wählen Sie eine Antwort: {label}")

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return YesNoField(**options)

    def as_typed(self, value: Any) -> str | list[str] | None:
        return "yes" if value else "no"

    def plain(self, item: Field, value: Any) -> str:
        return str(_("Ja") if value else _("Nein"))

    def may_be_answered(self, item: Field, value: Any) -> bool:
        return isinstance(value, bool)


class Confirm(Boolean):
    """One box to tick."""

    key = "confirm"
    missing = _("Bitte bestätigen Sie: {label}")

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return forms.BooleanField(**options)

    def as_typed(self, value: Any) -> str | list[str] | None:
        return "on" if value else None
