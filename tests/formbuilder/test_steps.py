"""A step on the page: what is typed, what is hidden, what is stored."""

import datetime as dt
import json
import unicodedata
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.utils import translation

from apps.core.business_calendar import today
from apps.formbuilder import patterns
from apps.formbuilder.definition import Definition, Step, parse
from apps.formbuilder.forms import visible_steps
from apps.formbuilder.steps import BoundStep, as_typed, collect, drop_errors
from apps.formbuilder.types import FIELD_TYPES
from tests import factories
from tests.formbuilder.test_definition import FORMS, field, text


def form(*steps: list[dict[str, Any]], whens: Any = None) -> Definition:
    """A form whose steps are called s0, s1, …"""
    raw = [{"key": f"s{i}", "title": text(f"Schritt {i}"), "fields": fields} for i, fields in enumerate(steps)]
    for index, when in (whens or {}).items():
        raw[index]["when"] = when
    return parse({"slug": "form", "title": text("Form"), "steps": raw})


def step(*fields: dict[str, Any]) -> Step:
    return form(list(fields)).steps[0]


def typed(items: dict[str, Any]) -> QueryDict:
    """What a browser sends."""
    data = QueryDict(mutable=True)
    for name, value in items.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def bind(bound_step: Step, data: dict[str, Any] | None = None, **options: Any) -> BoundStep:
    options.setdefault("answers", {})
    return BoundStep(bound_step, data=typed(data) if data is not None else None, **options)


def one(kind: str, value: Any, **more: Any) -> Any:
    """What is stored for ``value`` typed into a field of a type; raises AssertionError with the errors."""
    bound = bind(step(field("x", kind, **more)), {"x": value})
    assert bound.is_valid(), dict(bound.form.errors)
    return bound.stored()["x"]


def refused(kind: str, value: Any, **more: Any) -> str:
    """The sentence with which ``value`` is refused."""
    bound = bind(step(field("x", kind, **more)), {"x": value})
    assert not bound.is_valid(), bound.stored()
    return str(bound.form.errors["x"][0])


def shown(bound: BoundStep) -> list[str]:
    """Keys of what the page shows."""
    return [
        item["field"].name if item.get("field") is not None
        else item["group"].field.key if item.get("group") is not None
        else item["info"].key
        for item in bound.items()
        if item.get("field") is not None or item.get("group") is not None or item.get("info") is not None
    ]  # fmt: skip


CHOICES = [{"value": v, "label": text(v.upper())} for v in ("a", "b", "c")]


# -- names and other texts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Łukaszewicz-Ñáñez", "D’Angelo", "O'Neill", "Özdemir-Groß", "Ó Súilleabháin", "van 't Hoff", "Yılmaz",
        "Þórðarson", "Nguyễn Thị Hạnh", "Žižek", "Đurić", "Ẁrøñgßẞ", "ʻIolani", "M̂arıa", "C̨̆ebiş", "J̌an", "Ḥusayn",
        "Γεώργιος", "Олександр", "王小明", "Meyer zu Bexten, Dr.", "X", "de la Cruz y Martínez",
    ],
)  # fmt: skip
def test_names_of_din_91379_are_taken_as_they_are(name: str) -> None:
    assert one("text", name) == unicodedata.normalize("NFC", name)


def test_same_name_is_always_the_same_text() -> None:
    composed, decomposed = "Ñáñez", unicodedata.normalize("NFD", "Ñáñez")
    assert composed != decomposed
    assert one("text", composed) == one("text", decomposed) == composed


def test_person_with_a_single_name_leaves_the_other_empty() -> None:
    person = real("bewohnerparkausweis").steps[0]
    answers = {k: v for k, v in factories.PERSON.items() if k != "birth_date"} | {
        "given_name": "",
        "family_name": "Suharto",
    }
    bound = bind(person, {**answers, "birth_date": "08.06.1921"})
    assert bound.is_valid(), bound.form.errors
    assert (bound.stored()["given_name"], bound.stored()["family_name"]) == ("", "Suharto")


