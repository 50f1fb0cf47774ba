"""Who comes on a day, and what staff do with an appointment."""

from typing import Any

import pytest

from apps.appointments.booking import transitions
from apps.core.models import OutgoingEmail
from tests.appointments import setting
from tests.appointments.setting import confirmed, hold

pytestmark = pytest.mark.django_db

DAY = "/verwaltung/termine/"
BOOK = "/verwaltung/termine/buchen/"
WHO = {"name": "Mehmet Yıldız", "phone": "05361 1234", "email": "", "booked_by": "phone"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_day_lists_everybody_and_search_finds_all_days(clerk: Any, office: Any) -> None:
    booking = hold(office)
    transitions.confirm(booking, name=WHO["name"], phone=WHO["phone"])
    held = hold(office, "10:00")
    page = text(clerk.get(f"{DAY}?tag={setting.working_day()}"))
    assert WHO["name"] in page
    assert held.reference not in page
    for wanted in (booking.reference.replace("-", "").lower(), "yıldız", "05361 1234"):
        assert booking.reference in text(clerk.post(DAY, {"q": wanted})), wanted
    assert "Nichts gefunden." in text(clerk.post(DAY, {"q": "gibt es nicht"}))
    for odd in ({"tag": "x"}, {"tag": "9999-12-31"}, {"standort": "x"}, {"tag": "0001-01-01"}):
        assert clerk.get(DAY, odd).status_code == 200


def test_day_asks_the_same_number_of_queries(clerk: Any, office: Any, django_assert_num_queries: Any) -> None:
    url = f"{DAY}?tag={setting.working_day()}"
    confirmed(office, "09:00")
    clerk.get(url)
    with django_assert_num_queries(10):
        clerk.get(url)
    confirmed(office, "09:12"), confirmed(office, "09:24")
    with django_assert_num_queries(10):
        clerk.get(url)


def test_offices_of_others_are_not_there(client: Any, piotr: Any, office: Any) -> None:
    booking = confirmed(office)
    client.as_(piotr)
    for path in (DAY, BOOK, f"{DAY}{booking.pk}/", f"{DAY}{booking.pk}/zettel/", "/verwaltung/schalter/"):
        assert client.get(path).status_code == 404, path
    assert client.post(f"{DAY}{booking.pk}/", {"cancel": "1"}).status_code == 404


def test_cancelling_says_why(clerk: Any, office: Any) -> None:
    booking = confirmed(office)
    clerk.post(f"{DAY}{booking.pk}/", {"cancel": "1", "note": "Stromausfall."})
    assert "Stromausfall." in OutgoingEmail.objects.get(purpose="appointment_cancelled").body
    # Twice is once.
    assert "schneller" in text(clerk.post(f"{DAY}{booking.pk}/", {"cancel": "1", "note": ""}, follow=True))


def test_day_without_role_is_none(client: Any, aylin: Any, office: Any) -> None:
    assert client.as_(aylin).get(DAY).status_code == 404
