"""Whatever is sent to a step: no exception, and what is stored is JSON that holds a second time."""

import datetime as dt
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.core.business_calendar import today
from apps.formbuilder.definition import Definition, Field, Step, parse
from apps.formbuilder.steps import BoundStep, as_typed, collect
from apps.formbuilder.summary import summarise
from tests import factories
from tests.formbuilder.test_definition import FORMS

INPUTS_PER_STEP = 2_000
SEEDS = 10
SOAK_FACTOR = 10

DEFINITIONS: list[Definition] = [parse(json.loads(path.read_text(encoding="utf-8"))) for path in FORMS]
STEPS = [(definition.slug, step.key) for definition in DEFINITIONS for step in definition.steps]

HOSTILE = [
    "", " ", "\t", "\n", "\r\n", "\x00", "a\x00b", "\x07", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff",
    "\ud800", "\udfff", "\ue000", "\U0010ffff", "\u0378", "e\u0301", "\u0301", "\u0301" * 500, "ﷺ" * 200, "ß", "ẞ", "ı", "İ",
    "Łukaszewicz-Ñáñez", "D’Angelo", "王小明", "👩‍👩‍👧‍👦", "-", "--", "_", ".", ",", "/", "..", "../../etc/passwd", "0", "-0", "1", "-1",
    "00", "1.0", "1,5", "1.5", "1e3", "1E400", "NaN", "nan", "sNaN", "Infinity", "-inf", "0x10", "0b1", "²", "٣", "½", "１２",
    "9" * 30, "9" * 5_000, "1_000", "1.234.567,89", "true", "True", "false", "null", "None", "undefined", "on", "off", "yes",
    "no", "Yes", "[]", "{}", "[object Object]", "<script>alert(1)</script>", "{{ 7*7 }}", "{% debug %}", "%s%s%n", "{0.__class__}",
    "'; DROP TABLE cases_case; --", "\\", "\"", "'", "&amp;", "mine", "MINE", "first", "female", "31.02.2026", "29.02.2023",
    "0000-00-00", "0001-01-01", "9999-12-31", "99999-01-01", "2026-13-01", "24.12.26", "today", "today+1", "1.1.1", "٢٤.١٢.٢٠٢٦",
    "WOB AO 123", "WOB\u00a0AO\u00a0123", "wob ao 123e", "384 40", "٣٨٤٤٠", "+49", "+", "a@b", "a" * 201, "ä" * 10_000,
    "x\n" * 2_000, "=1+1", "@SUM(A1)", "4711", "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
COUNTS = ["", "0", "1", "2", "3", "5", "20", "21", "-1", "999999999999", "1e3", "²", "٢", "x", "2.5", "\x00", " 2 "]
NO_TEXT: list[Any] = [
    None, True, False, 0, 1, -1, 10**30, 1.5, float("1e308"), [], ["x"], [None], [[]], {}, {"a": 1}, ["mine", 7],
]  # fmt: skip
FILES = [[], ["id-1"], ["id-1", "id-2"]]


def good(item: Field, chance: random.Random) -> str | list[str]:
    """Something that a person could have meant."""
    if item.type in ("choice", "choices"):
        return chance.choice(item.choices).value
    if item.type == "date":
        # Today is within the bounds of every date that has any, or their first day is.
        first = int(item.min_value[5:] or 0) if (item.min_value or "").startswith("today") else 0
        day = today() + dt.timedelta(days=max(first, 0) + chance.choice([0, 0, 0, 1, -1]))
        return day.strftime(chance.choice(["%d.%m.%Y", "%Y-%m-%d"]))
    known: dict[str, list[str]] = {
        "integer": ["0", "1", "7", "20"], "decimal": ["12,50"], "boolean": ["yes", "no"], "confirm": ["on"],
        "licence_plate": ["WOB AO 123", "b-xy 1e"], "postcode": ["38440"], "tel": ["05361 28-1234"], "email": ["a@example.org"],
    }  # fmt: skip
    texts = ["276098100123456"] if item.pattern else ["Aylin", "Özdemir-Groß", "12 a", "D’Angelo", "X"]
    return chance.choice(known.get(item.type, texts))


def value(item: Field, chance: random.Random, *, hostile: float, texts_only: bool) -> Any:
    if chance.random() >= hostile:
        return good(item, chance)
    if not texts_only and chance.random() < 0.4:
        return chance.choice(NO_TEXT)
    drawn = chance.choice(HOSTILE)
    return drawn + chance.choice(HOSTILE) if chance.random() < 0.2 else drawn


def names(step: Step, chance: random.Random) -> list[tuple[str, Field | str]]:
    """Names a browser, or something that says it is one, could send for a step; a count with its number."""
    found: list[tuple[str, Field | str]] = []
    for item in step.fields:
        if item.is_group:
            count = chance.choice([0, 1, 1, 2, 3, 6])
            found.append((f"{item.key}-count", str(count)))
            places = [str(i) for i in range(count)] + chance.choice([[], ["99"], ["-1"], ["x"]])
            found += [(f"{item.key}-{place}-{inner.key}", inner) for place in places for inner in item.fields]
        else:
            found.append((item.key, item))
    return found


def typed(step: Step, chance: random.Random) -> Any:
    """One request's data: mostly a form, sometimes what nobody's browser would send."""
    hostile = chance.choice([0.0, 0.05, 0.2, 0.6, 1.0])
    texts_only = chance.random() < 0.7
    data: Any = QueryDict(mutable=True) if texts_only else {}
    for name, item in names(step, chance):
        if chance.random() < hostile / 4:
            continue
        if isinstance(item, str):
            sent: Any = item if chance.random() >= hostile else chance.choice(COUNTS)
        else:
            sent = value(item, chance, hostile=hostile, texts_only=texts_only)
        if not texts_only:
            data[name] = sent
        elif chance.random() < hostile / 5:
            data.setlist(name, [str(sent), chance.choice(HOSTILE)])
        else:
            data[name] = sent
    if chance.random() < 0.1:
        data[chance.choice(["__class__", "clean", "fields", "_shown", "data", "\x00", "dogs", "dogs--count", ""])] = "x"
    return data


def stored_answers(definition: Definition, chance: random.Random) -> dict[str, Any]:
    """Answers as an older version of the form may have left them."""
    answers: dict[str, Any] = {}
    for step in definition.steps:
        for item in step.fields:
            if chance.random() < 0.5:
                continue
            if item.is_group and chance.random() < 0.7:
                answers[item.key] = [
                    {f.key: value(f, chance, hostile=0.3, texts_only=False) for f in item.fields}
                    for _ in range(chance.randrange(4))
                ]
            else:
                answers[item.key] = value(item, chance, hostile=0.3, texts_only=False)
    return answers


def stored_files(step: Step, chance: random.Random) -> dict[str, list[str]]:
    return {item.key: chance.choice(FILES) for item in step.walk() if item.type == "upload"}


def try_step(definition: Definition, step: Step, chance: random.Random) -> bool:
    """Send one input to a step; True when it held."""
    data, files = typed(step, chance), stored_files(step, chance)
    answers = stored_answers(definition, chance) if chance.random() < 0.3 else {}
    try:
        bound = BoundStep(step, answers=answers, files=files, data=data)
        held = bound.is_valid()
        fields = [item["field"] for item in bound.items() if item.get("field") is not None]
        if chance.random() < 0.02:
            assert all(str(shown) for shown in fields)
        if not held:
            assert any(f.errors for f in bound.all_forms) or any(g.error for g in bound.visible_groups)
            return False
        kept = json.loads(json.dumps(bound.stored()))
        assert kept == bound.stored()
        again = BoundStep(step, answers={**answers, **kept}, files=files, data=as_typed(step, kept))
        assert again.is_valid(), [f.errors for f in again.all_forms]
        assert again.stored() == kept
        assert summarise(definition, kept)
    except Exception as error:
        raise AssertionError(
            f"{definition.slug}/{step.key} with {data!r}, answers={answers!r}, files={files!r}"
        ) from error
    return True


def many(config: pytest.Config) -> int:
    """How many inputs one seed stands for."""
    factor = SOAK_FACTOR if config.getoption("--soak") else 1
    return INPUTS_PER_STEP * factor // SEEDS


def seeds(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with ``SEEDS`` seeds; a failing one is shown and kept by hypothesis."""
    # A smaller seed is no simpler input, so there is nothing to shrink.
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    quietly = settings(max_examples=SEEDS, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))
    return quietly(given(seed=st.integers(0, 2**32))(test))  # type: ignore[no-any-return]


def definition_called(slug: str) -> Definition:
    return next(d for d in DEFINITIONS if d.slug == slug)


@pytest.mark.parametrize(("form", "key"), STEPS)
def test_step_takes_whatever_is_sent(pytestconfig: pytest.Config, form: str, key: str) -> None:
    definition = definition_called(form)
    step = definition.step(key)
    assert step is not None
    held = 0

    @seeds
    def run(seed: int) -> None:
        nonlocal held
        chance = random.Random(seed)
        held += sum(try_step(definition, step, chance) for _ in range(many(pytestconfig)))

    run()
    # Otherwise only refusals would have been tried.
    assert held > 0


@pytest.mark.parametrize("form", [definition.slug for definition in DEFINITIONS])
@seeds
def test_draft_of_any_age_is_collected_or_its_step_named(pytestconfig: pytest.Config, form: str, seed: int) -> None:
    definition = definition_called(form)
    chance = random.Random(seed)
    complete = {"bewohnerparkausweis": factories.parking_answers(), "hundesteuer-anmelden": factories.dog_answers()}
    whole = complete.get(definition.slug, {})
    for _ in range(many(pytestconfig) // 10):
        changed = stored_answers(definition, chance)
        kept = chance.choice([0.0, 0.5, 0.95])
        answers = {**whole, **{k: v for k, v in changed.items() if k not in whole or chance.random() > kept}}
        files = {key: ids for step in definition.steps for key, ids in stored_files(step, chance).items()}
        try:
            collected, broken = collect(definition, answers, files)
            assert json.loads(json.dumps(collected)) == collected
            if broken is None:
                assert collect(definition, collected, files) == (collected, None)
                summarise(definition, collected)
        except Exception as error:
            raise AssertionError(f"{definition.slug} with {answers!r}, files={files!r}") from error
