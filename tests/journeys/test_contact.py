"""A message to #WolfsburgDigital, answered and replied to."""

from typing import Any

import pytest

from tests.journeys.browsing import shows
from tests.journeys.people import KARLA
from tests.portal_process import Portal

# One portal for all journeys, hence one worker of pytest-xdist.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

EMAIL = "marta@example.org"


def test_message_is_answered_by_mail_and_replied_to_behind_the_link(person: Any, portal: Portal) -> None:
    sender = person()
    page = sender.page
    page.goto("/kontakt/")
    sender.press("Nachricht senden")
    shows(page, "Ihr Name fehlt")
    assert page.title().startswith("Fehler:")
    page.fill("[name=given_name]", "Márta")
    page.fill("[name=family_name]", "Ő")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=concern]", "Wann kommt das WLAN in der Nordstadt?")
    # In the other language and back: nothing that was typed is lost.
    for language in ("English", "Deutsch"):
        page.get_by_role("link", name=language).click()
        page.wait_for_url("**/en/kontakt/" if language == "English" else "**:*/kontakt/")
        assert page.input_value("[name=family_name]") == "Ő"
        assert page.input_value("[name=concern]") == "Wann kommt das WLAN in der Nordstadt?"
    assert page.evaluate("sessionStorage.getItem('typed')") is None
    sender.press("Nachricht senden")
    page.wait_for_url("**/gesendet/")
    reference = page.locator(".wp-number").inner_text()
    confirmation = portal.wait_for_mail(EMAIL, reference)
    assert "WLAN" not in confirmation

    clerk = person(viewport={"width": 1280, "height": 900})
    clerk.sign_in(KARLA)
    clerk.page.goto("/verwaltung/vorgaenge/?liste=unassigned&art=contact")
    clerk.page.get_by_role("link", name=reference).click()
    clerk.press("Antworten")
    clerk.page.fill("[name=body]", "Im Frühjahr, an drei Plätzen.")
    clerk.press("Antwort senden")
    shows(clerk.page, "Beantwortet")

    mail = portal.wait_for_mail(EMAIL, "Im Frühjahr, an drei Plätzen.")
    page.goto(portal.link(mail))
    shows(page, "Im Frühjahr, an drei Plätzen.")
    page.fill("[name=body]", "Danke! Auch am Schillerteich?")
    sender.press("Antwort senden")
    shows(page, "Danke, Ihre Nachricht ist da.")

    clerk.page.goto("/verwaltung/vorgaenge/?liste=came_back")
    clerk.page.get_by_role("link", name=reference).click()
    shows(clerk.page, "Auch am Schillerteich?")
