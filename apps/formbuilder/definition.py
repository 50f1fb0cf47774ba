"""What a form definition may say, and reading one from JSON.

A definition has steps; a step has fields; a field of type ``group`` has fields of its own and may
be repeated. ``when`` makes a step or field appear only under a condition. Texts are
``{"de": …, "en": …}``.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

FIELD_TYPES = frozenset(
    [
        "text",
        "textarea",
        "email",
        "tel",
        "integer",
        "decimal",
        "date",
        "boolean",
        "confirm",
        "choice",
        "choices",
        "upload",
        "info",
        "group",
        "licence_plate",
        "postcode",
        "country",
    ]
)
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
SLUG = re.compile(r"[a-z0-9-]{1,80}")
Text = dict[str, str]


class DefinitionError(ValueError):
    """The JSON is not a form; the message names the place."""


@dataclass(frozen=True)
class Condition:
    """``field`` equals one of ``values``, or a combination of conditions."""

    kind: str  # is | all | any | not
    field: str = ""
    values: tuple[Any, ...] = ()
    parts: tuple["Condition", ...] = ()

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether the condition holds for the answers (key → stored value)."""
        if self.kind == "is":
            value = answers.get(self.field)
            if isinstance(value, list):
                return any(v in self.values for v in value)
            return value in self.values
        if self.kind == "not":
            return not self.parts[0].holds(answers)
        combine = all if self.kind == "all" else any
        return combine(part.holds(answers) for part in self.parts)

    def fields(self) -> Iterator[str]:
        """Keys of the fields the condition looks at."""
        if self.field:
            yield self.field
        for part in self.parts:
            yield from part.fields()


@dataclass(frozen=True)
class Choice:
    value: str
    label: Text


@dataclass(frozen=True)
class Field:
    """One question, or a group of them."""

    key: str
    type: str
    label: Text
    hint: Text | None = None
    required: bool = True
    missing: Text | None = None
    when: Condition | None = None
    choices: tuple[Choice, ...] = ()
    fields: tuple["Field", ...] = ()
    item_label: Text | None = None
    min_items: int = 1
    max_items: int = 1
    max_length: int | None = None
    min_value: str | None = None
    max_value: str | None = None
    # Of a date: the key of another one, asked before, that it may not lie before.
    not_before: str | None = None
    # Of a postcode or a text: the key of the country asked before. What Germany demands of it holds only there.
    country: str | None = None
    pattern: str | None = None
    invalid: Text | None = None
    autocomplete: str | None = None
    prefill: str | None = None
    width: str | None = None
    # Of a number: what people may write behind it, a pattern.
    unit: str | None = None

    @property
    def is_group(self) -> bool:
        return self.type == "group"


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
    _known(raw, {"slug", "title", "steps", "extra"}, "form")
    steps_raw = raw.get("steps")
    if not isinstance(steps_raw, list) or not steps_raw:
        raise DefinitionError("form: steps is a list with at least one entry")
    steps = tuple(_step(s, f"steps[{i}]") for i, s in enumerate(steps_raw))
    _check_keys(steps)
    extra = raw.get("extra", {})
    if not isinstance(extra, dict):
        raise DefinitionError("form: extra is an object")
    return Definition(_key(raw, "slug", "form", slug=True), _text(raw, "title", "form"), steps, extra)


def _step(raw: Any, where: str) -> Step:
    _known(raw, {"key", "title", "intro", "fields", "when"}, where)
    fields = raw.get("fields")
    if not isinstance(fields, list) or not fields:
        raise DefinitionError(f"{where}: fields is a list with at least one entry")
    return Step(
        _key(raw, "key", where),
        _text(raw, "title", where),
        tuple(_field(f, f"{where}.fields[{i}]") for i, f in enumerate(fields)),
        _optional_text(raw, "intro", where),
        _condition(raw.get("when"), where),
    )


_FIELD_KEYS = {"key", "type", "label", "hint", "required", "missing", "when", "choices", "fields",
               "item_label", "min_items", "max_items", "max_length", "min_value", "max_value", "not_before", "country",
               "pattern", "invalid", "autocomplete", "prefill", "width", "unit"}  # fmt: skip


