"""Staff set up their second factor from a link and come in with it: a passkey, and an authenticator app."""

import re
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal import auth as totp

from tests.journeys.test_appointments import DESKTOP
from tests.portal_process import Portal
from wolfsburg_portal.engines import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
PASSWORD = "Laubfrosch spielt Cembalo"


def app_code(secret: str) -> str:
    """What an authenticator app shows, as long as there is time enough to type it."""
    if time.time() % 30 > 20:
        time.sleep(30 - time.time() % 30)
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


def printed_link(portal: Portal, address: str) -> str:
    """The path that ``manage.py create_administrator`` prints."""
    said = subprocess.run(
        [sys.executable, "manage.py", "create_administrator", address], cwd=ROOT, env=portal.environment, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    (link,) = re.findall(r"https?://\S+", said)
    return urlsplit(str(link)).path


def new_password(page: Any) -> None:
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    page.get_by_role("button", name="Passwort festlegen und weiter").click()
    page.wait_for_url("**/konto/sicherheit/")


def test_administrator_sets_up_a_passkey_and_comes_in_with_nothing_else(person: Any, wary: Portal) -> None:
    # A passkey belongs to a name; an address of numbers is none.
    rosa = person(base_url=wary.url.replace("127.0.0.1", "localhost"), viewport=DESKTOP)
    page = rosa.page
    device = rosa.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})  # fmt: skip
    link = printed_link(wary, "rosa@wolfsburg.example")
    page.goto(link)
    new_password(page)
    # Not before there is a factor.
    page.goto("/verwaltung/")
    assert "/verwaltung/" not in page.url
    page.goto("/konto/sicherheit/webauthn/add/")
    page.get_by_label("Auch ohne Passwort anmelden").check()
    rosa.press("Hinzufügen")
    page.wait_for_url(lambda url: "/add/" not in url)
    page.goto("/verwaltung/")
    assert page.url.endswith("/verwaltung/")
    # The link is used up.
    page.goto(link)
    assert "Passwort festlegen" not in page.inner_text("main")
    rosa.press("Abmelden")
    page.goto("/verwaltung/")
    rosa.press("Mit einem Passkey anmelden")
    page.wait_for_url("**/verwaltung/")


def test_clerk_sets_up_an_app_and_needs_password_and_code(person: Any, wary: Portal) -> None:
    karl = person(base_url=wary.url, viewport=DESKTOP)
    page = karl.page
    page.goto(printed_link(wary, "karl@wolfsburg.example"))
    new_password(page)
    page.goto("/konto/sicherheit/totp/activate/")
    secret = page.locator("#authenticator_secret").input_value()
    page.fill("[name=code]", app_code(secret))
    karl.press("Aktivieren")
    page.wait_for_url(lambda url: "/activate/" not in url)
    page.goto("/verwaltung/")
    assert page.url.endswith("/verwaltung/")
    karl.press("Abmelden")
    page.goto("/verwaltung/")
    page.fill("[name=login]", "karl@wolfsburg.example")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/authenticate/**")
    page.fill("[name=code]", app_code(secret))
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/verwaltung/")