@pytest.mark.parametrize(
    "text_with", ["Ay\x00lin", "Ay\x07lin", "Ay\x1blin", "Ay\x7flin", "Ay\ud800lin", "Ay\ue000lin", "Ay\ufffelin"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["text", "textarea"])
def test_characters_nobody_types_are_refused(kind: str, text_with: str) -> None:
    assert "lässt sich nicht verarbeiten" in refused(kind, text_with)


@pytest.mark.parametrize(
    "text_with", ["Ay\u202elin", "Ay\u200blin", "\ufeffAylin", "Ay\u2066lin", "Ay\u00adlin", "Ay\u200dlin"]
)
def test_characters_nobody_sees_are_taken_out_of_a_name(text_with: str) -> None:
    assert one("text", text_with) == "Aylin"


def test_question_of_an_entry_appears_when_its_own_answer_calls_for_it() -> None:
    choice = field("kind", "choice", choices=[{"value": v, "label": {"de": v, "en": v}} for v in ("a", "b")])
    why = field("why", when={"field": "kind", "is": "b"})
    group = field("things", "group", item_label={"de": "Ding", "en": "Thing"}, fields=[choice, why], max_items=3)
    typed_in = {"things-count": "2", "things-0-kind": "a", "things-1-kind": "b"}
    bound = bind(step(group), typed_in)
    assert bound.unseen({"things-0-kind", "things-1-kind"}) == ["things-1-why"]
    assert not bound.is_valid()
    bound = bind(step(group), typed_in | {"things-1-why": "darum"})
    assert bound.unseen({"things-0-kind", "things-1-kind", "things-1-why"}) == []
    assert bound.is_valid()
    assert bound.stored() == {"things": [{"kind": "a"}, {"kind": "b", "why": "darum"}]}


def test_day_may_not_lie_before_another_one() -> None:
    """In a step, and in each entry of a group for itself."""
    days = (field("first", "date"), field("last", "date", not_before="first"))
    assert bind(step(*days), {"first": "1.12.2026", "last": "01122026"}).is_valid()
    bound = bind(step(*days), {"first": "1.12.2026", "last": "30.11.2026"})
    assert not bound.is_valid()
    assert bound.form.errors["last"] == ["Dieser Tag liegt vor dem 01.12.2026 („first“)."]
    assert "first" not in bound.form.errors
    # What is no day is told only once.
    assert list(bind(step(*days), {"first": "gestern", "last": "30.11.2026"}).form.errors) == ["first"]
    dogs = real("hundesteuer-anmelden").step("dogs")
    assert dogs is not None
    entries = {"dogs-count": "2"}
    for number, (born, since) in enumerate([("05.05.2024", "04.05.2024"), ("05.05.2024", "05.05.2024")]):
        entries |= {f"dogs-{number}-birth_date": born, f"dogs-{number}-since": since}
    bound = bind(dogs, entries)
    assert not bound.is_valid()
    assert ["since" in form.errors for form in bound.all_forms if "since" in form.fields] == [True, False]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_line_break_does_not_get_into_a_field_of_one_line(line_break: str) -> None:
    """A name goes onto an envelope and into a window of three lines."""
    bound = bind(step(field("x")), {"x": f"Aylin{line_break}Özdemir"})
    assert not bound.is_valid() or not set("\r\n") & set(bound.stored()["x"])


def test_line_breaks_stay_in_a_text_area() -> None:
    assert one("textarea", "Erstens\nzweitens").split() == ["Erstens", "zweitens"]


def test_spaces_at_the_ends_are_dropped_and_spaces_alone_are_nothing() -> None:
    assert one("text", "  Aylin \u00a0") == "Aylin"
    assert refused("text", " \t\u2003") == "Diese Angabe fehlt: x"


def test_text_that_is_too_long_is_refused() -> None:
    assert one("text", "ä" * 40, max_length=40) == "ä" * 40
    assert refused("text", "ä" * 41, max_length=40)
    assert refused("text", "ä" * 201)
    assert refused("textarea", "ä" * 4001)


def test_pattern_has_to_fit_from_end_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(patterns.PATTERNS, "three_digits", "[0-9]{3}|x")
    more = {"pattern": "three_digits", "invalid": text("Drei Ziffern. Beispiel: 123")}
    assert one("text", "123", **more) == "123"
    for wrong in ("1234", "a123", "123\n4", "xx"):
        assert refused("text", wrong, **more) == "Drei Ziffern. Beispiel: 123"


def test_own_sentences_are_used_in_the_language_of_the_reader() -> None:
    asked = step(field("x", missing={"de": "Es fehlt.", "en": "It is missing."}))
    for language, sentence in (("de", "Es fehlt."), ("en", "It is missing."), ("de", "Es fehlt.")):
        with translation.override(language):
            bound = bind(asked, {})
            assert not bound.is_valid()
            assert bound.form.errors["x"] == [sentence]


# -- dates, numbers, plates and the rest ---------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["24.12.2026", " 24.12.2026 ", "24.12.26", "2026-12-24", "24 12 2026", "24/12/2026", "24. Dezember 2026"],
)  # fmt: skip
def test_date_is_taken_as_people_type_it(value: str) -> None:
    assert one("date", value) == "2026-12-24"