def _field(raw: Any, where: str, *, nested: bool = False) -> Field:
    _known(raw, _FIELD_KEYS, where)
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in FIELD_TYPES or (nested and kind == "group"):
        raise DefinitionError(f"{where}: type {kind!r} is not known here")
    for name in ("choices", "fields"):
        if not isinstance(raw.get(name, []), list):
            raise DefinitionError(f"{where}: {name} is a list")
    choices = tuple(
        Choice(_string(c, "value", f"{where}.choices"), _text(c, "label", f"{where}.choices"))
        for c in raw.get("choices", [])
    )
    if kind in ("choice", "choices") and not choices:
        raise DefinitionError(f"{where}: choices are missing")
    inner = tuple(_field(f, f"{where}.fields[{i}]", nested=True) for i, f in enumerate(raw.get("fields", [])))
    if (kind == "group") != bool(inner):
        raise DefinitionError(f"{where}: a group, and only a group, has fields")
    for name in ("pattern", "unit"):
        try:
            re.compile(raw.get(name, ""))
        except (re.error, TypeError) as error:
            raise DefinitionError(f"{where}: {name} is no regular expression") from error
    if "unit" in raw and kind != "integer":
        raise DefinitionError(f"{where}: only a whole number has a unit")
    _check_bounds(raw, kind, where)
    for name in ("autocomplete", "prefill", "width", "not_before", "country"):
        if not isinstance(raw.get(name, ""), str):
            raise DefinitionError(f"{where}: {name} is a text")
    numbers = {k: raw[k] for k in ("min_items", "max_items", "max_length") if k in raw}
    if any(not isinstance(n, int) or isinstance(n, bool) or n < 0 for n in numbers.values()):
        raise DefinitionError(f"{where}: counts and lengths are whole numbers")
    if numbers.get("min_items", 1) > numbers.get("max_items", max(numbers.get("min_items", 1), 1)):
        raise DefinitionError(f"{where}: min_items is more than max_items")
    return Field(
        key=_key(raw, "key", where),
        type=kind,
        label=_text(raw, "label", where),
        hint=_optional_text(raw, "hint", where),
        required=bool(raw.get("required", True)),
        missing=_optional_text(raw, "missing", where),
        when=_condition(raw.get("when"), where),
        choices=choices,
        fields=inner,
        item_label=_optional_text(raw, "item_label", where),
        min_items=numbers.get("min_items", 1),
        max_items=numbers.get("max_items", 1),
        max_length=numbers.get("max_length"),
        min_value=raw.get("min_value"),
        max_value=raw.get("max_value"),
        not_before=raw.get("not_before"),
        country=raw.get("country"),
        pattern=raw.get("pattern"),
        invalid=_optional_text(raw, "invalid", where),
        autocomplete=raw.get("autocomplete"),
        prefill=raw.get("prefill"),
        width=raw.get("width"),
        unit=raw.get("unit"),
    )


def _check_bounds(raw: dict[str, Any], kind: str, where: str) -> None:
    """Bounds are texts that the field's type can read."""
    for name in ("min_value", "max_value"):
        value = raw.get(name)
        if value is None:
            continue
        try:
            if not isinstance(value, str):
                raise ValueError
            if kind == "integer":
                int(value)
            elif kind == "decimal":
                if not Decimal(value).is_finite():
                    raise ValueError
            elif kind == "date":
                relative = re.fullmatch(r"today([+-][0-9]{1,5})?", value)
                if relative is None:
                    dt.date.fromisoformat(value)
        except (ValueError, ArithmeticError) as error:
            raise DefinitionError(f"{where}: {name} {value!r} is no bound of a {kind} field") from error


def _condition(raw: Any, where: str) -> Condition | None:
    if raw is None:
        return None
    where = f"{where}.when"
    if not isinstance(raw, dict) or not raw:
        raise DefinitionError(f"{where}: a condition is an object")
    if "field" in raw:
        _known(raw, {"field", "is", "in"}, where)
        if ("is" in raw) == ("in" in raw):
            raise DefinitionError(f"{where}: a field is compared with `is` or `in`")
        if "in" in raw and not isinstance(raw["in"], list):
            raise DefinitionError(f"{where}: `in` is a list")
        values = tuple(raw["in"]) if "in" in raw else (raw["is"],)
        return Condition("is", field=_string(raw, "field", where), values=values)
    if len(raw) != 1 or next(iter(raw)) not in ("all", "any", "not"):
        raise DefinitionError(f"{where}: expected field, all, any or not")
    kind, inner = next(iter(raw.items()))
    items = [inner] if kind == "not" else inner
    if not isinstance(items, list):
        raise DefinitionError(f"{where}: {kind} is a list of conditions")
    parts = tuple(p for p in (_condition(i, where) for i in items) if p is not None)
    if not parts:
        raise DefinitionError(f"{where}: {kind} is empty")
    return Condition(kind, parts=parts)


