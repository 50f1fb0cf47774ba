"""Work or a mailed code before a hold, when traffic looks odd."""

import base64
import json
import logging
import re
from typing import Any

import altcha
import pytest
from django.test import RequestFactory

from apps.appointments.booking import proof
from apps.appointments.booking.models import Booking
from apps.core import limits
from apps.core.models import OutgoingEmail
from tests.appointments import setting
from tests.appointments.setting import many, racing
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def _odd(settings: Any) -> None:
    """Every attempt looks odd."""
    settings.APPOINTMENT_HOLDS_BEFORE_PROOF = 0
    settings.ALTCHA_COST = 1


def wanted(time: str = "09:00", **more: str) -> dict[str, str]:
    minutes = int(setting.at(time).timestamp() // 60)
    return {"leistung": "personalausweis", "personen": "1", "zeit": f"rathaus-b.{minutes}", **more}


def solved(challenge: dict[str, Any]) -> str:
    """What the widget sends."""
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    assert solution
    return str(altcha.Payload(made, solution).to_base64())


def challenge_of(page: str) -> dict[str, Any]:
    found = re.search(r'challenge="([^"]+)"', page)
    assert found
    return dict(json.loads(found[1].replace("&quot;", '"')))


def test_calm_traffic_asks_for_nothing(client: Any, settings: Any) -> None:
    settings.APPOINTMENT_HOLDS_BEFORE_PROOF = 2
    setting.office()
    assert client.post("/termine/halten/", wanted("09:00")).status_code == 302
    assert client.post("/termine/halten/", wanted("09:12")).status_code == 302
    answer = client.post("/termine/halten/", wanted("09:24"))
    assert answer.status_code == 428
    assert b"altcha-widget" in answer.content


def test_everybody_together_may_look_odd(client: Any, settings: Any) -> None:
    settings.APPOINTMENT_HOLDS_PER_MINUTE = 1
    setting.office()
    assert client.post("/termine/halten/", wanted("09:00"), REMOTE_ADDR="192.0.2.1").status_code == 302
    assert SecureClient().post("/termine/halten/", wanted("09:12"), REMOTE_ADDR="192.0.2.2").status_code == 428


@pytest.mark.usefixtures("_odd")
def test_work_opens_the_door_once_and_keeps_what_was_chosen(client: Any) -> None:
    setting.office()
    page = client.post("/termine/halten/", wanted()).content.decode()
    assert 'name="zeit"' in page
    work = solved(challenge_of(page))
    answer = client.post("/termine/halten/", wanted(altcha=work))
    assert answer.status_code == 302
    assert Booking.objects.count() == 1
    again = client.post("/termine/halten/", wanted("09:12", altcha=work))
    assert again.status_code == 428, "work counts once"


@pytest.mark.usefixtures("_odd")
@pytest.mark.parametrize("work", ["", "x", "e30=", "bnVsbA==", "W10=", "A" * 6000, "\x00", "ä"])
def test_no_work_is_no_work(client: Any, work: str) -> None:
    setting.office()
    assert client.post("/termine/halten/", wanted(altcha=work)).status_code == 428
    assert not Booking.objects.exists()


@pytest.mark.usefixtures("_odd")
def test_work_of_ones_own_making_is_none(client: Any) -> None:
    setting.office()
    forged = altcha.create_challenge(
        algorithm="PBKDF2/SHA-256", cost=1, counter=1, hmac_secret="guess", hmac_key_secret="guess"
    )
    assert not proof.holds(solved(forged.to_dict()))
    cheap = proof.challenge()
    cheap["parameters"]["keyPrefix"] = "00"
    payload = json.loads(base64.b64decode(solved(proof.challenge())))
    payload["challenge"]["parameters"]["cost"] = 0
    assert not proof.holds(base64.b64encode(json.dumps(payload).encode()).decode())


@pytest.mark.usefixtures("_odd")
def test_same_work_in_other_letters_is_the_same_work() -> None:
    work = solved(proof.challenge())
    assert proof.holds(work)
    other = base64.b64encode(json.dumps(json.loads(base64.b64decode(work)), indent=1).encode()).decode()
    assert not proof.holds(other)


@pytest.mark.usefixtures("_odd")
def test_mailed_code_does_without_javascript(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "security")
    setting.office()
    answer = client.post("/termine/vorab-code/", wanted(proof_email="zoe@example.org", next="/termine/halten/"))
    assert 'name="proof_code"' in answer.content.decode()
    code = re.search(r"[0-9]{6}", OutgoingEmail.objects.get(purpose="appointment_code").body)
    assert code
    wrong = f"{(int(code[0]) + 1) % 10**6:06d}"
    answer = client.post("/termine/halten/", wanted(proof_code=wrong))
    assert "passt nicht" in answer.content.decode()
    assert "event=code_failed network=127.0.0.0/24 purpose=hold" in caplog.text
    assert client.post("/termine/halten/", wanted(proof_code=code[0])).status_code == 302
    # Once.
    assert client.post("/termine/halten/", wanted("09:12", proof_code=code[0])).status_code == 428


@pytest.mark.usefixtures("_odd")
def test_code_is_guessed_five_times_at_most(client: Any) -> None:
    setting.office()
    client.post("/termine/vorab-code/", wanted(proof_email="zoe@example.org"))
    code = re.search(r"[0-9]{6}", OutgoingEmail.objects.get(purpose="appointment_code").body)
    assert code
    wrong = f"{(int(code[0]) + 1) % 10**6:06d}"
    for _ in range(5):
        client.post("/termine/halten/", wanted(proof_code=wrong))
    assert client.post("/termine/halten/", wanted(proof_code=code[0])).status_code == 428


@pytest.mark.usefixtures("_odd")
def test_address_that_is_none_is_said_and_the_form_goes_only_where_it_came_from(client: Any) -> None:
    setting.office()
    answer = client.post("/termine/vorab-code/", wanted(proof_email="zoe", next="https://evil.example/"))
    page = answer.content.decode()
    assert "nicht vollständig" in page
    assert "evil.example" not in page


@pytest.mark.usefixtures("_odd")
def test_who_is_signed_in_is_known(client: Any, aylin: Any) -> None:
    setting.office()
    client.as_(aylin)
    assert client.post("/termine/halten/", wanted()).status_code == 302


@pytest.mark.usefixtures("_odd")
def test_machines_get_the_same_work(client: Any) -> None:
    setting.office()
    data = {"services": ["personalausweis"], "office": "rathaus-b", "starts_at": setting.at("09:00").isoformat()}
    path = "/api/v1/appointments/holds"
    answer = client.post(path, data, content_type="application/json")
    assert answer.status_code == 428
    data["altcha"] = solved(answer.json()["challenge"])
    assert client.post(path, data, content_type="application/json").status_code == 201


@racing
def test_same_work_at_once_counts_once(django_db_serialized_rollback: Any, settings: Any) -> None:
    settings.ALTCHA_COST = 1
    work = solved(proof.challenge())
    assert many(lambda _n: proof.holds(work), 8).count(True) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
    ],
)
def test_a_connection_counts_as_one(one: str, other: str, same: bool) -> None:
    keys = {limits.client_key(RequestFactory().get("/", REMOTE_ADDR=address)) for address in (one, other)}
    assert (len(keys) == 1) == same
