"""Addresses at home and abroad, and applications of organisations."""

from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Profile, User
from apps.applications import drafts, transitions
from apps.applications.states import Status
from apps.cases.addressee import addressee_of
from apps.cases.models import Case
from apps.catalogue.models import Service
from apps.core import countries
from tests import factories

ZONE, DOGS, PARKING = "haltverbotszone-umzug", "hundesteuer-anmelden", "bewohnerparkausweis"
ABROAD = {"country": "GB", "street": "Baker Street", "house_number": "", "postcode": "NW1 6XE", "city": "London"}
FIRM = {
    "applicant_kind": "organisation",
    "organisation": "Umzüge Çelik GmbH",
    "family_name": "Çelik",
    "given_name": "Ayşe",
}


def sent(slug: str, step: str, aylin: User, client: Any, **changes: Any) -> Any:
    """The answer to a step with Aylin's answers and some changes."""
    draft = factories.draft(aylin, slug, factories.zone_answers() if slug == ZONE else factories.dog_answers())
    typed = {key: value for key, value in draft.answers.items() if isinstance(value, str)} | changes
    if "-" in typed.get("birth_date", ""):
        typed["birth_date"] = "14.03.1988"
    return client.as_(aylin).post(reverse("applications:step", args=[draft.pk, step]), typed)


@pytest.mark.parametrize("slug", [ZONE, DOGS])
@pytest.mark.parametrize(
    ("address", "good"),
    [
        (ABROAD, True), (ABROAD | {"postcode": ""}, True), (ABROAD | {"country": "DE"}, False),
        ({"country": "DE", "house_number": ""}, False), ({"country": "AT", "postcode": "1010"}, True),
        ({"country": "", "postcode": "1010"}, False), ({"postcode": "10115"}, True), ({"country": "XX"}, False),
        ({"country": "FR", "city": ""}, False),
    ],
)  # fmt: skip
def test_only_addresses_in_germany_need_five_digits_and_a_number(
    client: Any, aylin: User, slug: str, address: dict[str, str], good: bool
) -> None:
    answer = sent(slug, "person", aylin, client, **address)
    assert answer.status_code == (302 if good else 422)
    if not good and address.get("postcode") == "1010":
        assert "Eine Postleitzahl hat fünf Ziffern." in answer.content.decode()


@pytest.mark.parametrize(("postcode", "good"), [("38440", True), ("38448", True), ("10115", False), ("38441", False)])
def test_place_in_wolfsburg_has_a_postcode_of_wolfsburg(client: Any, aylin: User, postcode: str, good: bool) -> None:
    answer = sent(ZONE, "place", aylin, client, zone_postcode=postcode, length_m="12")
    assert answer.status_code == (302 if good else 422)
    assert good or "Diese Postleitzahl gehört nicht zu Wolfsburg. Beispiel: 38440" in answer.content.decode()


def test_letter_abroad_names_the_country_in_german_and_in_capitals(aylin: User) -> None:
    case = factories.zone_case(aylin, **ABROAD)
    assert addressee_of(case).lines == [
        "Aylin Özdemir-Groß",
        "Baker Street",
        "NW1 6XE London",
        "VEREINIGTES KÖNIGREICH",
    ]
    assert "vereinigtes konigreich" in Case.objects.get(pk=case.pk).search_text
    assert addressee_of(factories.zone_case(aylin)).lines[-1] == "38440 Wolfsburg"


def test_organisation_applies_and_the_letter_is_for_it(aylin: User, karla: Any) -> None:
    case = factories.zone_case(aylin, **FIRM)
    party = case.parties.get()
    assert (party.organisation, party.name) == ("Umzüge Çelik GmbH", "Umzüge Çelik GmbH, Ayşe Çelik")
    assert "birth_date" not in Case.objects.get(pk=case.pk).application.answers
    ruling = transitions.rule(
        case, outcome=Status.GRANTED, reasons="", by=karla, fee=None, valid_from=None, valid_until=None
    )
    assert ruling.letters is not None
    [context] = ruling.letters.contexts
    assert context["recipients"][:2] == ["Umzüge Çelik GmbH", "Ayşe Çelik"]
    tenor = " ".join(context["tenor"])
    assert "Ayşe" not in tenor


