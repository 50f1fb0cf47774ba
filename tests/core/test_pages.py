"""Kept pages are never stale and never somebody else's."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Department
from apps.catalogue.models import Fee, Service
from apps.core.models import Banner

URL = "/leistungen/hundesteuer-anmelden/"


def test_second_visit_asks_one_question(client: Any, db: None) -> None:
    first = client.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        second = client.get(URL)
    assert len(asked) == 1
    assert first.content == second.content
    assert "Cookie" in second.headers["Vary"]


def test_any_change_shows_at_once(client: Any, db: None) -> None:
    client.get(URL)
    Service.objects.filter(slug="hundesteuer-anmelden").update(summary_de="Ganz neu gesagt.")
    assert "Ganz neu gesagt." in client.get(URL).content.decode()
    Department.objects.filter(slug="steuern").update(name_de="Steueramt Neu")
    assert "Steueramt Neu" in client.get(URL).content.decode()
    Fee.objects.filter(key="hundesteuer-anmelden-1").update(amount="97.00")
    assert "97,00" in client.get(URL).content.decode()
    Banner.objects.create(text_de="Das Telefon ist gestört.", text_en="The telephone is down.")
    assert "Das Telefon ist gestört." in client.get(URL).content.decode()


def test_languages_and_people_do_not_share_a_page(client: Any, aylin: Any) -> None:
    client.get(URL)
    assert 'lang="en"' in client.get(f"/en{URL}").content.decode()
    page = client.as_(aylin).get(URL).content.decode()
    assert "Mein Bereich" in page
    client.logout()
    assert "Abmelden" not in client.get(URL).content.decode()
