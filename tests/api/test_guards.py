"""What every request to the API passes."""

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from rest_framework.throttling import AnonRateThrottle

from apps.api import guards


def test_claimed_address_buys_no_further_requests(client: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "3/minute"})
    answers = [
        client.get("/api/v1/services/", headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(5)
    ]
    assert answers == [200, 200, 200, 429, 429]


@override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_behind_a_proxy_only_what_it_adds_counts(client: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "2/minute"})

    def ask(claimed: str, real: str) -> int:
        return int(client.get("/api/v1/services/", headers={"X-Forwarded-For": f"{claimed}, {real}"}).status_code)

    assert [ask(f"198.51.100.{n}", "203.0.113.5") for n in range(3)] == [200, 200, 429]
    assert ask("198.51.100.1", "203.0.113.6") == 200


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000])
def test_deeply_nested_json_is_refused_in_words(
    client: Any, db: None, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "MOST_BODY_BYTES", 1024 * 1024)
    answer = client.post("/api/v1/appointments/holds", body, content_type="application/json")
    assert answer.status_code == 400
    assert "detail" in answer.json()


def test_body_longer_than_any_is_refused_unread(client: Any, db: None) -> None:
    answer = client.post("/api/v1/appointments/holds", b" " * 17_000, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json() == {"detail": "the body is too long"}


@pytest.mark.parametrize("member", ["!", "", []])
def test_list_that_is_too_long_is_refused_once_and_not_for_each_member(client: Any, db: None, member: Any) -> None:
    asked = {"services": [member] * 2000, "persons": 1, "office": "x", "starts_at": "2026-12-01T10:00:00Z"}
    answer = client.post("/api/v1/appointments/holds", asked, content_type="application/json")
    assert answer.status_code == 400
    assert len(answer.json()["services"]) == 1


def test_deeply_nested_json_in_a_form_is_refused(client: Any, db: None) -> None:
    client.raise_request_exception = False
    answer = client.post("/konto/sicherheit/webauthn/login/", {"credential": "[" * 100_000})
    assert answer.status_code in (200, 302, 400, 422)


FIRST_COMERS = """
import threading
import django

django.setup()
from django.test import Client, override_settings

start, stati = threading.Barrier(8), []

def ask() -> None:
    client = Client(raise_request_exception=False)
    start.wait()
    answer = client.get("/api/v1/openapi.json", secure=True)
    stati.append((answer.status_code, hash(answer.content)))

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(stati) == 8 and {status for status, _ in stati} == {200} and len(set(stati)) == 1, stati
"""


def test_many_who_ask_a_new_process_for_the_description_all_get_it() -> None:
    subprocess.run([sys.executable, "-c", FIRST_COMERS], check=True, timeout=120, cwd=settings.BASE_DIR)


@pytest.mark.parametrize(
    "query", ["lang=../../x", "lang=" + "a" * 5000, "version=%0d%0aX-A:b", "version=%C3%A4", "format=yaml"]
)
def test_description_is_the_same_whatever_is_asked_with_it(client: Any, db: None, query: str) -> None:
    plain = client.get("/api/v1/openapi.json")
    answer = client.get(f"/api/v1/openapi.json?{query}")
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or answer.content == plain.content
