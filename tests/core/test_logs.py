"""What is logged of a request: its route, never its address, for addresses may hold mailed tokens."""

import logging
from typing import Any

import pytest

from apps.core.logs import LineFormatter, RouteInsteadOfAddress


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """What the console would show, as one text."""

    def read() -> str:
        shown = []
        for record in caplog.records:
            if RouteInsteadOfAddress().filter(record):
                shown.append(LineFormatter().format(record))
        return "\n".join(shown)

    caplog.set_level(logging.INFO)
    return read


SECRET = "eyJzZWNyZXQiOiJ0b2tlbiJ9:1abcde:verysecret"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"/kontakt/antwort/{SECRET}/", "contact:reply"),
        (f"/termine/link/{SECRET}/", "appointments:manage"),
        (f"/termine/warteliste/{SECRET}/", "appointments:wish"),
        (f"/termine/terminal/{SECRET}/", "appointments:terminal"),
        (f"/api/v1/appointments/bookings/{SECRET}", "api:booking"),
        (f"/termine/link/{SECRET}/\u201c", "no route"),
        (f"/termine/link/{SECRET}\u200b/", "appointments:manage"),
        (f"/gibt/es/nicht/{SECRET}/?name=Aylin", "no route"),
    ],
)
def test_refused_address_is_logged_by_its_route(client: Any, db: None, lines: Any, path: str, route: str) -> None:
    assert client.get(path).status_code in (404, 405, 410)
    assert route in lines()
    assert SECRET not in lines()
    assert "Aylin" not in lines()


def test_refused_form_is_logged_by_its_route(db: None, lines: Any) -> None:
    from tests.conftest import SecureClient

    assert SecureClient(enforce_csrf_checks=True).post(f"/kontakt/antwort/{SECRET}/", {}).status_code == 403
    assert "contact:reply" in lines()
    assert SECRET not in lines()


def test_handler_of_the_settings_uses_the_filter(settings: Any) -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["route"]
    # Only the root has a handler, so nothing goes out any other way.
    assert not [name for name, logger in settings.LOGGING["loggers"].items() if logger.get("handlers")]


def test_host_name_that_a_stranger_has_sent_is_not_logged(client: Any, db: None, lines: Any) -> None:
    assert client.get("/", headers={"Host": "unverwechselbar.example"}).status_code == 400
    assert "request refused: DisallowedHost" in lines()
    assert "unverwechselbar" not in lines()