def test_march_is_a_month_too() -> None:
    assert one("date", "14. März 1988") == "1988-03-14"
    assert one("date", "14.3.1988") == "1988-03-14"


@pytest.mark.parametrize(
    "value", ["31.02.2026", "29.02.2025", "00.12.2026", "24.13.2026", "gestern", "24.12.", "1.1.1", "12/24/2026",
              "0000-00-00", "99999-01-01", "24.12.2026; DROP TABLE", "²4.12.2026"],
)  # fmt: skip
def test_date_that_does_not_exist_is_refused_with_an_example(value: str) -> None:
    assert refused("date", value).endswith("Beispiel: 24.12.2026")


def test_leap_day_exists_every_fourth_year() -> None:
    assert one("date", "29.02.2024") == "2024-02-29"


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ({"min_value": "today"}, 0, -1),
        ({"max_value": "today"}, 0, 1),
        ({"min_value": "today+3"}, 3, 2),
        ({"max_value": "today+180"}, 180, 181),
        ({"min_value": "today-30"}, -30, -31),
    ],
)
def test_bounds_of_a_date_move_with_today(bounds: dict[str, str], inside: int, outside: int) -> None:
    asked = step(field("x", "date", **bounds))
    for moment in (dt.datetime(2026, 2, 27, 12), dt.datetime(2028, 12, 31, 12)):
        with time_machine.travel(moment.replace(tzinfo=dt.UTC), tick=False):
            for days, good in ((inside, True), (outside, False)):
                day = today() + dt.timedelta(days=days)
                assert bind(asked, {"x": day.strftime("%d.%m.%Y")}).is_valid() is good


def test_date_far_away_is_refused_with_the_bounds() -> None:
    assert refused("date", "01.01.0800") == "Bitte geben Sie ein Datum vom 01.01.1900 bis zum 31.12.2100 ein."


def test_stored_date_is_shown_as_people_type_it() -> None:
    bound = bind(step(field("x", "date")), answers={"x": "2026-12-24"})
    assert 'value="24.12.2026"' in str(bound.form["x"])


@pytest.mark.parametrize(
    ("value", "stored"),
    [("12,50", "12.50"), ("12.50", "12.50"), ("12", "12"), ("1.234,50", "1234.50"), (" 7,5 ", "7.5"), ("0,00", "0.00"),
     ("-1,5", "-1.5"), ("30,70 €", "30.70"), ("30.70 EUR", "30.70"), ("€ 12", "12"), ("30,- €", "30")],
)  # fmt: skip
def test_decimal_is_taken_with_comma_or_point(value: str, stored: str) -> None:
    assert one("decimal", value) == stored


@pytest.mark.parametrize("value", ["zwölf", "1,234.50", "1,2,3", "NaN", "Infinity", "-Infinity", "sNaN", "1.000", "1,555",
                                   "12345678901,00", "1e9999999", "--1", "12 $", "€"])  # fmt: skip
def test_number_that_is_none_is_refused(value: str) -> None:
    assert refused("decimal", value)


def test_bounds_of_numbers_are_kept() -> None:
    for kind in ("integer", "decimal"):
        assert one(kind, "5", min_value="5", max_value="40")
        assert refused(kind, "4", min_value="5", max_value="40")
        assert refused(kind, "41", min_value="5", max_value="40")


