"""What applications demand of a form's fee rule, parties and letters is asked when a version is published."""

import copy
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.formbuilder.definition import DefinitionError
from apps.formbuilder.models import FormVersion

FORMS = Path(settings.BASE_DIR) / "apps/applications/data/forms"
PARKING, DOGS = "bewohnerparkausweis", "hundesteuer-anmelden"


def form(slug: str) -> Any:
    return json.loads((FORMS / f"{slug}.json").read_text())


def publish(raw: Any, **more: Any) -> FormVersion:
    newest = FormVersion.objects.current(raw["slug"])
    return FormVersion.objects.create(
        slug=raw["slug"], version=newest.version + 1 if newest else 1, definition=raw, **more
    )


@pytest.mark.django_db
@pytest.mark.parametrize("slug", [path.stem for path in FORMS.glob("*.json")])
def test_forms_of_the_city_are_taken(slug: str) -> None:
    assert publish(form(slug)).pk


WRONG: list[tuple[str, tuple[Any, ...], Any, str]] = [
    (PARKING, ("letters", "granted"), {}, "letters.granted: opening, result, subject, tenor, title missing"),
    (PARKING, ("letters", "granted"), "Ja.", "letters.granted: expected an object"),
    (PARKING, ("letters", "granted", "tenor"), [], "letters.granted: tenor decides nothing"),
    (PARKING, ("letters", "granted", "tenor"), "Ja.", "letters.granted.tenor: expected a list of texts"),
    (PARKING, ("letters", "granted", "tenor"), [7], "letters.granted.tenor: a text is missing"),
    (PARKING, ("letters", "granted", "hints"), ["{kennzeichen}"], "letters.granted: nothing is known as {kennzeichen}"),
    (PARKING, ("letters", "granted", "subject"), "", "letters.granted: a text is missing"),
    (PARKING, ("letters", "granted", "title"), "x" * 201, "letters.granted.title: more than 200 characters"),
    (PARKING, ("letters", "granted", "result"), {"de": "Ja."}, "letters.granted.result: en missing"),
    (PARKING, ("letters", "granted", "result", "en"), "x" * 301, "letters.granted.result: more than 300 characters"),
    (PARKING, ("letters", "granted", "remedy"), "ja", "letters.granted: remedy is true or false"),
    (PARKING, ("letters", "granted", "asked"), {}, "letters.granted: asked is a list"),
    (PARKING, ("letters", "granted", "asked"), [{"key": "zone"}], "letters.granted.asked[0]: label, missing missing"),
    (PARKING, ("letters", "granted", "asked"), [], "letters.granted: nothing is known as {zone}"),
    (
        PARKING,
        ("letters", "granted", "hints"),
        ["{Zone}"],
        "letters.granted: braces stand around the name of something",
    ),
    (
        PARKING,
        ("letters", "granted", "hints"),
        ["{zone }"],
        "letters.granted: braces stand around the name of something",
    ),
    (
        PARKING,
        ("letters", "granted", "title"),
        "Bescheid {reference}",
        "letters.granted: nothing is known as {reference}",
    ),
    (PARKING, ("letters", "granted", "result", "de"), "Ja }", "letters.granted: braces stand around the name of"),
    (
        PARKING,
        ("letters", "granted", "asked", 0, "key"),
        "reasons",
        "letters.granted.asked[0]: 'reasons' is no name for it",
    ),
    (
        PARKING,
        ("letters", "granted", "asked", 0, "key"),
        "Zone 1",
        "letters.granted.asked[0]: 'Zone 1' is no name for it",
    ),
    (PARKING, ("parties", "applicant", "city"), "birth_date", "parties.applicant.city: birth_date is of another type"),
    (PARKING, ("parties", "applicant", "country"), "city", "parties.applicant.country: city is of another type"),
    (
        PARKING,
        ("parties", "applicant", "house_number"),
        "street",
        "parties.applicant.house_number: street may be longer than 12",
    ),
    (PARKING, ("letters", "granted", "zahlung"), "x", "letters.granted: unknown zahlung"),
    (PARKING, ("letters", "erteilt"), {}, "letters: unknown erteilt"),
    (PARKING, ("letters", "rejected"), ..., "letters: rejected is missing"),
    (PARKING, ("fee", "rule"), "whatever", "fee: rule 'whatever' is not known"),
    (PARKING, ("fee",), "30 €", "fee: expected an object"),
    (PARKING, ("fee", "fees"), ["a"], "fee: unknown fees"),
    (PARKING, ("parties", "applicant", "city"), "town", "parties.applicant.city: 'town' is no field"),
    (PARKING, ("parties", "applicant", "city"), ["city"], "parties.applicant.city: ['city'] is no field"),
    (PARKING, ("parties", "applicant", "delivery"), "city", "parties.applicant: unknown delivery"),
    (
        PARKING,
        ("parties", "joint"),
        {"group": "dogs", "fields": {}, "hearing": {}},
        "parties.joint: 'dogs' is no group",
    ),
    (PARKING, ("gebuehr",), 1, "extra: unknown gebuehr"),
    (DOGS, ("fee", "fees"), [], "fee: fees names no fee"),
    (DOGS, ("fee", "first_taxable_month"), "next", "fee: first_taxable_month is following or same"),
    (DOGS, ("fee", "first_taxable_month"), ..., "fee: first_taxable_month missing"),
    (DOGS, ("fee", "reduced_share"), "1/0", "fee: reduced_share is no share"),
    (DOGS, ("fee", "reduced_share"), "half", "fee: reduced_share is no share"),
    (DOGS, ("fee", "reduced_share"), "3/2", "fee: reduced_share is no share"),
    (DOGS, ("letters", "assessed", "findings"), {}, "letters.assessed.findings: amount, exempt, held, reduced"),
    (DOGS, ("letters", "assessed", "findings", "why"), "{cause}", "letters.assessed.findings.why: nothing is known as"),
    (DOGS, ("parties", "joint", "fields", "given_name"), "x", "parties.joint.fields.given_name: 'x' is no field"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "place", "value", "said"), WRONG, ids=lambda x: ".".join(map(str, x)) if isinstance(x, tuple) else ""
)
def test_what_would_break_when_a_clerk_decides_is_refused_when_it_is_published(
    slug: str, place: tuple[Any, ...], value: Any, said: str
) -> None:
    raw = copy.deepcopy(form(slug))
    target = raw["extra"]
    for part in place[:-1]:
        target = target[part]
    if value is ...:
        del target[place[-1]]
    else:
        target[place[-1]] = value
    before = FormVersion.objects.count()
    with pytest.raises(DefinitionError) as caught:
        publish(raw)
    assert said in str(caught.value)
    assert FormVersion.objects.count() == before


