"""What validating a form from a definition of 150 fields costs, against one written by hand.

The peer is a plain ``forms.Form`` of Django's own field classes with equal limits and patterns,
given the same data. All conditions of the definition hold, so that both validate all fields; the
peer checks no conditions, no control characters and no normal form, which ours does on top.
"""

import datetime as dt
import time
from typing import Any

from common import alternating, portal, result, run

FIELDS = 150
KINDS = ("text", "date", "integer", "choice", "boolean", "postcode", "email")
CONDITION_EVERY = 10
REPEATS = 40
ROUNDS = 15
CHOICES = ("red", "green", "blue")
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
VALUES = {
    "text": "Jürgen O’Neill-Großmann", "date": "24.12.2026", "integer": "42", "choice": "green",
    "boolean": "yes", "postcode": "38440", "email": "aylin@example.org",
}  # fmt: skip
PATTERN = r"[^0-9]{2,}"


def main() -> dict[str, Any]:
    """Check that both accept the data and refuse the same of bad data, then time them in turn."""
    with portal(database=False):
        from django.utils import translation

        from apps.formbuilder import patterns
        from apps.formbuilder.definition import parse
        from apps.formbuilder.steps import BoundStep

        patterns.PATTERNS["no_digits"] = PATTERN
        step = parse(_definition()).steps[0]
        written = _written_by_hand()
        data = {_key(number): VALUES[_kind(number)] for number in range(FIELDS)}

        def ours(values: dict[str, str]) -> Any:
            bound = BoundStep(step, answers={}, data=values)
            bound.is_valid()
            return bound.form

        def peer(values: dict[str, str]) -> Any:
            form = written(values)
            form.is_valid()
            return form

        with translation.override("de"):
            for values in (data, dict.fromkeys(data, "?"), {}):
                _compare(ours(values), peer(values))
            measured = alternating(
                {"ours": lambda: _cost(ours, data), "peer": lambda: _cost(peer, data)}, rounds=ROUNDS
            )
    return result("form_validation", **measured, unit="ms", at_most=2.0, fields=FIELDS)


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def _key(number: int) -> str:
    return f"{_kind(number)}_{number}"


def _definition() -> dict[str, Any]:
    """One step; every tenth field is asked only because of an answer before it."""
    fields = []
    for number in range(FIELDS):
        kind = _kind(number)
        item: dict[str, Any] = {"key": _key(number), "type": kind, "label": {"de": "Frage", "en": "Question"}}
        if kind == "text":
            item |= {"pattern": "no_digits", "max_length": 80}
        if kind == "integer":
            item |= {"min_value": "0", "max_value": "1000"}
        if kind == "choice":
            item["choices"] = [{"value": value, "label": {"de": value, "en": value}} for value in CHOICES]
        if number % CONDITION_EVERY == 0 and number > KINDS.index("boolean"):
            item["when"] = {"any": [
                {"field": _key(KINDS.index("choice")), "in": ["red", "green"]},
                {"field": _key(KINDS.index("boolean")), "is": False},
            ]}  # fmt: skip
        fields.append(item)
    title = {"de": "Viele Fragen", "en": "Many questions"}
    return {"slug": "many", "title": title, "steps": [{"key": "all", "title": title, "fields": fields}]}


def _written_by_hand() -> Any:
    """The form class a developer would write for the same questions."""
    from django import forms
    from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator

    formats = ["%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d. %B %Y", "%d %m %Y", "%d/%m/%Y"]
    days = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
    made = {
        "text": lambda: forms.CharField(max_length=80, validators=[RegexValidator(rf"^(?:{PATTERN})\Z")]),
        "date": lambda: forms.DateField(input_formats=formats, validators=days),
        "integer": lambda: forms.IntegerField(min_value=0, max_value=1000),
        "choice": lambda: forms.ChoiceField(choices=[(value, value) for value in CHOICES]),
        "boolean": lambda: forms.TypedChoiceField(
            choices=[("yes", "Ja"), ("no", "Nein")], coerce=lambda value: value == "yes", empty_value=None
        ),
        "postcode": lambda: forms.CharField(max_length=10, validators=[RegexValidator(r"^[0-9]{5}\Z")]),
        "email": lambda: forms.EmailField(max_length=254),
    }
    return type("WrittenForm", (forms.Form,), {_key(number): made[_kind(number)]() for number in range(FIELDS)})


def _compare(ours: Any, peer: Any) -> None:
    """Both must have reached the same verdict on every field that ours has asked for."""
    if ours.cleaned_data != {k: v for k, v in peer.cleaned_data.items() if k in ours.fields}:
        raise RuntimeError("the two forms have cleaned different values")
    if set(ours.errors) != set(peer.errors) & set(ours.fields):
        raise RuntimeError("the two forms have found different errors")
    if ours.cleaned_data and len(ours.fields) != FIELDS:
        raise RuntimeError("a condition does not hold")


def _cost(validate: Any, data: dict[str, str]) -> float:
    """Milliseconds of processor time that one validation takes."""
    begin = time.process_time()
    for _ in range(REPEATS):
        validate(data)
    return (time.process_time() - begin) / REPEATS * 1000


if __name__ == "__main__":
    run(main)
