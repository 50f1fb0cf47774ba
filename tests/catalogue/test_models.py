"""Fees with the day from which they hold; texts in two languages; services as pages need them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import translation

from apps.catalogue.models import Fee, LifeSituation, Office, Service
from apps.core.bilingual import localised

pytestmark = pytest.mark.django_db


@pytest.fixture
def wohngeld() -> Service:
    service = Service.objects.get(slug="wohngeld")
    assert not service.fees.exists()
    return service


def fee(service: Service, amount: str | None, since: str, key: str = "gebuehr") -> Fee:
    return Fee.objects.create(
        service=service, key=key, label_de="Gebühr", label_en="Fee", valid_from=dt.date.fromisoformat(since),
        amount=Decimal(amount) if amount is not None else None,
    )  # fmt: skip


def in_force(service: Service, day: str) -> dict[str, Decimal | None]:
    return {f.key: f.amount for f in Fee.objects.valid_on(dt.date.fromisoformat(day)).filter(service=service)}


def test_fee_holds_from_its_day_until_the_next_one_begins(wohngeld: Service) -> None:
    fee(wohngeld, "10.00", "2026-01-01")
    fee(wohngeld, "12.50", "2027-07-01")
    days = ["2025-12-31", "2026-01-01", "2027-06-30", "2027-07-01", "2040-01-01"]
    assert [in_force(wohngeld, day).get("gebuehr") for day in days] == [
        None, Decimal("10.00"), Decimal("10.00"), Decimal("12.50"), Decimal("12.50"),
    ]  # fmt: skip
    assert in_force(wohngeld, "2025-12-31") == {}


def test_each_key_has_its_own_time(wohngeld: Service) -> None:
    fee(wohngeld, "10.00", "2026-01-01", "einfach")
    fee(wohngeld, "20.00", "2026-06-01", "eilig")
    fee(wohngeld, "11.00", "2026-06-01", "einfach")
    assert in_force(wohngeld, "2026-03-01") == {"einfach": Decimal("10.00")}
    assert in_force(wohngeld, "2026-06-01") == {"einfach": Decimal("11.00"), "eilig": Decimal("20.00")}


def test_fee_that_becomes_unknown_hides_the_old_amount(wohngeld: Service) -> None:
    fee(wohngeld, "10.00", "2026-01-01")
    fee(wohngeld, None, "2027-01-01")
    assert in_force(wohngeld, "2027-01-01") == {"gebuehr": None}


def test_two_fees_of_one_key_and_day_are_refused(wohngeld: Service) -> None:
    fee(wohngeld, "10.00", "2026-01-01")
    with pytest.raises(IntegrityError, match="fee_key_from_unique"):
        fee(wohngeld, "11.00", "2026-01-01")


def test_fee_below_zero_is_refused(wohngeld: Service) -> None:
    assert fee(wohngeld, "0.00", "2026-01-01").amount == 0
    with pytest.raises(IntegrityError, match="fee_not_negative"):
        fee(wohngeld, "-0.01", "2027-01-01")


def test_dog_tax_has_the_rates_of_the_city() -> None:
    rates = [
        in_force(Service.objects.get(slug="hundesteuer-anmelden"), "2026-11-22")[f"hundesteuer-anmelden-{i}"]
        for i in (1, 2, 3)
    ]
    assert rates == [Decimal("96.00"), Decimal("144.00"), Decimal("168.00")]


def test_page_has_only_the_fees_of_today(wohngeld: Service) -> None:
    fee(wohngeld, "10.00", "2020-01-01")
    current = fee(wohngeld, "11.00", "2021-01-01")
    fee(wohngeld, "12.00", "2999-01-01")
    page: Any = Service.objects.for_page().get(slug="wohngeld")
    assert page.current_fees == [current]


def test_page_is_read_in_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):
        for service in Service.objects.for_page():
            _ = service.department.name, list(service.offices.all()), list(service.current_fees)  # type: ignore[attr-defined]


def test_unpublished_service_is_not_among_the_published() -> None:
    Service.objects.filter(slug="wohngeld").update(published=False)
    slugs = set(Service.objects.published().values_list("slug", flat=True))
    assert "wohngeld" not in slugs
    assert len(slugs) == Service.objects.count() - 1


def test_texts_come_in_the_language_of_the_reader_and_german_is_better_than_none(wohngeld: Service) -> None:
    wohngeld.name_en, wohngeld.deadline_de, wohngeld.deadline_en = "Housing benefit", "Bis Ende März", ""
    wohngeld.documents = [{"de": "Mietvertrag", "en": "Tenancy agreement"}, {"de": "Einkommensnachweis", "en": ""}]
    with translation.override("de"):
        assert (str(wohngeld), localised(wohngeld.documents)) == (
            wohngeld.name_de,
            ["Mietvertrag", "Einkommensnachweis"],
        )
    with translation.override("en"):
        assert str(wohngeld) == "Housing benefit"
        assert wohngeld.deadline == "Bis Ende März"
        assert localised(wohngeld.documents) == ["Tenancy agreement", "Einkommensnachweis"]


def test_long_texts_are_cut_into_paragraphs_and_lines() -> None:
    service = Service(description_de="Eins.\n\n  Zwei.\n\n\n\n", easy_language="Satz eins.\n\nSatz zwei.\n")
    assert service.description_paragraphs == ["Eins.", "Zwei."]
    assert service.easy_language_lines == ["Satz eins.", "Satz zwei."]


def test_every_service_of_the_city_is_complete_in_both_languages() -> None:
    for service in Service.objects.all():
        for stem in ("name", "summary", "description", "cost", "duration", "privacy"):
            for language in ("de", "en"):
                assert getattr(service, f"{stem}_{language}").strip(), (service.slug, stem, language)
        for field in ("requirements", "documents", "steps"):
            assert all(item["de"] and item["en"] for item in getattr(service, field)), (service.slug, field)
        assert service.words_de
        assert service.words_en


def test_online_service_has_a_form_or_an_address() -> None:
    from apps.formbuilder.models import FormVersion

    for service in Service.objects.filter(online="form"):
        assert FormVersion.objects.current(service.slug) is not None
        assert service.processing_working_days
    for service in Service.objects.filter(online="external"):
        assert service.online_url.startswith("https://")


def test_loading_the_catalogue_again_changes_nothing() -> None:
    from django.core.management import call_command

    def counts() -> list[int]:
        return [model.objects.count() for model in (Service, Fee, Office, LifeSituation)]

    before = counts()
    call_command("load_catalogue", verbosity=0)
    assert counts() == before
