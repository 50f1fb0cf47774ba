"""Answers of passkeys in every wrong shape: a sentence each, a line in the security log, never an error page."""

import base64
import json
import logging
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp

from apps.accounts.models import User
from tests import factories
from tests.conftest import SecureClient


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def answer(**parts: object) -> dict[str, object]:
    """What a browser sends, with parts exchanged."""
    return {"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"clientDataJSON": "YQ", **parts}}


CLIENT = packed(json.dumps({"type": "webauthn.get", "challenge": "YQ", "origin": "https://testserver"}))
MALFORMED: list[object] = [
    1, None, [], "x", {}, {"id": "!!"}, {"id": 1, "rawId": 2, "type": 3, "response": 4},
    answer() | {"response": []}, answer() | {"response": {}}, answer() | {"rawId": "!!!"}, answer() | {"id": "ä"},
    answer(attestationObject="YQ", authenticatorData="YQ", signature="YQ", userHandle="YQ"),
    answer(clientDataJSON=packed("{}"), attestationObject="oA"), answer(clientDataJSON=packed("[]"), attestationObject="oA"),
    answer(clientDataJSON=None, attestationObject=None, authenticatorData=None, signature=None),
    answer(clientDataJSON="ä", attestationObject="ä", authenticatorData="ä", signature="ä"),
    *[answer(clientDataJSON=CLIENT, authenticatorData=packed("x" * length), signature="YQ", userHandle=handle,
             attestationObject="oA") for length in (1, 37) for handle in ("MQ", None, "_____w", 5)],
]  # fmt: skip
LOGIN = "/konto/sicherheit/webauthn/login/"


@pytest.fixture
def at(karla: User, client: Any) -> Any:
    """A browser that stands before the page where the passkey is asked for."""

    def stand(path: str) -> SecureClient:
        client.raise_request_exception = False
        if path == "/konto/sicherheit/authenticate/":
            totp.TOTP.activate(karla, totp.generate_totp_secret())
            client.post("/konto/login/", {"login": karla.email, "password": factories.PASSWORD})
        elif path != LOGIN:
            client.as_(karla)
            client.proved(karla)
        client.get(path)
        return client

    return stand


@pytest.mark.parametrize("credential", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize(
    "path",
    [LOGIN, "/konto/sicherheit/authenticate/", "/konto/sicherheit/webauthn/add/",
     "/konto/sicherheit/webauthn/reauthenticate/"],
)  # fmt: skip
def test_malformed_passkey_is_refused(at: Any, path: str, credential: object) -> None:
    answered = at(path).post(path, {"name": "Schlüssel", "credential": json.dumps(credential)})
    assert answered.status_code < 500
    assert answered.get("Location", path).startswith("/konto/")


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 100_000, '{"a":' * 50_000, "{", "NaN", "\ud800"], ids=range(6))
@pytest.mark.parametrize("path", [LOGIN, "/konto/sicherheit/webauthn/add/"])
def test_what_is_no_json_is_refused(at: Any, path: str, text: str) -> None:
    assert at(path).post(path, {"name": "Schlüssel", "credential": text.encode("utf-8", "replace")}).status_code < 500


def test_failed_passkey_is_noted(at: Any, karla: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "security")
    path = "/konto/sicherheit/authenticate/"
    at(path).post(path, {"credential": json.dumps(MALFORMED[-1])})
    assert f"event=factor_failed person={karla.pk} network=127.0.0.0/24 kind=webauthn" in caplog.text
    caplog.clear()
    # Who it is, an answer without a session only claims.
    SecureClient().post(LOGIN, {"credential": json.dumps(MALFORMED[-1])})
    assert "event=factor_failed network=127.0.0.0/24 kind=webauthn" in caplog.text
