"""The report."""

from typing import Any

import pytest

from tests.appointments.setting import confirmed

pytestmark = pytest.mark.django_db

DAY = "/verwaltung/termine/"
BOOK = "/verwaltung/termine/buchen/"
WHO = {"name": "Mehmet Yıldız", "phone": "05361 1234", "email": "", "booked_by": "phone"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_figures_are_numbers_without_people(client: Any, samir: Any, office: Any) -> None:
    confirmed(office)
    page = text(client.as_(samir).get("/verwaltung/termine/zahlen/"))
    assert "Auslastung" in page
    assert "Zoë" not in page
    assert client.get(DAY).status_code == 404
    for odd in ("?tage=x", "?leistung=x", "?tage=7&leistung=personalausweis"):
        assert client.get(f"/verwaltung/termine/zahlen/{odd}").status_code == 200
