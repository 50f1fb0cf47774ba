"""Reading JSON: what is there, what is missing, and where."""

import re
from collections.abc import Iterable
from typing import Any

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
SLUG = re.compile(r"[a-z0-9-]{1,80}")
Text = dict[str, str]


class DefinitionError(ValueError):
    """The JSON is not a form; the message names the place."""


def only(raw: Any, where: str, optional: Iterable[str] = (), *, required: Iterable[str] = ()) -> None:
    """Raises DefinitionError unless it is an object with all that is required and nothing unknown."""
    if not isinstance(raw, dict):
        raise DefinitionError(f"{where}: expected an object")
    if missing := set(required) - set(raw):
        raise DefinitionError(f"{where}: {', '.join(sorted(missing))} missing")
    if unknown := set(raw) - set(required) - set(optional):
        raise DefinitionError(f"{where}: unknown {', '.join(sorted(unknown))}")


def string(raw: Any, key: str, where: str) -> str:
    """A text that is there; raises DefinitionError."""
    value = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(value, str) or not value:
        raise DefinitionError(f"{where}: {key} is missing")
    return value


def name(raw: Any, key: str, where: str, *, slug: bool = False) -> str:
    """A plain name; raises DefinitionError."""
    value = string(raw, key, where)
    if not (KEY.fullmatch(value) or (slug and SLUG.fullmatch(value))):
        raise DefinitionError(f"{where}: {key} {value!r} is not a plain name")
    return value


def text(raw: Any, key: str, where: str) -> Text:
    """A text in both languages; raises DefinitionError."""
    value = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(value, dict) or not all(isinstance(value.get(x), str) and value[x] for x in ("de", "en")):
        raise DefinitionError(f"{where}: {key} needs de and en")
    return {"de": value["de"], "en": value["en"]}


def optional_text(raw: Any, key: str, where: str) -> Text | None:
    """The same, or None where it is left out; raises DefinitionError."""
    return text(raw, key, where) if key in raw else None
