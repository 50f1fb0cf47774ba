"""One answer of several, or several of them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.bilingual import localised
from apps.formbuilder.reading import DefinitionError
from apps.formbuilder.types.base import Field, FieldType

# Up to so many answers are shown at once; more go into a list to pick from.
MOST_SHOWN = 6


class Choice(FieldType):
    """One of several answers."""

    key = "choice"
    always_sent = False
    missing = _("Bitte wählen Sie eine Antwort: {label}")

    def read(self, raw: dict[str, Any], where: str) -> None:
        super().read(raw, where)
        if not raw.get("choices"):
            raise DefinitionError(f"{where}: choices are missing")

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        choices = self.offered(item)
        if len(choices) <= MOST_SHOWN:
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **options)
        return forms.ChoiceField(choices=[("", _("Bitte wählen")), *choices], **options)

    def offered(self, item: Field) -> list[tuple[str, str]]:
        """Values and labels."""
        return [(choice.value, localised(choice.label)) for choice in item.choices]

    def plain(self, item: Field, value: Any) -> str:
        labels = {key: str(label) for key, label in self.offered(item)}
        values = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(v, str(v)) for v in values)

    def may_be_answered(self, item: Field, value: Any) -> bool:
        return value in [choice.value for choice in item.choices]


class Choices(Choice):
    """Any of several answers."""

    key = "choices"

    def build(self, item: Field, options: dict[str, Any]) -> forms.Field:
        return forms.MultipleChoiceField(choices=self.offered(item), widget=forms.CheckboxSelectMultiple, **options)

    def as_typed(self, value: Any) -> str | list[str] | None:
        return [str(v) for v in value] if isinstance(value, list) else [str(value)]
