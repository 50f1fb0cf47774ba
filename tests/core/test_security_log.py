"""The security log: every event one line, with ids and networks, never with what people are called or type."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings

from apps.accounts import factors
from apps.accounts.models import User
from apps.applications import drafts
from apps.core import limits, security_log
from apps.core.models import OutgoingEmail
from tests import factories
from tests.accounts.test_account import NEW, code_in, register, sign_in
from tests.conftest import SecureClient


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines so far, each as a dictionary."""
    caplog.set_level(logging.INFO, "security")

    def read(event: str = "") -> list[dict[str, str]]:
        found = [
            dict(pair.split("=", 1) for pair in r.getMessage().split()) for r in caplog.records if r.name == "security"
        ]
        return [line for line in found if not event or line["event"] == event]

    return read


def test_signing_in_well_and_badly(lines: Any, aylin: User) -> None:
    client = SecureClient(REMOTE_ADDR="203.0.113.77")
    client.post("/konto/login/", {"login": aylin.email, "password": "falsch falsch falsch"})
    client.post("/konto/login/", {"login": "fremd@example.org", "password": "falsch falsch falsch"})
    sign_in(client, aylin)
    client.post("/konto/logout/")
    network = "203.0.113.0/24"
    assert lines("sign_in_failed") == [
        {"event": "sign_in_failed", "person": str(aylin.pk), "network": network},
        {"event": "sign_in_failed", "network": network},
    ]
    assert lines("sign_in") == [{"event": "sign_in", "person": str(aylin.pk), "network": network, "method": "password"}]
    assert lines("sign_out") == [{"event": "sign_out", "person": str(aylin.pk), "network": network}]


def test_network_of_version_six_is_cut_too(lines: Any, aylin: User) -> None:
    sign_in(SecureClient(REMOTE_ADDR="2001:db8:abcd:12:1:2:3:4"), aylin)
    assert lines("sign_in")[0]["network"] == "2001:db8:abcd::/48"


def test_codes_factors_passwords_addresses(lines: Any, aylin: User, client: Any) -> None:
    register(client)
    assert lines("address_proved")
    client.post("/konto/password/change/", {"oldpassword": NEW["password1"], "password1": "ein neues langes Passwort",
                                            "password2": "ein neues langes Passwort"})  # fmt: skip
    assert len(lines("password_changed")) == 1
    client.post("/konto/email/", {"email": "zoe@example.org"})
    client.post("/konto/email/code/", {"code": "AAAA-AAAA"})
    assert lines("code_failed")[-1]["purpose"] == "address"
    client.post("/konto/email/code/", {"code": code_in(OutgoingEmail.objects.get(to_address="zoe@example.org"))})
    assert len(lines("address_changed")) == 1
    assert lines("sessions_ended")
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(aylin, secret)
    other = SecureClient()
    sign_in(other, aylin)
    other.post("/konto/sicherheit/authenticate/", {"code": "000000"})
    assert lines("factor_failed")[0] | {"person": "x"} == {
        "event": "factor_failed", "person": "x", "network": "127.0.0.0/24", "kind": "totp"}  # fmt: skip


def test_new_recovery_codes(lines: Any, aylin: User, client: Any, django_capture_on_commit_callbacks: Any) -> None:
    totp.TOTP.activate(aylin, totp.generate_totp_secret())
    client.as_(aylin)
    client.proved(aylin)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/konto/sicherheit/recovery-codes/generate/")
    assert [line["kind"] for line in lines("factor_added")] == ["recovery_codes"] * 2


def test_resets_and_roles(lines: Any, karla: User, aylin: User, client: Any) -> None:
    root = factories.staff("root@example.org", "Rosa", "Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    client.as_(User.objects.get(pk=root.pk))
    client.post(f"/verwaltung/accounts/user/{karla.pk}/tun/faktor/")
    assert lines("factor_reset")[0]["person"] == str(karla.pk)
    assert lines("factor_reset")[0]["by"] == str(root.pk)
    assert lines("setup_link_made")
    form = {"family_name": "Özdemir", "language": "de", "is_active": "on", "is_staff": "on",
            "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0, "memberships-0-role": "cdo", "memberships-0-user": aylin.pk}  # fmt: skip
    assert client.post(f"/verwaltung/accounts/user/{aylin.pk}/change/", form).status_code == 302
    assert {line["what"] for line in lines("role_changed")} == {"is_staff", "roles"}
    client.as_(aylin)
    link = factors.make_link(karla, by=None)
    assert link not in str(lines())


def test_refused_access_names_the_route_and_not_the_address(
    lines: Any, aylin: User, juergen: User, client: Any
) -> None:
    case = factories.parking_case(aylin)
    client.as_(juergen).get(f"/mein-bereich/vorgaenge/{case.reference}/")
    client.get("/verwaltung/")
    assert [line["route"] for line in lines("access_refused")] == ["portal:case", "admin:index"]
    assert all(line["person"] == str(juergen.pk) for line in lines("access_refused"))
    client.get("/gibt/es/nicht/")
    assert len(lines("access_refused")) == 2
    SecureClient(enforce_csrf_checks=True).post("/kontakt/", {})
    assert lines("access_refused")[-1]["why"] == "form_token"


def test_limit_is_noted_once_a_window(lines: Any, db: None) -> None:
    for _ in range(6):
        limits.within("testing", "somebody", limit=2, seconds=60)
    assert [line["limit"] for line in lines("limit_reached")] == ["testing"]


def test_closing_an_account(lines: Any, aylin: User, client: Any) -> None:
    client.as_(aylin).post("/konto/loeschen/")
    assert lines("account_closed")[0]["person"] == str(aylin.pk)


def test_no_line_names_anybody(lines: Any, client: Any, caplog: pytest.LogCaptureFixture, karla: User) -> None:
    names = {"family_name": "Unverwechselbarius", "given_name": "Zebedäa", "email": "unverwechselbar@example.org"}
    register(client, **names)
    client.post("/konto/login/", {"login": names["email"], "password": "geheimes Wort aus Versehen"})
    client.post("/konto/profil/", {"street": "Geheimstraße", "family_name": "Unverwechselbarius", "language": "de"})
    user = User.objects.get(email=names["email"])
    drafts.begin(factories.Service.objects.get(slug="hundesteuer-anmelden"), user=user, browser="")
    client.get("/verwaltung/vorgaenge/?q=Unverwechselbarius")
    text = caplog.text
    for word in (*names.values(), "Geheimstraße", "geheimes Wort"):
        assert word not in text


def test_unknown_event_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="unknown"):
        security_log.note("made_up")


def test_every_event_is_documented_and_no_other() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    table = page.split("## Security log")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == security_log.EVENTS
