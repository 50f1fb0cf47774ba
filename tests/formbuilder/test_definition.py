"""What a form definition may say, and how the place is named when it says something else."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apps.formbuilder import patterns
from apps.formbuilder.conditions import Combination, Condition, Equals
from apps.formbuilder.definition import DefinitionError, check, parse
from apps.formbuilder.models import FormVersion
from apps.formbuilder.types import FIELD_TYPES

FORMS = sorted((Path(settings.BASE_DIR) / "apps/applications/data/forms").glob("*.json"))


def text(german: str) -> dict[str, str]:
    return {"de": german, "en": german}


def field(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": text(key), **more}


def definition() -> dict[str, Any]:
    """A small form with one of everything."""
    dog = field("dogs", "group", min_items=1, max_items=3, item_label=text("Hund"), fields=[field("name")])
    choices = [{"value": "a", "label": text("A")}, {"value": "b", "label": text("B")}]
    return {
        "slug": "hund-anmelden",
        "title": text("Hund anmelden"),
        "steps": [
            {"key": "person", "title": text("Person"), "fields": [field("family_name"), field("kind", "choice", choices=choices)]},
            {"key": "dogs", "title": text("Hunde"), "fields": [dog], "when": {"field": "kind", "is": "a"}},
        ],
        "extra": {"fee": {}},
    }  # fmt: skip


FIRST = ("steps", 0, "fields", 0)
CHOICE = ("steps", 0, "fields", 1)
GROUP = ("steps", 1, "fields", 0)
INNER = (*GROUP, "fields", 0)


def changed(place: tuple[Any, ...], **values: Any) -> dict[str, Any]:
    """The small form with some values set at a place; ``...`` takes a key out."""
    raw = copy.deepcopy(definition())
    target: Any = raw
    for part in place:
        target = target[part]
    for key, value in values.items():
        if value is ...:
            del target[key]
        else:
            target[key] = value
    return raw


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_forms_of_the_city_are_taken(path: Path) -> None:
    parsed = parse(json.loads(path.read_text(encoding="utf-8")))
    assert parsed.slug == path.stem
    assert all(parsed.step(step.key) is step for step in parsed.steps)


def test_small_form_is_read_as_it_was_written() -> None:
    parsed = parse(definition())
    person, dogs = parsed.steps
    assert (parsed.slug, parsed.title["de"], parsed.extra) == ("hund-anmelden", "Hund anmelden", {"fee": {}})
    assert [f.key for f in person.fields] == ["family_name", "kind"]
    assert person.fields[0].required
    assert [c.value for c in person.fields[1].choices] == ["a", "b"]
    assert dogs.when is not None
    assert dogs.when.holds({"kind": "a"})
    assert not dogs.when.holds({"kind": "b"})
    assert (dogs.fields[0].min_items, dogs.fields[0].max_items) == (1, 3)
    assert [f.key for f in dogs.walk()] == ["dogs", "name"]
    assert parsed.step("nowhere") is None


REFUSED: list[tuple[Any, str]] = [
    ([], "a form definition is an object"),
    (None, "a form definition is an object"),
    ("x", "a form definition is an object"),
    (changed((), surprise=1), "form: unknown surprise"),
    (changed((), steps=...), "form: steps is a list"),
    (changed((), steps=[]), "form: steps is a list"),
    (changed((), steps={"a": 1}), "form: steps is a list"),
    (changed((), slug=...), "form: slug is missing"),
    (changed((), slug="Hund anmelden"), "form: slug 'Hund anmelden'"),
    (changed((), slug="../etc"), "form: slug"),
    (changed((), title={"de": "Nur deutsch"}), "form: title needs de and en"),
    (changed((), title={"de": "x", "en": ""}), "form: title needs de and en"),
    (changed((), title="x"), "form: title needs de and en"),
    (changed((), extra=[]), "form: extra is an object"),
    (changed((), steps=["x"]), "steps[0]: expected an object"),
    (changed(("steps", 1), surprise=1), "steps[1]: unknown surprise"),
    (changed(("steps", 1), fields=[]), "steps[1]: fields is a list"),
    (changed(("steps", 1), fields="x"), "steps[1]: fields is a list"),
    (changed(("steps", 1), key="Schritt"), "steps[1]: key 'Schritt'"),
    (changed(("steps", 1), key=...), "steps[1]: key is missing"),
    (changed(("steps", 1), key="person"), "step person occurs twice"),
    (changed(("steps", 1), title=...), "steps[1]: title needs"),
    (changed(("steps", 1), intro="x"), "steps[1]: intro needs"),
    (changed(FIRST, type="textfeld"), "steps[0].fields[0]: type 'textfeld'"),
    (changed(FIRST, type=...), "steps[0].fields[0]: type None"),
    (changed(FIRST, type=["text"]), "steps[0].fields[0]"),
    (changed(FIRST, key="family name"), "steps[0].fields[0]: key"),
    (changed(FIRST, key="9lives"), "steps[0].fields[0]: key"),
    (changed(FIRST, key="a" * 41), "steps[0].fields[0]: key"),
    (changed(FIRST, key="a-b"), "steps[0].fields[0]: key"),
    (changed(FIRST, key="name\n"), "steps[0].fields[0]: key"),
    (changed(FIRST, key=7), "steps[0].fields[0]: key is missing"),
    (changed(FIRST, key="kind"), "field kind occurs twice"),
    (changed(FIRST, label=...), "steps[0].fields[0]: label needs"),
    (changed(FIRST, hint={"de": "x"}), "steps[0].fields[0]: hint needs"),
    (changed(FIRST, missing=7), "steps[0].fields[0]: missing needs"),
    (changed(FIRST, lable=text("x")), "steps[0].fields[0]: unknown lable"),
    (changed(FIRST, pattern=7), "steps[0].fields[0]: pattern is a text"),
    (changed(FIRST, max_length=-1), "steps[0].fields[0]: counts and lengths"),
    (changed(FIRST, max_length="40"), "steps[0].fields[0]: counts and lengths"),
    (changed(FIRST, max_length=1.5), "steps[0].fields[0]: counts and lengths"),
    (changed(FIRST, fields=[field("x")]), "steps[0].fields[0]: a group, and only a group"),
    (changed(FIRST, type="group"), "steps[0].fields[0]: a group, and only a group"),
    (changed(CHOICE, choices=...), "steps[0].fields[1]: choices are missing"),
    (changed(CHOICE, choices=[]), "steps[0].fields[1]: choices are missing"),
    (changed(CHOICE, choices=[{"label": text("A")}]), "steps[0].fields[1].choices: value is missing"),
    (changed(CHOICE, choices=[{"value": "a"}]), "steps[0].fields[1].choices: label needs"),
    (changed(CHOICE, choices=["a"]), "steps[0].fields[1].choices: value is missing"),
    (changed(CHOICE, choices=7), "steps[0].fields[1]"),
    (changed(GROUP, fields=7), "steps[1].fields[0]"),
    (changed(GROUP, fields=[field("a"), field("a")]), "field dogs.a occurs twice"),
    (changed(GROUP, fields=["x"]), "steps[1].fields[0].fields[0]: expected an object"),
    (changed(INNER, type="group"), "steps[1].fields[0].fields[0]: type 'group'"),
    (changed(INNER, label="x"), "steps[1].fields[0].fields[0]: label needs"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "place"), REFUSED, ids=lambda x: x if isinstance(x, str) else "")
def test_definition_that_is_none_is_refused_and_the_place_named(raw: Any, place: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(raw)
    assert place in str(caught.value)


CONDITIONS: list[tuple[Any, str]] = [
    ({}, "a condition is an object"),
    ([], "a condition is an object"),
    ("kind", "a condition is an object"),
    ({"field": "kind"}, "a field is compared with one of"),
    ({"field": "kind", "is": "a", "in": ["a"]}, "a field is compared with one of"),
    ({"field": "kind", "equals": "a"}, "unknown equals"),
    ({"field": "", "is": "a"}, "field is missing"),
    ({"field": "kind", "in": 7}, "steps[1].when"),
    ({"is": "a"}, "expected field, all, any or not"),
    ({"all": [], "any": []}, "expected field, all, any or not"),
    ({"all": []}, "all is empty"),
    ({"any": [None]}, "any is empty"),
    ({"all": 7}, "steps[1].when"),
    ({"any": "kind"}, "steps[1].when"),
    ({"not": None}, "not is empty"),
    ({"not": {"all": [{"field": "kind"}]}}, "a field is compared with one of"),
]


@pytest.mark.parametrize(("when", "place"), CONDITIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_condition_that_is_none_is_refused_and_the_place_named(when: Any, place: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(changed(("steps", 1), when=when))
    assert "steps[1].when" in str(caught.value)
    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("place", "looks_at", "named"),
    [
        (("steps", 0), "kind", "step person"),
        (FIRST, "kind", "field family_name"),
        (FIRST, "family_name", "field family_name"),
        (CHOICE, "dogs", "field kind"),
        (INNER, "name", "field dogs.name"),
        (INNER, "nowhere", "field dogs.name"),
        (("steps", 1), "dogs", "step dogs"),
    ],
)
def test_condition_looks_only_at_what_was_asked_before(place: Any, looks_at: str, named: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(changed(place, when={"not": {"field": looks_at, "is": "a"}}))
    assert str(caught.value).startswith(named)
    assert looks_at in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "bound"),
    [
        ("integer", "viele"),
        ("integer", "1,5"),
        ("decimal", "1,5"),
        ("decimal", "NaN Euro"),
        ("date", "morgen"),
        ("date", "today+x"),
        ("date", "31.12.2026"),
        ("date", 2026),
    ],
)
@pytest.mark.parametrize("end", ["min_value", "max_value"])
def test_bound_that_is_none_is_refused_before_anybody_fills_in_the_form(kind: str, bound: Any, end: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(changed(FIRST, type=kind, **{end: bound}))
    assert "steps[0].fields[0]" in str(caught.value)


@pytest.mark.parametrize("other", ["", "nothing", "name", 3])
def test_order_of_days_names_a_day_that_is_asked_before(other: Any) -> None:
    with pytest.raises(DefinitionError, match="not_before"):
        parse(changed(FIRST, type="date", not_before=other))


def test_group_whose_least_is_more_than_its_most_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"steps\[1\]\.fields\[0\]"):
        parse(changed(GROUP, min_items=4, max_items=3))


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES.keys() - {"group"}))
def test_every_type_can_be_used_at_the_top_and_in_a_group(kind: str) -> None:
    choices = [{"value": "a", "label": text("A")}] if kind in ("choice", "choices") else []
    more = {"choices": choices} if choices else {}
    raw = changed(GROUP, fields=[field("inner", kind, **more)])
    raw["steps"][0]["fields"].append(field("outer", kind, **more))
    parsed = parse(raw)
    assert {f.type for step in parsed.steps for f in step.walk() if f.key in ("inner", "outer")} == {kind}


@pytest.mark.parametrize(
    ("condition", "answers", "holds"),
    [
        (Equals("kind", ("a", "b")), {"kind": "b"}, True),
        (Equals("kind", ("a",)), {}, False),
        (Equals("kind", ("a",)), {"kind": ["b", "a"]}, True),
        (Equals("kind", ("a",)), {"kind": ["b"]}, False),
        (Equals("mine", (True,)), {"mine": True}, True),
        (Equals("mine", (False,)), {"mine": None}, False),
        (Equals("kind", ("a",)), {"kind": {"a": 1}}, False),
        (Combination("not", (Equals("kind", ("a",)),)), {}, True),
    ],
)
def test_condition_holds(condition: Condition, answers: dict[str, Any], holds: bool) -> None:
    assert condition.holds(answers) is holds


def test_conditions_combine() -> None:
    a, b = Equals("a", (1,)), Equals("b", (1,))
    both, either = Combination("all", (a, b)), Combination("any", (a, b))
    table = [(x, y, both.holds({"a": x, "b": y}), either.holds({"a": x, "b": y})) for x in (0, 1) for y in (0, 1)]
    assert table == [(0, 0, False, False), (0, 1, False, True), (1, 0, False, True), (1, 1, True, True)]
    assert list(Combination("not", (both,)).fields()) == ["a", "b"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPED = {
    "boolean": ([True, False], ["yes", "true", 1, None]), "confirm": ([True], ["yes", "on"]),
    "choice": (["a", "b"], ["c", "A", True, None, ["a"]]), "choices": (["a"], ["c", 1]),
    "integer": ([0, 3], ["3", True, 1.5]), "text": (["x"], [1, True, None]), "date": (["2026-01-01"], [2026, True]),
}  # fmt: skip


@pytest.mark.parametrize("kind", TYPED)
def test_condition_compares_with_what_the_field_can_be_answered_with(kind: str) -> None:
    raw = definition()
    asked = field("asked", kind)
    if kind in ("choice", "choices"):
        asked["choices"] = [{"value": value, "label": text(value)} for value in ("a", "b")]
    raw["steps"][0]["fields"].append(asked)
    for values, is_right in ((TYPED[kind][0], True), (TYPED[kind][1], False)):
        for value in values:
            for when in (
                {"field": "asked", "is": value},
                {"not": {"field": "asked", "in": [TYPED[kind][0][0], value]}},
            ):
                raw["steps"][1]["when"] = when
                if is_right:
                    check(parse(raw))
                    continue
                with pytest.raises(DefinitionError, match="asked is never answered with"):
                    check(parse(raw))


KEYS = ["key", "type", "label", "hint", "required", "missing", "when", "choices", "fields", "item_label", "min_items",
        "max_items", "max_length", "min_value", "max_value", "not_before", "country", "pattern", "invalid", "autocomplete", "prefill", "width"]  # fmt: skip


@hypothesis_settings(max_examples=600, deadline=None)
@given(st.sampled_from([FIRST, CHOICE, GROUP, INNER, ("steps", 0), ("steps", 1), ()]), st.sampled_from(KEYS), JSON)
def test_any_json_at_any_place_is_taken_or_refused_with_a_message(place: Any, key: str, value: Any) -> None:
    try:
        parse(changed(place, **{key: value}))
    except DefinitionError:
        return


# -- as rows -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_version_that_is_no_form_is_not_saved() -> None:
    with pytest.raises(DefinitionError):
        FormVersion.objects.create(slug="hund-anmelden", version=1, definition=changed((), steps=[]))
    assert not FormVersion.objects.filter(slug="hund-anmelden").exists()


@pytest.mark.django_db
def test_newest_version_is_the_current_one() -> None:
    for version in (1, 10, 2):
        FormVersion.objects.create(slug="hund-anmelden", version=version, definition=definition() | {"extra": {}})
    current = FormVersion.objects.current("hund-anmelden")
    assert current is not None
    assert current.version == 10
    assert FormVersion.objects.current("gibt-es-nicht") is None


@pytest.mark.django_db
def test_version_is_parsed_once() -> None:
    made = FormVersion.objects.create(slug="hund-anmelden", version=1, definition=definition() | {"extra": {}})
    assert FormVersion.objects.get(pk=made.pk).parsed is made.parsed


@pytest.mark.django_db
def test_version_is_never_written_again() -> None:
    made = FormVersion.objects.create(slug="hund-anmelden", version=1, definition=definition() | {"extra": {}})
    made.definition = changed((), slug="anders", extra={})
    with pytest.raises(DatabaseError, match="Cannot update"):
        made.save()


def test_two_that_are_not_saved_have_a_definition_each() -> None:
    one = FormVersion(definition=definition() | {"extra": {}})
    other = FormVersion(definition=changed((), slug="anders", extra={}))
    assert one.parsed.slug != other.parsed.slug
    assert FormVersion(definition=definition() | {"extra": {}}).parsed is one.parsed


@pytest.mark.django_db
def test_publishing_freezes_the_next_version() -> None:
    first = FormVersion.objects.publish(definition() | {"extra": {}})
    second = FormVersion.objects.publish(definition() | {"extra": {}}, edited=True)
    assert [(v.slug, v.version, v.edited) for v in (first, second)] == [
        ("hund-anmelden", 1, False), ("hund-anmelden", 2, True),
    ]  # fmt: skip
    with pytest.raises(DefinitionError):
        FormVersion.objects.publish({"slug": "x"})


@pytest.mark.parametrize(("place", "key"), [(FIRST, "pattern"), (FIRST, "unit")])
def test_patterns_are_those_of_the_list(place: Any, key: str) -> None:
    kind = "integer" if key == "unit" else "text"
    for called, is_right in (("chip_number" if key == "pattern" else "metres", True), ("(a+)+$", False)):
        raw = changed(place, type=kind, **{key: called})
        # Versions that were filed under keep whatever stands in them.
        parsed = parse(raw)
        if is_right:
            check(parsed)
            continue
        with pytest.raises(DefinitionError, match="is none of"):
            check(parsed)


def test_expressions_from_before_there_were_names_still_hold() -> None:
    by_name, by_expression = patterns.fits("chip_number"), patterns.fits("[0-9](?: ?[0-9]){14}")
    assert by_name is not None
    assert by_name == by_expression
    assert patterns.fits("(a+)+$") is None