def test_organisation_has_a_name_and_no_day_of_birth(client: Any, aylin: User) -> None:
    answer = sent(ZONE, "person", aylin, client, **FIRM | {"organisation": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Der Name der Organisation fehlt." in page
    assert 'name="birth_date"' not in page
    assert sent(DOGS, "person", aylin, client, **FIRM).status_code == 302
    assert (
        "Bitte wählen Sie, wer den Antrag stellt."
        in sent(ZONE, "person", aylin, client, applicant_kind="").content.decode()
    )


@pytest.mark.parametrize(
    ("profile", "kept"),
    [
        ({"postcode": "38440"}, "38440"),
        ({"postcode": "1010"}, None),
        ({"postcode": "1010", "country": "AT"}, "1010"),
        ({"postcode": "ABC"}, None),
    ],
)
def test_profile_never_fills_in_what_the_form_refuses(aylin: User, profile: dict[str, str], kept: str | None) -> None:
    Profile.objects.create(user=aylin, city="Wien", **profile)
    draft = drafts.begin(Service.objects.get(slug=ZONE), user=aylin, browser="")
    assert draft.answers.get("postcode") == kept
    assert draft.answers["city"] == "Wien"
    # Where it has to be Wolfsburg, neither is taken.
    parking = drafts.begin(Service.objects.get(slug=PARKING), user=aylin, browser="")
    assert parking.answers.get("postcode") == (kept if kept == "38440" else None)
    assert ("city" in parking.answers) == (profile.get("country", "DE") == "DE"), "no half of an address from abroad"


@pytest.mark.parametrize("typed", ["38 440", "D-38440", "DE 38440"])
def test_postcode_is_understood_as_people_write_it(client: Any, aylin: User, typed: str) -> None:
    answer = sent(ZONE, "person", aylin, client, postcode=typed)
    assert answer.status_code == 302, answer.content.decode()


@pytest.mark.parametrize("typed", ["15 m", "15 Meter", "15m", " 15 "])
def test_length_is_understood_with_its_unit(client: Any, aylin: User, typed: str) -> None:
    assert sent(ZONE, "place", aylin, client, zone_postcode="38440", length_m=typed).status_code == 302


@pytest.mark.parametrize("typed", ["15 cm", "15 €", "15 m 20"])
def test_length_in_another_unit_is_asked_again(client: Any, aylin: User, typed: str) -> None:
    answer = sent(ZONE, "place", aylin, client, zone_postcode="38440", length_m=typed)
    assert "Bitte geben Sie ganze Meter ein." in answer.content.decode()


@pytest.mark.parametrize(("country", "postcode", "status"), [("DE", "1010", 422), ("AT", "1010", 302), ("", "38440", 302),
                                                             ("XX", "38440", 422), ("DE", "", 302)])  # fmt: skip
def test_profile_has_a_country(client: Any, aylin: User, country: str, postcode: str, status: int) -> None:
    typed = {
        "given_name": "Aylin",
        "family_name": "Özdemir-Groß",
        "language": "de",
        "country": country,
        "postcode": postcode,
    }
    answer = client.as_(aylin).post("/konto/profil/", typed)
    assert answer.status_code == status
    if status == 302:
        assert Profile.objects.get(user=aylin).country == (country or "DE")


def test_countries_are_named_in_the_readers_language_and_ours_comes_first(client: Any, aylin: User) -> None:
    assert (countries.name_of("AT", "de"), countries.name_of("AT", "en")) == ("Österreich", "Austria")
    assert countries.name_of("XX", "de") == "XX"
    page = client.as_(aylin).get("/konto/profil/").content.decode()
    assert (
        page.index(">Deutschland<") < page.index(">Afghanistan<") < page.index(">Österreich<") < page.index(">Zypern<")
    )
    assert ">Germany<" in client.get("/en/konto/profil/").content.decode()
