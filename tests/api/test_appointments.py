"""Appointments over the API: search, hold, confirm by the mailed code, cancel."""

import datetime as dt
import re
import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.appointments.booking.models import Booking
from apps.appointments.booking.states import BookingStatus
from apps.core.models import OutgoingEmail
from tests.appointments import setting
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db

BASE = "/api/v1/appointments"
WHO = {"name": "Zoë D’Angelo", "email": "zoe@example.org"}


@pytest.fixture
def office() -> Any:
    return setting.office()


def wanted(time: str = "09:00", **more: Any) -> dict[str, Any]:
    return {"services": ["personalausweis"], "office": "rathaus-b", "starts_at": setting.at(time).isoformat(), **more}


def post(client: Any, path: str, data: Any, **headers: str) -> Any:
    return client.post(f"{BASE}/{path}", data, content_type="application/json", headers=headers)


def held(client: Any, time: str = "09:00") -> dict[str, Any]:
    answer = post(client, "holds", wanted(time))
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def mailed_code() -> str:
    found = re.search(
        r"\b[0-9]{6}\b", OutgoingEmail.objects.filter(purpose="appointment_confirm").latest("created_at").body
    )
    assert found
    return found[0]


def confirmed(client: Any, time: str = "09:00") -> str:
    token = held(client, time)["token"]
    assert post(client, f"holds/{token}/confirm", WHO).status_code == 202
    answer = post(client, f"holds/{token}/confirm", {"code": mailed_code()})
    assert answer.status_code == 200
    return str(answer.json()["token"])


def test_services_say_how_long_they_take(client: Any, office: Any) -> None:
    [service] = client.get(f"{BASE}/services").json()
    assert (service["slug"], service["minutes"]) == ("personalausweis", 12)


def test_slots_are_those_of_the_pages(client: Any, office: Any) -> None:
    day = setting.working_day().isoformat()
    query = {"service": "personalausweis", "office": "rathaus-b", "from": day, "to": day}
    slots = client.get(f"{BASE}/slots", query).json()["slots"]
    assert len(slots) == 20
    page = client.get("/termine/zeiten/", {"leistung": "personalausweis", "personen": 1, "tag": day}).content.decode()
    assert page.split('id="zeiten"')[1].count('name="zeit"') == 20
    held(client)
    assert len(client.get(f"{BASE}/slots", query).json()["slots"]) == 19


def test_hold_confirm_cancel(client: Any, office: Any) -> None:
    token = confirmed(client)
    booking = Booking.objects.get()
    assert (booking.status, booking.name, booking.booked_by) == (BookingStatus.CONFIRMED, WHO["name"], "api")
    assert client.delete(f"{BASE}/bookings/{token}").status_code == 204
    assert client.delete(f"{BASE}/bookings/{token}").status_code == 409
    assert client.delete(f"{BASE}/bookings/{token}x").status_code == 404


def test_confirm_needs_the_mailed_code(client: Any, office: Any) -> None:
    token = held(client)["token"]
    assert post(client, f"holds/{token}/confirm", {"code": "123456"}).status_code == 400
    assert post(client, f"holds/{token}/confirm", WHO).status_code == 202
    wrong = "000000" if mailed_code() != "000000" else "1"
    assert "4 tries left" in post(client, f"holds/{token}/confirm", {"code": wrong}).content.decode()
    assert Booking.objects.get().status == BookingStatus.RESERVED


def test_taken_time_names_the_nearest(client: Any, office: Any) -> None:
    held(client)
    answer = post(client, "holds", wanted())
    assert answer.status_code == 409
    assert answer.json()["detail"] == "taken"
    nearest = {dt.datetime.fromisoformat(s["starts_at"]) for s in answer.json()["nearest"]}
    assert {setting.at("08:48"), setting.at("09:12")} <= nearest


def test_time_outside_the_rules_is_not_offered(client: Any, office: Any) -> None:
    answer = post(client, "holds", wanted("07:00"))
    assert (answer.status_code, answer.json()["detail"]) == (409, "not offered")


def test_lapsed_hold_is_gone(client: Any, office: Any) -> None:
    token = held(client)["token"]
    Booking.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert post(client, f"holds/{token}/confirm", WHO).status_code == 410


def test_same_key_holds_once(client: Any, office: Any) -> None:
    first = post(client, "holds", wanted(), **{"Idempotency-Key": "a"}).json()
    again = post(client, "holds", wanted(), **{"Idempotency-Key": "a"})
    assert again.status_code == 201
    assert again.json()["reference"] == first["reference"]
    assert Booking.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_same_key_at_once_holds_once(django_db_serialized_rollback: Any) -> None:
    setting.office(counters=5)
    found: list[str] = []

    def work() -> None:
        try:
            answer = post(SecureClient(), "holds", wanted(), **{"Idempotency-Key": "a"})
            found.append(answer.json()["reference"])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert Booking.objects.count() == 1


def test_same_key_for_something_else_is_something_else(client: Any, office: Any) -> None:
    first = post(client, "holds", wanted(), **{"Idempotency-Key": "a"}).json()
    other = post(client, "holds", wanted("10:00"), **{"Idempotency-Key": "a"})
    assert other.json()["reference"] != first["reference"]


def test_token_is_given_to_the_code_only(client: Any, office: Any) -> None:
    token = held(client)["token"]
    post(client, f"holds/{token}/confirm", WHO)
    code = mailed_code()
    first = post(client, f"holds/{token}/confirm", {"code": code}).json()
    assert post(client, f"holds/{token}/confirm", WHO).json()["token"] is None
    # A lost answer is asked for again.
    again = post(client, f"holds/{token}/confirm", {"code": code}).json()
    # The moment of signing is part of a token.
    assert again["token"].split(":")[0] == first["token"].split(":")[0]


def test_holds_have_a_limit(client: Any, office: Any, settings: Any) -> None:
    settings.APPOINTMENT_HOLDS_PER_HOUR = 1
    held(client)
    assert post(client, "holds", wanted("10:00")).status_code == 429


@pytest.mark.parametrize(
    "data",
    [
        {}, {"services": []}, wanted(services=["x"]), wanted(services="x"), wanted(office="mond"), wanted(office={"a": 1}),
        wanted(office="a\x00"), wanted(starts_at="morgen"), wanted(starts_at="9999-12-31T23:59:59Z", persons=0),
        wanted(persons=6), wanted(persons="²"), wanted(language="fr"), [], "x", None, 1,
    ],
)  # fmt: skip
def test_request_that_does_not_hold_is_said(client: Any, office: Any, data: Any) -> None:
    answer = post(client, "holds", data)
    assert answer.status_code == 400, answer.content
    assert not Booking.objects.exists()


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9000-12-31T23:59:59Z", "2026-11-23T09:00:00.000001Z"])
def test_odd_moments_are_not_offered(client: Any, office: Any, when: str) -> None:
    assert post(client, "holds", wanted(starts_at=when)).status_code == 409


@pytest.mark.parametrize(
    "query", ["", "service=x", "service=personalausweis&persons=0", "service=personalausweis&from=31.02.2026",
              "service=personalausweis&office=mond", "service=a%00b"],
)  # fmt: skip
def test_slots_say_what_is_wrong(client: Any, office: Any, query: str) -> None:
    assert client.get(f"{BASE}/slots?{query}").status_code == 400


@pytest.mark.parametrize("first", ["9999-12-31", "9999-12-01", "0001-01-01"])
def test_days_far_away_are_empty_and_no_fault(client: Any, office: Any, first: str) -> None:
    answer = client.get(f"{BASE}/slots", {"service": "personalausweis", "from": first})
    assert answer.status_code == 200