@pytest.mark.parametrize(("value", "stored"), [("0", 0), ("20", 20), (" 7 ", 7), ("007", 7), ("3.0", 3)])
def test_integer_is_stored_as_a_number(value: str, stored: int) -> None:
    assert one("integer", value) == stored


@pytest.mark.parametrize("value", ["1,5", "1.5", "zwei", "1e3", "0x10", "9" * 30, "9" * 5000, "²", "--1", "1 000"])
def test_integer_that_is_none_is_refused(value: str) -> None:
    assert refused("integer", value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("WOB AO 123", "WOB AO 123"), ("wob-ao 123", "WOB AO 123"), ("WOB-AO123", "WOB AO 123"), ("wobao123", "WOB AO 123"),
        ("  WOB   AO   123 ", "WOB AO 123"), ("B A 1", "B A 1"), ("WOB E 1234E", "WOB E 1234E"), ("WOB AO 12H", "WOB AO 12H"),
        ("LÖ XY 9", "LÖ XY 9"), (unicodedata.normalize("NFD", "LÖ XY 9"), "LÖ XY 9"), ("WÜ-A 77", "WÜ A 77"),
    ],
)  # fmt: skip
def test_plate_is_stored_as_it_is_on_the_car(value: str, stored: str) -> None:
    assert one("licence_plate", value) == stored
    assert one("licence_plate", stored) == stored


@pytest.mark.parametrize("value", ["WOB", "WOB AO", "WOB AO 0123", "WOB AO 12345", "WOBX AO 1", "WOB AOX 1",
                                   "WOB AO 123X", "W0B AO 123", "WOB AÖ 1", "12-GH-34", "<script>"])  # fmt: skip
def test_plate_that_is_none_is_refused_with_an_example(value: str) -> None:
    assert refused("licence_plate", value) == "Das ist kein deutsches Kennzeichen. Beispiel: WOB AB 123"


@pytest.mark.parametrize("value", ["HHAB12", "WOBA1", "BAB123", "WOB 123", "WOB-7"])
def test_plate_that_can_be_read_in_two_ways_is_asked_for_again(value: str) -> None:
    """HHAB12 is HH AB 12 in Hamburg and HHA B 12 nowhere; a permit for a guessed plate helps nobody."""
    assert refused("licence_plate", value) == "Das ist kein deutsches Kennzeichen. Beispiel: WOB AB 123"


@pytest.mark.parametrize(("value", "stored"), [("HH AB 12", "HH AB 12"), ("hh-ab12", "HH AB 12"), ("B-AB 123", "B AB 123"),
                                               ("BA B 123", "BA B 123"), ("ba1", "B A 1")])  # fmt: skip
def test_plate_is_divided_where_it_was_typed(value: str, stored: str) -> None:
    assert one("licence_plate", value) == stored


@pytest.mark.parametrize(("value", "good"), [("38440", True), ("01067", True), (" 38440 ", True), ("3844", False),
                                             ("384400", False), ("A8440", False), ("٣٨٤٤", False), ("38440\n1", False)])  # fmt: skip
def test_postcode_has_five_digits(value: str, good: bool) -> None:
    if good:
        assert one("postcode", value) == value.strip()
    else:
        assert refused("postcode", value) == "Eine Postleitzahl hat fünf Ziffern. Beispiel: 38440"


@pytest.mark.parametrize(("value", "good"), [("05361 28-1234", True), ("+49 (0)5361/28.1234", True), ("115", True),
                                             ("anrufen!", False), ("12", False), ("05361+28", False)])  # fmt: skip
def test_telephone_number_is_made_of_digits(value: str, good: bool) -> None:
    if good:
        assert one("tel", value) == value
    else:
        assert refused("tel", value) == "Eine Telefonnummer besteht aus Ziffern. Beispiel: 05361 281234"


def test_address_of_mail_has_to_be_complete() -> None:
    assert one("email", " name@beispiel.de ") == "name@beispiel.de"
    assert refused("email", "name@beispiel") == "Diese E-Mail-Adresse ist nicht vollständig. Beispiel: name@beispiel.de"


def test_yes_and_no_are_true_and_false() -> None:
    assert one("boolean", "yes") is True
    assert one("boolean", "no") is False
    assert refused("boolean", "") == "Bitte wählen Sie eine Antwort: x"
    assert refused("boolean", "maybe")