def _check_keys(steps: tuple[Step, ...]) -> None:
    """Keys are unique, and a condition looks only at what was asked before and can be answered so."""
    seen: dict[str, Field] = {}
    dates: set[str] = set()
    step_keys: set[str] = set()
    for step in steps:
        if step.key in step_keys:
            raise DefinitionError(f"step {step.key} occurs twice")
        step_keys.add(step.key)
        _check_condition(step.when, seen, f"step {step.key}")
        for item in step.fields:
            _check_condition(item.when, seen, f"field {item.key}")
            if item.key in seen:
                raise DefinitionError(f"field {item.key} occurs twice")
            _check_country(item, seen)
            seen[item.key] = item
            _check_not_before(item, dates)
            dates |= {item.key} if item.type == "date" else set()
            inner_seen: dict[str, Field] = {}
            inner_dates: set[str] = set()
            for inner in item.fields:
                _check_condition(inner.when, seen | inner_seen, f"field {item.key}.{inner.key}")
                if inner.key in inner_seen:
                    raise DefinitionError(f"field {item.key}.{inner.key} occurs twice")
                _check_country(inner, {**seen, **inner_seen})
                inner_seen[inner.key] = inner
                _check_not_before(inner, dates | inner_dates)
                inner_dates |= {inner.key} if inner.type == "date" else set()


def _check_country(item: Field, seen: Mapping[str, Field]) -> None:
    if item.country is None:
        return
    named = seen.get(item.country)
    if item.type not in ("postcode", "text") or named is None or named.type != "country":
        raise DefinitionError(f"field {item.key}: country names no country that is asked before")


def _check_not_before(item: Field, dates: set[str]) -> None:
    if item.not_before is not None and (item.type != "date" or item.not_before not in dates):
        raise DefinitionError(f"field {item.key}: not_before names no date that is asked before")


def _check_condition(condition: Condition | None, seen: Mapping[str, Field], where: str) -> None:
    if condition is None:
        return
    for part in condition.parts:
        _check_condition(part, seen, where)
    if condition.kind != "is":
        return
    if condition.field not in seen:
        raise DefinitionError(f"{where}: the condition looks at {condition.field}, which is not asked before")


def check_answers(definition: Definition) -> None:
    """Whether each condition can hold; asked of what is published, not of versions that cases were filed under.

    Raises DefinitionError.
    """
    asked = {f.key: f for step in definition.steps for f in step.fields}
    for step in definition.steps:
        _check_values(step.when, asked, f"step {step.key}")
        for item in step.fields:
            _check_values(item.when, asked, f"field {item.key}")
            inside = asked | {f.key: f for f in item.fields}
            for inner in item.fields:
                _check_values(inner.when, inside, f"field {item.key}.{inner.key}")


def _check_values(condition: Condition | None, asked: Mapping[str, Field], where: str) -> None:
    if condition is None:
        return
    for part in condition.parts:
        _check_values(part, asked, where)
    for value in condition.values:
        if not _may_be_answered(asked[condition.field], value):
            raise DefinitionError(f"{where}: {condition.field} is never answered with {value!r}")


def _may_be_answered(asked: Field, value: Any) -> bool:
    """Whether the stored answer to a field can be ``value``: a condition on anything else would never hold."""
    if asked.type in ("boolean", "confirm"):
        return isinstance(value, bool)
    if asked.type in ("choice", "choices"):
        return value in [choice.value for choice in asked.choices]
    if asked.type == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) and asked.type not in ("group", "info", "upload")


def _known(raw: Any, keys: set[str], where: str) -> None:
    if not isinstance(raw, dict):
        raise DefinitionError(f"{where}: expected an object")
    if unknown := set(raw) - keys:
        raise DefinitionError(f"{where}: unknown {', '.join(sorted(unknown))}")


def _string(raw: Any, key: str, where: str) -> str:
    value = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(value, str) or not value:
        raise DefinitionError(f"{where}: {key} is missing")
    return value


def _key(raw: Any, key: str, where: str, *, slug: bool = False) -> str:
    value = _string(raw, key, where)
    if not (KEY.fullmatch(value) or (slug and SLUG.fullmatch(value))):
        raise DefinitionError(f"{where}: {key} {value!r} is not a plain name")
    return value


def _text(raw: Any, key: str, where: str) -> Text:
    value = raw.get(key) if isinstance(raw, dict) else None
    if not isinstance(value, dict) or not all(isinstance(value.get(x), str) and value[x] for x in ("de", "en")):
        raise DefinitionError(f"{where}: {key} needs de and en")
    return {"de": value["de"], "en": value["en"]}


def _optional_text(raw: Any, key: str, where: str) -> Text | None:
    return _text(raw, key, where) if key in raw else None
