"""Pages about Kitas: what they say, to whom, with how many questions to the database."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.business_calendar import today
from apps.kita.facilities import loading
from apps.kita.facilities.models import Capacity, CarrierAgreement, Facility
from tests.kita.facilities.setting import kita, publish

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return " ".join(str(answer.content.decode()).split())


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def test_the_page_of_a_kita_says_what_it_offers(client: Client) -> None:
    made = kita(
        "Kita Ahorn", ages=("krippe",), integrative=True, early_from=dt.time(6), late_until=dt.time(17), closing_days=20,
        barrier_free="partly", concepts=("wald",), shift_care=True, lunch="60.00", phone="05361 1", email="a@kita.example",
    )  # fmt: skip
    publish(made, 1, dt.date(today().year + 1, 8, 1))
    shown = text(client.get("/kitas/kita-ahorn/"))
    for said in (
        "Montag bis Freitag, 08:00 bis 16:00 Uhr", "Frühdienst ab 06:00 Uhr", "Spätdienst bis 17:00 Uhr",
        "Betreuung für Schichtarbeit", "An 20 Tagen im Jahr geschlossen", "teilweise barrierefrei", "Wald und Natur",
        "60,00 €", "beitragsfrei", "Beitrag nach Gebührenordnung", "05361 1", "a@kita.example", "Beispielweg 1",
        f"1 Platz ab August {today().year + 1}", "§ 22 Abs. 2 NKiTaG", "Diese Kita vergibt ihre Plätze selbst.", "Krippe (unter 3 Jahren), integrativ", "25 Plätze", "06:00–17:00",
    ):  # fmt: skip
        assert said in shown, said


def test_places_are_those_of_the_newest_version_that_has_begun(client: Client) -> None:
    made = kita("Kita Ahorn")
    group = made.groups.get()
    month = today().replace(day=1)
    Capacity.objects.create(group=group, valid_from=month, places=18)
    Capacity.objects.create(group=group, valid_from=(month + dt.timedelta(days=32)).replace(day=1), places=10)
    assert "18 Plätze" in text(client.get("/kitas/kita-ahorn/"))
    # Put right for the same month: the one recorded last counts.
    Capacity.objects.create(group=group, valid_from=month, places=17)
    assert "17 Plätze" in text(client.get("/kitas/kita-ahorn/"))


def test_an_address_that_is_not_public_stands_nowhere(client: Client) -> None:
    made = kita(
        "Kindertagespflege Igel", kind="childminder", street="Geheimgasse", address_public=False, phone="05361 1", latitude=52.44444,
        longitude=10.84444,
    )  # fmt: skip
    page = made.get_absolute_url()
    assert "Die genaue Anschrift erfahren Sie am Telefon." in text(client.get(page))
    for path in (page, "/kitas/", "/kitas/?ortschaft=vorsfelde", "/en/kitas/"):
        shown = text(client.get(path))
        assert "Geheimgasse" not in shown
        assert "52.444" not in shown


@pytest.mark.parametrize("path", ["/kitas/gibt-es-nicht/", "/kitas/kita-geheim/", "/en/kitas/kita-geheim/"])
def test_what_is_not_published_is_not_there(client: Client, path: str) -> None:
    kita("Kita Geheim", published=False)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_pages_in_both_languages(client: Client, prefix: str) -> None:
    kita("Kita Ahorn", description_de="Wir spielen.", description_en="We play.")
    shown = text(client.get(f"{prefix}/kitas/kita-ahorn/"))
    assert ("We play." in shown) == bool(prefix)
    assert ("Nurseries" in text(client.get(f"{prefix}/kitas/"))) == bool(prefix)


def test_the_city_is_a_sketch_of_links_to_its_parts(client: Client) -> None:
    kita("Kita Ahorn")
    kita("Kita Birke")
    shown = text(client.get("/kitas/"))
    assert 'href="/kitas/?ortschaft=vorsfelde#karte" aria-label="Vorsfelde, 2 Einrichtungen"' in shown
    # Where there is none, nothing is to be pressed.
    assert "Westhagen, 0" not in shown


def test_a_part_is_a_sketch_of_links_to_its_kitas_numbered_as_in_the_list(client: Client) -> None:
    kita("Kita Ahorn")
    kita("Kita Birke")
    kita("Kita Fern", district="westhagen")
    answer = client.get("/kitas/?ortschaft=vorsfelde&alter=kindergarten")
    shown = text(answer)
    assert 'href="/kitas/kita-birke/" aria-label="2: Kita Birke"' in shown
    assert "Kita Fern" not in shown
    assert 'href="/kitas/?alter=kindergarten#karte">Ganze Stadt zeigen' in shown


def test_filters_go_along_when_a_part_is_chosen(client: Client) -> None:
    kita("Kita Ahorn", barrier_free="full")
    shown = text(client.get("/kitas/?barrierefrei=on&q=ahorn"))
    assert 'href="/kitas/?q=ahorn&amp;barrierefrei=on&amp;ortschaft=vorsfelde#karte"' in shown


def test_without_outlines_there_is_the_list_alone(client: Client) -> None:
    made = kita("Kita Ahorn")
    type(made.district).objects.update(outline=[])
    answer = client.get("/kitas/")
    assert answer.context["sketch"] is None
    assert "Kita Ahorn" in text(answer)


def test_without_any_kita_the_page_answers(client: Client) -> None:
    assert client.get("/kitas/").status_code == 200


@pytest.mark.parametrize("path", ["/kitas/?alter=kindergarten", "/kitas/?ortschaft=vorsfelde&entfernung=vorsfelde"])
def test_a_longer_list_asks_no_more_questions(client: Client, path: str) -> None:
    kita("Kita Ahorn", concepts=("wald",))
    once = queries(client, path)
    for name in ("Kita Birke", "Kita Erle"):
        publish(kita(name, ages=("krippe", "kindergarten"), concepts=("wald", "bewegung")), 1)
    assert queries(client, path) == once <= 5


@pytest.mark.parametrize("path", ["/kitas/", "/kitas/kita-ahorn/"])
def test_a_page_that_is_not_kept_yet_asks_five(client: Client, path: str) -> None:
    publish(kita("Kita Ahorn", ages=("krippe", "kindergarten"), concepts=("wald", "bewegung")), 1)
    assert queries(client, path) <= 5


def test_visitors_ask_one_question_when_nothing_has_changed(client: Client) -> None:
    kita("Kita Ahorn")
    for path in ("/kitas/", "/kitas/kita-ahorn/"):
        client.get(path)
        assert queries(client, path) == 1


@pytest.mark.parametrize("path", ["/kitas/", "/kitas/kita-ahorn/"])
def test_a_change_is_seen_at_once(client: Client, path: str) -> None:
    made = kita("Kita Ahorn")
    client.get(path)
    publish(made, 1)
    assert "1 freier Platz" in text(client.get(path)) or "1 Platz ab" in text(client.get(path))
    Facility.objects.filter(pk=made.pk).update(name="Kita Umbenannt")
    assert "Kita Umbenannt" in text(client.get(path))


def test_the_service_and_the_home_page_lead_there(client: Client) -> None:
    for path in ("/", "/leistungen/kita-platz/"):
        assert 'href="/kitas/"' in text(client.get(path))
    assert "kitas.stadt.wolfsburg.de" in text(client.get("/leistungen/kita-platz/"))
    assert 'href="/kitas/"' not in text(client.get("/leistungen/wohngeld/"))


def test_a_carrier_that_has_joined_is_told_of(client: Client) -> None:
    made = kita("Kita Ahorn")
    CarrierAgreement.objects.create(carrier=made.carrier, valid_from=today(), reference="V 1")
    assert "im gemeinsamen Verfahren der Stadt vergeben" in text(client.get("/kitas/kita-ahorn/"))
    minder = kita("Kindertagespflege Igel", kind="childminder")
    shown = text(client.get(minder.get_absolute_url()))
    assert "vermittelt die Stadt" in shown
    assert "Kostenbeitrag an die Stadt" in shown
    assert "beitragsfrei" not in shown


def test_german_words_on_an_english_page_are_marked(client: Client) -> None:
    kita("Kita Ahorn", description_de="Wir spielen.")
    assert 'lang="de"> Wir spielen.' in text(client.get("/en/kitas/kita-ahorn/"))


def test_how_many_fit_is_told_to_who_listens(client: Client) -> None:
    kita("Kita Ahorn")
    page = text(client.get("/kitas/"))
    assert '<p class="kern-sr-only" role="status" id="wie-viele"></p>' in page
    part = text(client.get("/kitas/?q=ahorn", headers={"HX-Request": "true"}))
    assert 'id="wie-viele" hx-swap-oob="true"> Eine Einrichtung passt' in part


def test_examples_are_marked_as_invented(client: Client) -> None:
    assert loading.load_examples() == 60
    assert Facility.objects.filter(is_example=True).count() == 60
    assert "sind erfunden" in text(client.get("/kitas/"))
    made = Facility.objects.published().first()
    assert made is not None
    assert "Diese Einrichtung ist erfunden" in text(client.get(made.get_absolute_url()))
    kinds = set(Facility.objects.values_list("kind", flat=True))
    assert kinds == {"kita", "childminder", "large_childminder"}
    # Loading again changes nothing.
    assert loading.load_examples() == 60
    assert loading.load_city() == 16


def test_part_of_the_page_for_htmx(client: Client) -> None:
    kita("Kita Ahorn")
    answer = client.get("/kitas/?q=ahorn", headers={"HX-Request": "true"})
    assert text(answer).startswith('<div id="ergebnisse"')
