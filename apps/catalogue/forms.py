"""Structured data of the catalogue as people edit it: a line for each entry, in both languages."""

from types import NoneType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.fields import PublishedTextField

LANGUAGES = {
    "de": gettext_lazy("Deutsch, eine Zeile je Eintrag"),
    "en": gettext_lazy("Englisch, eine Zeile je Eintrag"),
}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


class LinesField(PublishedTextField):
    """A list of texts, each on a line of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}), **options})

    def to_python(self, value: Any) -> Any:
        """The list; raises ValidationError for what is no character."""
        return value if isinstance(value, list) else _lines(super().to_python(value))

    def prepare_value(self, value: Any) -> Any:
        """As it is shown."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the list is another one."""
        return bool(self.to_python(data) != (initial or []))


class TwoTexts(forms.MultiWidget):
    """One text area for each language."""

    template_name = "catalogue/two_texts.html"

    def __init__(self) -> None:
        super().__init__({code: forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}) for code in LANGUAGES})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """What is shown; of what was typed there are texts, of what is kept entries."""
        if isinstance(value, list) and not all(isinstance(text, (str, NoneType)) for text in value):
            value = self.decompress(value)
        context = super().get_context(name, value, attrs)
        for part, label in zip(context["widget"]["subwidgets"], LANGUAGES.values(), strict=True):
            part["label"] = label
        return context

    def decompress(self, value: Any) -> list[str]:
        """The value as the texts of the two."""
        if isinstance(value, dict):
            return ["\n".join(map(str, value.get(code) or [])) for code in LANGUAGES]
        entries = value if isinstance(value, list) else []
        return ["\n".join(str(e.get(code, "")) for e in entries if isinstance(e, dict)) for code in LANGUAGES]


class _TwoTextsField(forms.MultiValueField):
    def __init__(self, **options: Any) -> None:
        texts = [PublishedTextField(required=False, widget=forms.Textarea) for _code in LANGUAGES]
        super().__init__(**{"fields": texts, "widget": TwoTexts(), "require_all_fields": False, **options})

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether one of the texts is another one."""
        return bool(self.widget.decompress(initial) != [str(text or "").replace("\r\n", "\n") for text in data or []])


class BilingualLinesField(_TwoTextsField):
    """A list of entries, each in both languages: ``[{"de": …, "en": …}]``."""

    def compress(self, data_list: list[str]) -> list[dict[str, str]]:
        """The entries; raises ValidationError where one language has more than the other."""
        german, english = (_lines(text) for text in data_list or ["", ""])
        if len(german) != len(english):
            raise ValidationError(
                _("Deutsch hat %(german)d Zeilen, Englisch %(english)d. Jeder Eintrag steht in beiden Sprachen."),
                "languages",
                {"german": len(german), "english": len(english)},
            )
        return [{"de": de, "en": en} for de, en in zip(german, english, strict=True)]


class WordsField(_TwoTextsField):
    """Words by language: ``{"de": […], "en": […]}``."""

    def compress(self, data_list: list[str]) -> dict[str, list[str]]:
        """The words."""
        return {code: _lines(text) for code, text in zip(LANGUAGES, data_list or ["", ""], strict=True)}