def test_stored_no_is_shown_as_chosen() -> None:
    page = str(bind(step(field("x", "boolean")), answers={"x": False}).form["x"])
    assert page.index('value="no"') < page.index("checked")
    assert page.count("checked") == 1


def test_confirmation_is_given_or_missing() -> None:
    assert one("confirm", "on") is True
    assert "Bitte bestätigen Sie" in refused("confirm", [])


def test_choice_is_one_of_those_offered() -> None:
    assert one("choice", "b", choices=CHOICES) == "b"
    for wrong in ("d", "B", "", "a,b"):
        assert refused("choice", wrong, choices=CHOICES)


def test_choices_are_several_of_those_offered() -> None:
    assert one("choices", ["a", "c"], choices=CHOICES) == ["a", "c"]
    assert refused("choices", ["a", "d"], choices=CHOICES)
    assert refused("choices", [], choices=CHOICES) == "Bitte wählen Sie eine Antwort: x"


def test_optional_answer_may_be_empty_whatever_its_type() -> None:
    kinds = [key for key, one in FIELD_TYPES.items() if one.asks]
    fields = [field(f"f_{k}", k, required=False, choices=CHOICES if k.startswith("choice") else []) for k in kinds]
    bound = bind(step(*fields), {})
    assert bound.is_valid(), bound.form.errors
    again = bind(step(*fields), as_typed(step(*fields), bound.stored()))
    assert again.is_valid()
    assert again.stored() == bound.stored()


# -- files -------------------------------------------------------------------------------------


def test_upload_is_what_was_stored_and_never_what_was_typed() -> None:
    asked = step(field("proof", "upload"))
    assert not bind(asked, {"proof": "4711"}).is_valid()
    bound = bind(asked, {"proof": "4711"}, files={"proof": ["id-1"]})
    assert bound.is_valid()
    assert bound.stored() == {"proof": ["id-1"]}


def test_upload_of_an_entry_belongs_to_that_entry() -> None:
    group = field("dogs", "group", max_items=3, fields=[field("photo", "upload")])
    bound = bind(step(group), {"dogs-count": "2"}, files={"dogs-0-photo": ["a"], "photo": ["x"], "dogs-2-photo": ["c"]})
    assert not bound.is_valid()
    assert not bound.groups["dogs"].entries[0].errors
    assert bound.groups["dogs"].entries[1].errors["photo"] == ["Diese Datei fehlt noch: photo"]


# -- conditions --------------------------------------------------------------------------------


def dependent(**more: Any) -> Step:
    return step(
        field("kind", "choice", choices=CHOICES), field("old", when={"field": "kind", "in": ["b", "c"]}, **more)
    )


def test_field_whose_condition_fails_is_absent_and_not_empty() -> None:
    bound = bind(dependent(), {"kind": "a", "old": "4711"})
    assert bound.is_valid()
    assert bound.stored() == {"kind": "a"}
    assert shown(bound) == ["kind"]


def test_field_whose_condition_holds_is_asked_for() -> None:
    bound = bind(dependent(), {"kind": "b"})
    assert not bound.is_valid()
    assert list(bound.form.errors) == ["old"]
    assert shown(bound) == ["kind", "old"]


def test_answer_that_is_wrong_shows_nothing_that_depends_on_it() -> None:
    bound = bind(dependent(), {"kind": "z", "old": "4711"})
    assert not bound.is_valid()
    assert list(bound.form.errors) == ["kind"]
    assert shown(bound) == ["kind"]


def test_old_answer_of_this_step_does_not_count_against_the_new_one() -> None:
    bound = bind(dependent(), {"kind": "a"}, answers={"kind": "b", "old": "4711"})
    assert bound.is_valid()
    assert bound.stored() == {"kind": "a"}


def test_answer_not_sent_again_is_not_taken_from_what_was_stored() -> None:
    bound = bind(dependent(), {}, answers={"kind": "b", "old": "4711"})
    assert not bound.is_valid()
    assert list(bound.form.errors) == ["kind"]


def test_stored_answers_decide_what_a_fresh_page_shows() -> None:
    assert shown(bind(dependent())) == ["kind"]
    assert shown(bind(dependent(), answers={"kind": "a"})) == ["kind"]
    assert shown(bind(dependent(), answers={"kind": "c"})) == ["kind", "old"]


