"""Pages of the catalogue: what is shown, and how many questions the database is asked."""

from typing import Any

import pytest
from django.urls import reverse

from apps.catalogue.models import Fee, LifeSituation, Service
from apps.core.bilingual import localised
from apps.formbuilder.models import FormVersion

pytestmark = pytest.mark.django_db

PAGES = [
    "/leistungen/",
    "/leistungen/hundesteuer-anmelden/",
    "/lebenslagen/",
    "/leistungen/?q=hund",
    "/leistungen/?online=1",
]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def only(count: int) -> list[Service]:
    """Leave ``count`` services published."""
    kept = list(Service.objects.filter(slug__in=["wohngeld", "reisepass", "sperrmuell"])[:count])
    Service.objects.exclude(pk__in=[s.pk for s in kept]).update(published=False)
    return kept


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_pages_answer_in_both_languages(client: Any, prefix: str, path: str) -> None:
    answer = client.get(prefix + path)
    assert answer.status_code == 200
    assert f'<html lang="{"en" if prefix else "de"}"' in text(answer)


@pytest.mark.parametrize("path", ["/leistungen/gibt-es-nicht/", "/lebenslagen/gibt-es-nicht/"])
def test_what_does_not_exist_is_not_found(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404


def test_every_service_and_life_situation_has_a_page(client: Any) -> None:
    for thing in [*Service.objects.all(), *LifeSituation.objects.all()]:
        answer = client.get(thing.get_absolute_url())
        assert answer.status_code == 200, thing
        assert thing.name_de in text(answer).replace("&#x27;", "'").replace("&amp;", "&")


def test_service_that_is_not_published_has_no_page(client: Any) -> None:
    Service.objects.filter(slug="wohngeld").update(published=False)
    assert client.get("/leistungen/wohngeld/").status_code == 404
    assert "Wohngeld" not in text(client.get("/leistungen/?q=wohngeld")).replace('value="wohngeld"', "")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_only_read(client: Any, path: str) -> None:
    assert client.post(path).status_code == 405


def test_service_page_says_cost_duration_and_documents_before_the_way_to_begin(client: Any) -> None:
    page = text(client.get("/leistungen/hundesteuer-anmelden/"))
    service = Service.objects.get(slug="hundesteuer-anmelden")
    begin = page.index(reverse("applications:begin", args=[service.slug]))
    for said in (service.duration_de, *localised(service.documents)[:1], "96,00 €", "144,00 €", "168,00 €"):
        assert said in page, said
        assert page.index(said) < begin


def test_fee_that_nobody_knows_is_not_guessed(client: Any) -> None:
    Fee.objects.filter(service__slug="bewohnerparkausweis").update(amount=None)
    page = text(client.get("/leistungen/bewohnerparkausweis/"))
    assert "None" not in page
    assert "0,00 €" not in page


def test_service_without_a_form_offers_no_beginning(client: Any) -> None:
    page = text(client.get("/leistungen/wohngeld/"))
    assert "Jetzt beantragen" not in page
    assert FormVersion.objects.current("wohngeld") is None


def test_service_page_asks_at_most_five_questions(client: Any, django_assert_max_num_queries: Any) -> None:
    for slug in ("hundesteuer-anmelden", "reisepass", "wohngeld"):
        client.get(f"/leistungen/{slug}/")
        with django_assert_max_num_queries(5):
            assert client.get(f"/leistungen/{slug}/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_the_same_questions_for_one_row_and_for_three(
    client: Any, django_assert_num_queries: Any, count: int
) -> None:
    kept = only(count)
    with django_assert_num_queries(2):
        page = text(client.get("/leistungen/"))
    assert all(service.get_absolute_url() in page for service in kept)


@pytest.mark.parametrize("count", [1, 3])
def test_life_situations_ask_the_same_questions_for_one_row_and_for_three(
    client: Any, django_assert_num_queries: Any, count: int
) -> None:
    LifeSituation.objects.exclude(pk__in=list(LifeSituation.objects.values_list("pk", flat=True)[:count])).delete()
    with django_assert_num_queries(2):
        client.get("/lebenslagen/")


@pytest.mark.parametrize("count", [1, 3])
def test_life_situation_asks_the_same_questions_for_one_row_and_for_three(
    client: Any, django_assert_num_queries: Any, count: int
) -> None:
    situation = LifeSituation.objects.all()[0]
    situation.services.set(only(count))
    with django_assert_num_queries(3):
        client.get(situation.get_absolute_url())


def test_search_shows_the_best_first_and_what_was_typed(client: Any) -> None:
    page = text(client.get("/leistungen/", {"q": "hund anmelden"}))
    assert 'value="hund anmelden"' in page
    assert page.index("/leistungen/hundesteuer-anmelden/") < page.index("/leistungen/hunderegister/")


def test_search_that_finds_nothing_says_so_and_shows_a_way_on(client: Any) -> None:
    answer = client.get("/leistungen/", {"q": "xyzzyqwx"})
    page = text(answer)
    assert answer.status_code == 200
    assert "xyzzyqwx" in page
    assert "115" in page


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & | !(", "%00", "'", "\\", "x" * 5000]
)
def test_what_is_typed_is_shown_as_text(client: Any, typed: str) -> None:
    answer = client.get("/leistungen/", {"q": typed})
    assert answer.status_code == 200
    assert "<script>alert" not in text(answer)
    assert "<img src=x" not in text(answer)


def test_character_that_no_text_has_is_no_address(client: Any) -> None:
    assert client.get("/leistungen/", {"q": "hund\x00anmelden"}).status_code in (200, 404)


def test_search_can_be_narrowed_to_what_is_online(client: Any) -> None:
    page = text(client.get("/leistungen/", {"q": "hund", "online": "1"}))
    assert "/leistungen/hundesteuer-anmelden/" in page
    assert "/leistungen/hundesteuer-abmelden/" not in page


def test_fragment_is_only_the_results(client: Any) -> None:
    answer = client.get("/leistungen/", {"q": "hund"}, headers={"HX-Request": "true"})
    assert "/leistungen/hundesteuer-anmelden/" in text(answer)
    assert "<html" not in text(answer)
    whole = client.get("/leistungen/", {"q": "hund"}, headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert "<html" in text(whole)


def test_answer_that_may_be_a_fragment_says_so_to_caches(client: Any) -> None:
    assert "hx-request" in client.get("/leistungen/").get("Vary", "").lower()
