"""What a form definition may say, and reading one from JSON.

A definition has steps; a step has fields; a field of type ``group`` has fields of its own and may
be repeated. ``when`` makes a step or field appear only under a condition. Texts are
``{"de": …, "en": …}``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.formbuilder import patterns
from apps.formbuilder.conditions import Condition, Count, parse_condition
from apps.formbuilder.reading import KEY, DefinitionError, Text, name, only, optional_text, string, text
from apps.formbuilder.types import FIELD_TYPES, Choice, Field

__all__ = ["KEY", "Choice", "Definition", "DefinitionError", "Field", "Step", "check", "parse"]


@dataclass(frozen=True)
class Step:
    key: str
    title: Text
    fields: tuple[Field, ...]
    intro: Text | None = None
    when: Condition | None = None

    def walk(self) -> Iterator[Field]:
        """Every field, groups included, then what is in them."""
        for item in self.fields:
            yield item
            yield from item.fields


@dataclass(frozen=True)
class Definition:
    """A whole form. ``extra`` holds what the users of the form add (fee rule, parties, letters)."""

    slug: str
    title: Text
    steps: tuple[Step, ...]
    extra: dict[str, Any] = field(default_factory=dict)

    def step(self, key: str) -> Step | None:
        """The step called ``key``."""
        return next((s for s in self.steps if s.key == key), None)


def parse(raw: Any) -> Definition:
    """Read a definition; raises DefinitionError naming the first thing that is wrong."""
    if not isinstance(raw, dict):
        raise DefinitionError("a form definition is an object")
    only(raw, "form", {"slug", "title", "steps", "extra"})
    steps_raw = raw.get("steps")
    if not isinstance(steps_raw, list) or not steps_raw:
        raise DefinitionError("form: steps is a list with at least one entry")
    steps = tuple(_step(s, f"steps[{i}]") for i, s in enumerate(steps_raw))
    _check_keys(steps)
    extra = raw.get("extra", {})
    if not isinstance(extra, dict):
        raise DefinitionError("form: extra is an object")
    return Definition(name(raw, "slug", "form", slug=True), text(raw, "title", "form"), steps, extra)


def _step(raw: Any, where: str) -> Step:
    only(raw, where, {"key", "title", "intro", "fields", "when"})
    fields = raw.get("fields")
    if not isinstance(fields, list) or not fields:
        raise DefinitionError(f"{where}: fields is a list with at least one entry")
    return Step(
        name(raw, "key", where),
        text(raw, "title", where),
        tuple(_field(f, f"{where}.fields[{i}]") for i, f in enumerate(fields)),
        optional_text(raw, "intro", where),
        parse_condition(raw.get("when"), where),
    )


_NAMES = ("autocomplete", "prefill", "width", "not_before", "country", "pattern", "unit")
_COUNTS = ("min_items", "max_items", "max_length")
_FIELD_KEYS = {"key", "type", "label", "hint", "required", "missing", "when", "choices", "fields", "item_label",
               "min_value", "max_value", "invalid", *_NAMES, *_COUNTS}  # fmt: skip


def _field(raw: Any, where: str, *, nested: bool = False) -> Field:
    only(raw, where, _FIELD_KEYS)
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in FIELD_TYPES or (nested and kind == "group"):
        raise DefinitionError(f"{where}: type {kind!r} is not known here")
    for part in ("choices", "fields"):
        if not isinstance(raw.get(part, []), list):
            raise DefinitionError(f"{where}: {part} is a list")
    choices = tuple(
        Choice(string(c, "value", f"{where}.choices"), text(c, "label", f"{where}.choices"))
        for c in raw.get("choices", [])
    )
    inner = tuple(_field(f, f"{where}.fields[{i}]", nested=True) for i, f in enumerate(raw.get("fields", [])))
    if (kind == "group") != bool(inner):
        raise DefinitionError(f"{where}: a group, and only a group, has fields")
    for key in _NAMES:
        if not isinstance(raw.get(key, ""), str):
            raise DefinitionError(f"{where}: {key} is a text")
    if "unit" in raw and kind != "integer":
        raise DefinitionError(f"{where}: only a whole number has a unit")
    FIELD_TYPES[kind].read(raw, where)
    numbers = {k: raw[k] for k in _COUNTS if k in raw}
    if any(not isinstance(n, int) or isinstance(n, bool) or n < 0 for n in numbers.values()):
        raise DefinitionError(f"{where}: counts and lengths are whole numbers")
    if numbers.get("min_items", 1) > numbers.get("max_items", max(numbers.get("min_items", 1), 1)):
        raise DefinitionError(f"{where}: min_items is more than max_items")
    return Field(
        key=name(raw, "key", where),
        type=kind,
        label=text(raw, "label", where),
        hint=optional_text(raw, "hint", where),
        required=bool(raw.get("required", True)),
        missing=optional_text(raw, "missing", where),
        when=parse_condition(raw.get("when"), where),
        choices=choices,
        fields=inner,
        item_label=optional_text(raw, "item_label", where),
        min_value=raw.get("min_value"),
        max_value=raw.get("max_value"),
        invalid=optional_text(raw, "invalid", where),
        **numbers,
        **{key: raw[key] for key in _NAMES if key in raw},
    )


def _check_keys(steps: tuple[Step, ...]) -> None:
    """Keys are unique, and what a field or condition names was asked before."""
    seen: dict[str, Field] = {}
    step_keys: set[str] = set()
    for step in steps:
        if step.key in step_keys:
            raise DefinitionError(f"step {step.key} occurs twice")
        step_keys.add(step.key)
        if step.when is not None:
            step.when.demand_asked(seen, f"step {step.key}")
        before = dict(seen)
        for item in step.fields:
            _check_field(item, seen, f"field {item.key}")
            _demand_counted_before(item, before)
            if item.key in seen:
                raise DefinitionError(f"field {item.key} occurs twice")
            seen[item.key] = item
            inner_seen: dict[str, Field] = {}
            for inner in item.fields:
                _check_field(inner, seen | inner_seen, f"field {item.key}.{inner.key}")
                if inner.key in inner_seen:
                    raise DefinitionError(f"field {item.key}.{inner.key} occurs twice")
                inner_seen[inner.key] = inner


def _check_field(item: Field, seen: Mapping[str, Field], where: str) -> None:
    if item.when is not None:
        item.when.demand_asked(seen, where)
    named = seen.get(item.country or "")
    if item.country is not None and (item.type not in ("postcode", "text") or named is None or named.type != "country"):
        raise DefinitionError(f"{where}: country names no country that is asked before")
    other = seen.get(item.not_before or "")
    if item.not_before is not None and (item.type != "date" or other is None or other.type != "date"):
        raise DefinitionError(f"{where}: not_before names no date that is asked before")


def _demand_counted_before(item: Field, before: Mapping[str, Field]) -> None:
    """How many entries a group has is known once its page is left."""
    for comparison in item.when.comparisons() if item.when is not None else ():
        if isinstance(comparison, Count) and comparison.field not in before:
            raise DefinitionError(
                f"field {item.key}: the entries of {comparison.field} are counted on a later step only"
            )


def check(definition: Definition) -> None:
    """What is asked of a definition that is to be published, not of versions that cases were filed under.

    Each condition can hold, and patterns are those of the list. Raises DefinitionError.
    """
    asked = {f.key: f for step in definition.steps for f in step.fields}
    for step in definition.steps:
        if step.when is not None:
            step.when.demand_possible(asked, f"step {step.key}")
        for item in step.fields:
            _check_published(item, asked, f"field {item.key}")
            for inner in item.fields:
                _check_published(inner, asked | {f.key: f for f in item.fields}, f"field {item.key}.{inner.key}")


def _check_published(item: Field, asked: Mapping[str, Field], where: str) -> None:
    if item.when is not None:
        item.when.demand_possible(asked, where)
    for called, listed in ((item.pattern, patterns.PATTERNS), (item.unit, patterns.UNITS)):
        if called is not None and patterns.known(called, listed) is None:
            raise DefinitionError(f"{where}: {called!r} is none of {', '.join(listed)}")