def test_conditions_follow_one_another() -> None:
    chain = step(
        field("a", "boolean"),
        field("b", "boolean", when={"field": "a", "is": True}),
        field("c", when={"field": "b", "is": True}),
        field("d", when={"not": {"field": "b", "is": True}}, required=False),
    )
    for data, expected in (
        ({"a": "no", "b": "yes", "c": "x", "d": "y"}, {"a": False, "d": "y"}),
        ({"a": "yes", "b": "yes", "c": "x", "d": "y"}, {"a": True, "b": True, "c": "x"}),
        ({"a": "yes", "b": "no", "c": "x", "d": "y"}, {"a": True, "b": False, "d": "y"}),
    ):
        bound = bind(chain, data)
        assert bound.is_valid()
        assert bound.stored() == expected


def test_condition_looks_at_an_earlier_step() -> None:
    later = form([field("kind")], [field("old", when={"field": "kind", "is": "b"})]).steps[1]
    assert shown(bind(later, answers={"kind": "a"})) == []
    assert shown(bind(later, answers={"kind": "b"})) == ["old"]
    bound = bind(later, {"old": "x"}, answers={"kind": "a"})
    assert bound.is_valid()
    assert bound.stored() == {}


def test_static_text_has_its_condition_too_and_stores_nothing() -> None:
    asked = step(field("kind", "choice", choices=CHOICES), field("hint", "info", when={"field": "kind", "is": "b"}))
    assert shown(bind(asked, {"kind": "a"})) == ["kind"]
    bound = bind(asked, {"kind": "b", "hint": "forged"})
    assert shown(bound) == ["kind", "hint"]
    assert bound.is_valid()
    assert bound.stored() == {"kind": "b"}


def test_what_is_not_asked_is_not_stored() -> None:
    bound = bind(step(field("x")), {"x": "1", "y": "2", "is_admin": "1"})
    assert bound.is_valid()
    assert bound.stored() == {"x": "1"}


# -- groups ------------------------------------------------------------------------------------


def kennel(*, least: int = 1, most: int = 3, when: Any = None) -> Step:
    inner = [field("name"), field("reason", when={"field": "name", "is": "Bruno"})]
    more = {"when": when} if when else {}
    return step(
        field("has", "boolean"),
        field("dogs", "group", min_items=least, max_items=most, item_label=text("Hund"), fields=inner, **more),
    )


def test_entries_are_stored_as_a_list_each_with_its_own_conditions() -> None:
    data = {"has": "yes", "dogs-count": "2", "dogs-0-name": "Bruno", "dogs-0-reason": "treu",
            "dogs-1-name": "Käthe", "dogs-1-reason": "verborgen"}  # fmt: skip
    bound = bind(kennel(), data)
    assert bound.is_valid()
    assert bound.stored() == {"has": True, "dogs": [{"name": "Bruno", "reason": "treu"}, {"name": "Käthe"}]}
    assert [entry.title for entry in bound.groups["dogs"].entries] == ["Hund 1", "Hund 2"]


def test_error_of_an_entry_stands_at_that_entry() -> None:
    bound = bind(kennel(), {"has": "yes", "dogs-count": "2", "dogs-0-name": "Ødin", "dogs-1-name": ""})
    assert not bound.is_valid()
    first, second = bound.groups["dogs"].entries
    assert not first.errors
    assert list(second.errors) == ["name"]


@pytest.mark.parametrize(
    ("count", "entries"),
    [("1", 1), ("3", 3), ("4", 3), ("999999999999", 3), ("0", 1), ("-5", 1), ("", 1), ("zwei", 1), ("²", 1), ("1e3", 1),
     ("2.5", 1), ("٢", 2)],
)  # fmt: skip
def test_number_of_entries_stays_between_least_and_most(count: str, entries: int) -> None:
    assert len(bind(kennel(), {"dogs-count": count}).groups["dogs"].entries) == entries


def test_buttons_of_a_group_end_at_least_and_most() -> None:
    table = {
        count: (group.can_remove, group.can_add)
        for count in (1, 2, 3)
        for group in [bind(kennel(), {"dogs-count": str(count)}).groups["dogs"]]
    }
    assert table == {1: (False, True), 2: (True, True), 3: (True, False)}


