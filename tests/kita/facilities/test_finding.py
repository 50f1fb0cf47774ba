"""What parents find: by words, by filters, by distance."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from apps.core.business_calendar import today
from apps.kita.facilities import finding
from apps.kita.facilities.models import District, Facility, Landmark, Vacancy
from tests.kita.facilities.setting import kita, publish

pytestmark = pytest.mark.django_db


def names(client: Client, query: str = "", prefix: str = "") -> list[str]:
    answer = client.get(f"{prefix}/kitas/?{query}")
    assert answer.status_code == 200
    return [hit.facility.name for hit in answer.context["hits"]]


def test_the_list_is_complete_and_by_name(client: Client) -> None:
    for name in ("Kita Zaun", "Kita Apfel", "Kita Mohn"):
        kita(name)
    kita("Kita Geheim", published=False)
    assert names(client) == ["Kita Apfel", "Kita Mohn", "Kita Zaun"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ortschaft=westhagen", ["Kita Wald"]),
        ("alter=krippe", ["Kita Klein", "Kita Misch"]),
        ("alter=kindergarten", ["Kita Früh", "Kita Misch", "Kita Wald"]),
        ("ab=06:00", ["Kita Früh"]),
        ("ab=08:00", ["Kita Früh", "Kita Klein", "Kita Misch", "Kita Wald"]),
        ("bis=18:00", ["Kita Früh"]),
        ("bis=13:00&ab=08:00&alter=krippe", ["Kita Klein", "Kita Misch"]),
        ("art=tagespflege", ["Kita Klein"]),
        ("art=kita", ["Kita Früh", "Kita Misch", "Kita Wald"]),
        ("traeger=kirche", ["Kita Misch"]),
        ("schwerpunkt=wald", ["Kita Wald"]),
        ("barrierefrei=on", ["Kita Wald"]),
        ("integrativ=on", ["Kita Misch"]),
        ("schicht=on", ["Kita Früh"]),
        ("alter=krippe&schwerpunkt=wald", []),
    ],
)
def test_every_filter_leaves_what_fits(client: Client, query: str, expected: list[str]) -> None:
    kita("Kita Früh", early_from=dt.time(6), late_until=dt.time(18), shift_care=True)
    kita("Kita Klein", kind="childminder", ages=("krippe",))
    kita("Kita Misch", ages=("mixed",), integrative=True, by="Kirche")
    kita("Kita Wald", district="westhagen", concepts=("wald",), barrier_free="full")
    assert names(client, query) == expected


def test_free_places_are_those_published_last_and_not_long_past(client: Client) -> None:
    month = today().replace(day=1)
    free, taken, before, past = kita("Kita Frei"), kita("Kita Voll"), kita("Kita Noch frei"), kita("Kita Vorbei")
    publish(free, 2)
    publish(taken, 1)
    publish(taken, 0)
    publish(before, 1, (month - dt.timedelta(days=1)).replace(day=1))
    publish(past, 3, (month - dt.timedelta(days=130)).replace(day=1))
    assert names(client, "frei=on") == ["Kita Frei", "Kita Noch frei"]
    found = {facility.name: facility.free_places for facility in Facility.objects.for_list()}
    assert found == {"Kita Frei": 2, "Kita Voll": 0, "Kita Noch frei": 1, "Kita Vorbei": 0}


def test_of_several_months_the_best_counts_and_groups_add_up(client: Client) -> None:
    both = kita("Kita Zwei", ages=("krippe", "kindergarten"))
    month = today().replace(day=1)
    publish(both, 1)
    publish(both, 2, (month + dt.timedelta(days=40)).replace(day=1))
    Vacancy.objects.create(group=both.groups.get(age="krippe"), start=month, places=3)
    assert Facility.objects.for_list().get().free_places == 5
    assert "5 freie Plätze gemeldet" in client.get("/kitas/").content.decode()


def test_one_group_has_to_fit_all_that_is_about_groups(client: Client) -> None:
    both = kita("Kita Zwei", ages=("krippe", "kindergarten"))
    older, younger = both.groups.get(age="kindergarten"), both.groups.get(age="krippe")
    Vacancy.objects.create(group=older, start=today().replace(day=1), places=1)
    older.care_times.create(begins=dt.time(6), ends=dt.time(18))
    assert names(client, "alter=kindergarten&frei=on&ab=06:00&bis=18:00") == ["Kita Zwei"]
    for query in ("alter=krippe&frei=on", "alter=krippe&ab=06:00", "alter=krippe&bis=18:00"):
        assert names(client, query) == []
    younger.care_times.all().delete()
    # Where nobody has said when a group is there, the house's hours count.
    assert names(client, "alter=krippe&bis=16:00") == ["Kita Zwei"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("tagesmutter", ["Kindertagespflege Igel"]),
        ("Tagesmuter", ["Kindertagespflege Igel"]),
        ("u3", ["Kindertagespflege Igel"]),
        ("Rollstuhl", ["Kita Birke"]),
        ("schichtarbeit", ["Kita Birke"]),
        ("draußen", ["Kita Ahorn"]),
        ("draussen", ["Kita Ahorn"]),
        ("waldkita", ["Kita Ahorn"]),
        ("laagberg", ["Kita Ahorn"]),
        ("hammerverein", ["Kita Birke"]),
        ("birke", ["Kita Birke"]),
        ("kita vorsfelde", ["Kita Birke"]),
    ],
)
def test_everyday_words_find(client: Client, typed: str, expected: list[str]) -> None:
    kita("Kita Ahorn", district="mitte-west", concepts=("wald",))
    kita("Kita Birke", barrier_free="full", shift_care=True, by="Hammerverein")
    kita("Kindertagespflege Igel", district="detmerode", kind="childminder", ages=("krippe",))
    assert names(client, f"q={typed}")[: len(expected)] == expected


def test_words_in_english(client: Client) -> None:
    kita("Kita Ahorn")
    kita("Kindertagespflege Igel", kind="childminder", ages=("krippe",))
    assert names(client, "q=childminder", "/en") == ["Kindertagespflege Igel"]


def test_all_words_beat_some(client: Client) -> None:
    kita("Kita Ahorn", ages=("krippe",))
    kita("Kita Birke", ages=("krippe",), district="westhagen")
    kita("Kita Erle", district="westhagen")
    assert names(client, "q=krippe+westhagen") == ["Kita Birke"]


def test_a_word_nobody_has_finds_nothing_and_says_so(client: Client) -> None:
    kita("Kita Ahorn")
    answer = client.get("/kitas/?q=qxqxqx")
    assert answer.context["hits"] == []
    assert "Dazu passt keine Einrichtung" in answer.content.decode()


def test_a_street_that_is_not_public_finds_nobody(client: Client) -> None:
    kita("Kindertagespflege Igel", kind="childminder", street="Geheimgasse", address_public=False)
    assert names(client, "q=geheimgasse") == []


def test_the_nearest_comes_first_with_its_distance(client: Client) -> None:
    kita("Kita Fern", latitude=52.35, longitude=10.70)
    kita("Kita Nah", latitude=52.43, longitude=10.789)
    answer = client.get("/kitas/?entfernung=ort-hauptbahnhof")
    station = Landmark.objects.get(slug="hauptbahnhof")
    assert [hit.facility.name for hit in answer.context["hits"]] == ["Kita Nah", "Kita Fern"]
    assert answer.context["hits"][0].distance == pytest.approx(0.06, abs=0.02)
    # A degree of latitude is 111.3 km, one of longitude here 67.9 km.
    expected = (((station.latitude - 52.35) * 111.32) ** 2 + ((station.longitude - 10.70) * 67.9) ** 2) ** 0.5
    assert answer.context["hits"][1].distance == pytest.approx(expected, abs=0.05)
    assert "0,1 km entfernt" in answer.content.decode()


def test_distance_from_a_part_of_the_city(client: Client) -> None:
    kita("Kita Fern", latitude=52.35, longitude=10.70)
    kita("Kita Nah")
    assert names(client, "entfernung=vorsfelde") == ["Kita Nah", "Kita Fern"]


def test_where_an_address_is_not_public_the_middle_of_its_part_counts() -> None:
    hidden = kita("Kindertagespflege Igel", address_public=False, latitude=52.4399, longitude=10.8499)
    district = District.objects.get(slug="vorsfelde")
    assert hidden.point == (district.latitude, district.longitude)


@pytest.mark.parametrize(
    "name",
    sorted(
        {*finding.FILTERS, *finding.GROUP_FILTERS, "entfernung"} - {"frei", "barrierefrei", "integrativ", "schicht"}
    ),
)
def test_a_choice_that_does_not_exist_is_said_at_its_field(client: Client, name: str) -> None:
    kita("Kita Ahorn")
    answer = client.get(f"/kitas/?{name}=gibt-es-nicht")
    assert answer.status_code == 422
    assert name in answer.context["form"].errors
    assert [hit.facility.name for hit in answer.context["hits"]] == ["Kita Ahorn"]


@pytest.mark.parametrize(
    "typed", ["%00", "%F0%9F%91%A9", "'); DROP TABLE kita_facility; --", "a" * 5000, "|", "&", "!", "*:*", "%E2%80%AE"]
)
def test_no_word_breaks_the_search(client: Client, typed: str) -> None:
    kita("Kita Ahorn")
    assert client.get(f"/kitas/?q={typed}").status_code in (200, 422)


def test_the_index_follows_what_it_was_made_of() -> None:
    made = kita("Kita Ahorn")
    with translation.override("de"):
        made.name = "Kita Buche"
        made.save()
        made.index()
        every: list[Any] = list(Facility.objects.published().for_list())
        assert finding.found(every, {"q": "ahorn"}) == ([], False)
        assert finding.found(every, {"q": "buche"}) == ([made], False)


def test_where_not_all_words_fit_it_is_said(client: Client) -> None:
    kita("Kita Ahorn")
    answer = client.get("/kitas/?q=ahorn+westhagen")
    assert [hit.facility.name for hit in answer.context["hits"]] == ["Kita Ahorn"]
    assert "Nicht alles passt." in answer.content.decode()


def test_an_index_is_made_of_the_row_as_it_is_now(client: Client) -> None:
    made = kita("Kindertagespflege Igel", kind="childminder", street="Geheimgasse")
    assert names(client, "q=geheimgasse") == ["Kindertagespflege Igel"]
    # Read before the office has hidden the address, indexed after that.
    Facility.objects.filter(pk=made.pk).update(address_public=False)
    made.index()
    assert names(client, "q=geheimgasse") == []


def test_a_hidden_address_has_a_rough_distance(client: Client) -> None:
    kita("Kindertagespflege Igel", kind="childminder", address_public=False)
    shown = client.get("/kitas/?entfernung=westhagen").content.decode()
    assert "etwa 8 km entfernt" in " ".join(shown.split())
