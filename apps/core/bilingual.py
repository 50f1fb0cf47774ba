"""Content that holds both languages in its row."""

from typing import Any

from django.utils import translation


class Bilingual:
    """Descriptor: ``name = Bilingual("name")`` reads ``name_en`` for English, else ``name_de``.

    An empty English text falls back to German: better a German sentence than none.
    """

    def __init__(self, stem: str) -> None:
        self.stem = stem

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        german = getattr(instance, f"{self.stem}_de")
        if translation.get_language() == "en":
            return getattr(instance, f"{self.stem}_en") or german
        return german


def localised(value: Any) -> Any:
    """Pick the reader's language from a ``{"de": …, "en": …}`` mapping, or from each of a list; others as they are."""
    if isinstance(value, list):
        return [localised(item) for item in value]
    if isinstance(value, dict) and "de" in value:
        return (translation.get_language() == "en" and value.get("en")) or value["de"]
    return value