def test_fresh_page_shows_the_least_or_the_stored_entries() -> None:
    assert len(bind(kennel(least=2)).groups["dogs"].entries) == 2
    stored = {"dogs": [{"name": "Bruno"}, {"name": "Käthe"}, {"name": "Ødin"}]}
    bound = bind(kennel(), answers=stored)
    assert [str(e["name"].value()) for e in bound.groups["dogs"].entries] == ["Bruno", "Käthe", "Ødin"]


def test_typed_entries_replace_stored_ones() -> None:
    stored = {"has": True, "dogs": [{"name": "Bruno", "reason": "x"}, {"name": "Käthe"}]}
    bound = bind(kennel(), {"has": "yes", "dogs-count": "1", "dogs-0-name": "Ødin"}, answers=stored)
    assert bound.is_valid()
    assert bound.stored()["dogs"] == [{"name": "Ødin"}]


def test_group_whose_condition_fails_is_absent() -> None:
    asked = kennel(when={"field": "has", "is": True})
    bound = bind(asked, {"has": "no", "dogs-count": "2", "dogs-0-name": ""})
    assert bound.is_valid()
    assert bound.stored() == {"has": False}
    assert shown(bound) == ["has"]
    assert shown(bind(asked, answers={"has": True})) == ["has", "dogs"]


@pytest.mark.parametrize("garbage", [None, "Bruno", 7, {"name": "x"}, ["Bruno", None, 7], [[]]])
def test_stored_entries_that_are_none_are_left_out(garbage: Any) -> None:
    bound = bind(kennel(), answers={"dogs": garbage})
    assert len(bound.groups["dogs"].entries) == 1
    assert shown(bound) == ["has", "dogs"]


def test_field_of_an_entry_may_depend_on_an_answer_of_the_same_page() -> None:
    """``parse`` allows it, so it has to work."""
    asked = step(
        field("has_chip", "boolean"),
        field("dogs", "group", max_items=2, fields=[field("chip", when={"field": "has_chip", "is": True})]),
    )
    bound = bind(asked, {"has_chip": "yes", "dogs-count": "1", "dogs-0-chip": "276"})
    assert bound.is_valid()
    assert bound.stored() == {"has_chip": True, "dogs": [{"chip": "276"}]}
    without = bind(asked, {"has_chip": "no", "dogs-count": "1", "dogs-0-chip": "276"})
    assert without.is_valid()
    assert without.stored() == {"has_chip": False, "dogs": [{}]}
    fresh = bind(asked, answers={"has_chip": True})
    assert "chip" in fresh.groups["dogs"].entries[0].fields


# -- what appears only after an answer -----------------------------------------------------------


def test_fields_that_were_not_on_the_page_are_named_and_their_errors_dropped() -> None:
    bound = bind(dependent(), {"kind": "b"})
    assert bound.unseen({"kind"}) == ["old"]
    assert not bound.is_valid()
    drop_errors(bound, ["old"])
    assert not bound.form.errors


def test_errors_of_fields_on_the_page_are_not_dropped() -> None:
    bound = bind(kennel(), {"has": "", "dogs-count": "2", "dogs-0-name": ""})
    bound.is_valid()
    drop_errors(bound, bound.unseen({"has", "dogs-0-name"}))
    assert list(bound.form.errors) == ["has"]
    assert [list(e.errors) for e in bound.groups["dogs"].entries] == [["name"], []]


def test_step_knows_the_keys_it_answers_for() -> None:
    assert bind(kennel()).keys() == {"has", "dogs"}


# -- whole forms -------------------------------------------------------------------------------


def real(slug: str) -> Definition:
    path = next(p for p in FORMS if p.stem == slug)
    return parse(json.loads(path.read_text(encoding="utf-8")))


PARKING_FILES = {"registration": ["id-1"]}


def test_complete_answers_are_collected_as_they_are() -> None:
    parking = factories.parking_answers()
    assert collect(real("bewohnerparkausweis"), parking, PARKING_FILES) == ({**parking, "registration": ["id-1"]}, None)
    dogs = factories.dog_answers(factories.dog("Bruno"), factories.dog("Ødin", chip="276098100123456"))
    assert collect(real("hundesteuer-anmelden"), dogs, {}) == (dogs, None)


