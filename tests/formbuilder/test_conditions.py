"""When a field appears: what a condition may compare, and what it may not."""

from typing import Any

import pytest
import time_machine

from apps.formbuilder.conditions import parse_condition
from apps.formbuilder.definition import DefinitionError, Field, check, parse
from tests.formbuilder.test_definition import definition, field, text


@pytest.mark.parametrize(
    ("when", "answer", "holds"),
    [
        ({"at_least": 3}, 3, True),
        ({"at_least": 3}, 2, False),
        ({"at_most": 3}, 3, True),
        ({"at_least": 2, "at_most": 4}, 5, False),
        ({"at_least": 3}, None, False),
        ({"at_least": 3}, True, False),
        ({"at_least": 3}, ["4"], False),
        ({"at_least": "12.50"}, "12.5", True),
        ({"at_most": "12.50"}, "12.51", False),
        ({"at_least": "2026-01-02"}, "2026-01-01", False),
        ({"at_least": "2026-01-02"}, "2026-01-02", True),
        ({"at_most": "today-7"}, "2026-05-03", True),
        ({"at_most": "today-7"}, "2026-05-04", False),
        ({"at_least": "2026-01-02"}, 7, False),
        ({"at_least": "2026-01-02"}, "irgendwann", False),
        ({"empty": True}, None, True),
        ({"empty": True}, "", True),
        ({"empty": True}, [], True),
        ({"empty": True}, 0, False),
        ({"empty": False}, False, True),
        ({"count_at_least": 2}, [{}, {}], True),
        ({"count_at_least": 2}, [{}], False),
        ({"count_at_most": 1}, None, True),
        ({"count_at_least": 1, "count_at_most": 2}, [{}, {}, {}], False),
    ],
)
def test_holds(when: dict[str, Any], answer: Any, holds: bool) -> None:
    condition = parse_condition({"field": "x", **when}, "here")
    assert condition is not None
    with time_machine.travel("2026-05-10 12:00+02:00"):
        assert condition.holds({"x": answer}) is holds


@pytest.mark.parametrize(
    "when",
    [
        {}, {"is": 1, "in": [1]}, {"in": 1}, {"empty": 1}, {"at_least": "soon"}, {"at_least": None}, {"at_least": True},
        {"at_most": []}, {"count_at_least": "2"}, {"count_at_least": True}, {"at_least": 1, "empty": True}, {"more": 1},
        {"at_least": "Infinity"}, {"at_least": "NaN"}, {"at_least": "today+9999999"},
    ],
)  # fmt: skip
def test_what_is_no_comparison_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        parse_condition({"field": "x", **when}, "here")


@pytest.mark.parametrize(
    ("asked", "when", "is_right"),
    [
        ({"kind": "integer"}, {"at_least": 3}, True),
        ({"kind": "integer"}, {"at_least": "2026-01-01"}, False),
        ({"kind": "date"}, {"at_least": "today-1"}, True),
        ({"kind": "date"}, {"at_least": 3}, False),
        ({"kind": "decimal"}, {"at_most": "3.50"}, True),
        ({"kind": "decimal"}, {"at_most": 3}, True),
        ({"kind": "decimal"}, {"at_most": "2026-01-01"}, False),
        ({"kind": "text"}, {"at_least": 3}, False),
        ({"kind": "boolean"}, {"at_least": 1}, False),
        ({"kind": "text"}, {"empty": True}, True),
        ({"kind": "info"}, {"empty": True}, False),
        ({"kind": "text"}, {"count_at_least": 1}, False),
        ({"kind": "group", "fields": [field("inner", "text")], "max_items": 3}, {"count_at_least": 3}, True),
        ({"kind": "group", "fields": [field("inner", "text")], "max_items": 3}, {"count_at_least": 4}, False),
        (
            {"kind": "group", "fields": [field("inner", "text")], "min_items": 2, "max_items": 3},
            {"count_at_most": 1},
            False,
        ),
    ],
)
def test_only_what_can_hold_is_published(asked: dict[str, Any], when: dict[str, Any], is_right: bool) -> None:
    raw = definition()
    raw["steps"][0]["fields"].append(field("asked", asked.pop("kind"), **asked))
    raw["steps"][1]["when"] = {"not": {"field": "asked", **when}}
    if is_right:
        check(parse(raw))
        return
    with pytest.raises(DefinitionError, match="asked"):
        check(parse(raw))


def test_entries_are_counted_on_a_later_step() -> None:
    raw = definition()
    group = field("dogs_too", "group", fields=[field("inner", "text")], max_items=3)
    later = field("later", "text", when={"any": [{"field": "dogs_too", "count_at_least": 2}]})
    raw["steps"][0]["fields"] += [group, later]
    with pytest.raises(DefinitionError, match="on a later step only"):
        parse(raw)
    raw["steps"][0]["fields"].remove(later)
    raw["steps"][1]["fields"].append(later)
    check(parse(raw))


def test_every_type_is_asked_in_its_words() -> None:
    raw = definition()
    raw["steps"][0]["fields"] += [
        field("yes", "boolean"), field("sure", "confirm"), field("file", "upload"),
        field("one", "choice", choices=[{"value": "a", "label": text("A")}]),
    ]  # fmt: skip
    found = {item.key: item for item in parse(raw).steps[0].walk()}

    def missing(item: Field) -> str:
        return str(item.field_type.form_field(item).error_messages["required"])

    assert missing(found["yes"]).startswith("Bitte wählen Sie eine Antwort")
    assert missing(found["sure"]).startswith("Bitte bestätigen Sie")
    assert missing(found["file"]).startswith("Diese Datei fehlt noch")
