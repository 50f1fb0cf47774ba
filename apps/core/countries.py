"""Countries of addresses, by their code (ISO 3166-1), named in the reader's language."""

from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

from apps.core.text import normal

HOME = "DE"
# Codes of CLDR that are no country: groups, outlying parts that have no post of their own, tests.
_NO_COUNTRY = frozenset(
    ["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA", "AQ", "BV", "HM"]
)


def name_of(code: str, language: str | None = None) -> str:
    """The country's name; the code itself where nobody knows it."""
    return _names((language or get_language() or "de")[:2]).get(code, code)


def choices() -> list[tuple[str, str]]:
    """All countries as code and name: ours, then the others by name."""
    names = _names((get_language() or "de")[:2])
    others = sorted(
        ((code, name) for code, name in names.items() if code != HOME), key=lambda pair: normal("NFKD", pair[1])
    )
    return [(HOME, names[HOME]), *others]


@lru_cache(maxsize=4)
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse(language).territories
    return {
        code: name
        for code, name in territories.items()
        if code.isalpha() and len(code) == 2 and code not in _NO_COUNTRY
    }