def test_collecting_twice_changes_nothing() -> None:
    definition = real("hundesteuer-anmelden")
    answers = factories.dog_answers(joint_holding=True, joint_holders=[{"given_name": "", "family_name": "D’Angelo"}])
    once, broken = collect(definition, answers, {})
    assert broken is None
    assert collect(definition, once, {}) == (once, None)


@pytest.mark.parametrize(
    ("missing", "broken_step"),
    [
        ("family_name", "person"),
        ("plate", "vehicle"),
        ("main_residence", "residence"),
        ("true_information", "declaration"),
    ],
)
def test_first_step_that_does_not_hold_is_named(missing: str, broken_step: str) -> None:
    answers = factories.parking_answers()
    del answers[missing]
    collected, broken = collect(real("bewohnerparkausweis"), answers, PARKING_FILES)
    assert broken is not None
    assert broken.key == broken_step
    assert missing not in collected


def test_required_file_that_is_missing_is_a_missing_answer() -> None:
    answers = factories.parking_answers(owner="company_car")
    _collected, broken = collect(real("bewohnerparkausweis"), answers, PARKING_FILES)
    assert broken is not None
    assert broken.key == "vehicle"
    files = {**PARKING_FILES, "employer_confirmation": ["id-2"], "owner_consent": ["id-3"]}
    collected, broken = collect(real("bewohnerparkausweis"), answers, files)
    assert broken is None
    assert "owner_consent" not in collected


def test_answers_to_questions_that_are_not_asked_are_left_out() -> None:
    answers = factories.parking_answers(kind="first", old_permit="4711", surprise="x")
    collected, broken = collect(real("bewohnerparkausweis"), answers, PARKING_FILES)
    assert broken is None
    assert not {"old_permit", "surprise"} & set(collected)


def test_answers_whose_day_has_passed_do_not_hold_any_more() -> None:
    answers = factories.parking_answers()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=30), tick=False):
        _collected, broken = collect(real("bewohnerparkausweis"), answers, PARKING_FILES)
    assert broken is not None
    assert broken.key == "residence"


def test_hidden_step_is_skipped_with_everything_in_it() -> None:
    definition = form(
        [field("kind", "choice", choices=CHOICES)], [field("why")], [field("end", required=False)],
        whens={1: {"field": "kind", "is": "b"}},
    )  # fmt: skip
    assert collect(definition, {"kind": "a", "why": "x"}, {}) == ({"kind": "a", "end": ""}, None)
    _collected, broken = collect(definition, {"kind": "b"}, {})
    assert broken is not None
    assert broken.key == "s1"
    assert [s.key for s in visible_steps(definition, {"kind": "a"})] == ["s0", "s2"]
    assert [s.key for s in visible_steps(definition, {"kind": "b"})] == ["s0", "s1", "s2"]


def test_later_step_does_not_see_answers_of_a_hidden_field() -> None:
    definition = form(
        [field("a", "boolean"), field("b", "boolean", when={"field": "a", "is": True})],
        [field("c", when={"field": "b", "is": True})],
    )
    assert collect(definition, {"a": False, "b": True, "c": "x"}, {}) == ({"a": False}, None)


@pytest.mark.parametrize("kind", sorted(FIELD_TYPES.keys() - {"group"}))
@pytest.mark.parametrize("value", [None, 0, 7, -1, 1.5, 10**400, True, "", "x", [], ["x"], [1], [None], {}, {"a": 1}, [[]]],
                         ids=lambda v: repr(v)[:12])  # fmt: skip
def test_answer_stored_under_an_older_form_holds_or_names_its_step(kind: str, value: Any) -> None:
    """An open draft is moved to the newest version, in which a key may have another type."""
    definition = form([field("x", kind, choices=CHOICES if kind.startswith("choice") else [])])
    collected, broken = collect(definition, {"x": value}, {})
    json.dumps(collected)
    if broken is None:
        assert collect(definition, collected, {}) == (collected, None)
    page = bind(definition.steps[0], answers={"x": value}).items()
    assert all(str(item["field"]) for item in page if item.get("field") is not None)