def loaded() -> str:
    said = StringIO()
    call_command("load_forms", stdout=said, stderr=said)
    return said.getvalue()


@pytest.mark.django_db
def test_deploy_never_puts_a_file_in_the_place_of_what_a_person_published() -> None:
    loaded()
    raw = form(PARKING)
    raw["title"]["de"] = "Von Hand geändert"
    mine = publish(raw, edited=True)
    assert "was published by a person and stays" in loaded()
    assert FormVersion.objects.current(PARKING) == mine
    call_command("load_forms", replace=[PARKING], stdout=StringIO(), stderr=StringIO())
    newest = FormVersion.objects.current(PARKING)
    assert newest is not None
    assert (newest.version, newest.definition["title"]["de"]) == (mine.version + 1, form(PARKING)["title"]["de"])


@pytest.mark.django_db
def test_file_that_has_changed_becomes_a_new_version_and_one_that_has_not_none() -> None:
    loaded()
    before = FormVersion.objects.count()
    assert loaded() == ""
    raw = form(PARKING)
    raw["title"]["de"] = "Aus einer älteren Datei"
    publish(raw)
    assert f"{PARKING}: version" in loaded()
    assert FormVersion.objects.count() == before + 2


@pytest.mark.django_db
def test_person_publishes_a_form_by_a_command(tmp_path: Path) -> None:
    loaded()
    raw = form(PARKING)
    raw["title"]["de"] = "Von Hand geändert"
    file = tmp_path / "form.json"
    file.write_text(json.dumps(raw))
    call_command("publish_form", str(file), stdout=StringIO())
    newest = FormVersion.objects.current(PARKING)
    assert newest is not None
    assert (newest.edited, newest.definition["title"]["de"]) == (True, "Von Hand geändert")
    for wrong in ("{", "[]", "{}", json.dumps(raw | {"extra": {"letters": {"granted": {}}}})):
        file.write_text(wrong)
        with pytest.raises(CommandError):
            call_command("publish_form", str(file))
    with pytest.raises(CommandError):
        call_command("publish_form", str(tmp_path / "gibt-es-nicht.json"))
