"""Booking, moving and cancelling in a browser: telephone and desktop, without JavaScript, with the keyboard only."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.browsing import follow, shows
from tests.journeys.test_keyboard import tab_to
from tests.portal_process import Portal

# One portal for all journeys, hence one worker of pytest-xdist.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

DESKTOP = {"width": 1280, "height": 900}


def choose(page: Any, *services: str, persons: str = "1") -> None:
    """From the home page to the free times."""
    page.goto("/")
    follow(page.get_by_role("link", name="Termin buchen", exact=True).first)
    for service in services:
        page.check(f"[name=leistung][value={service}]")
    page.fill("[name=personen]", persons)
    follow(page.get_by_role("button", name="Freie Zeiten zeigen"))


def take(page: Any, day: int, time: int) -> str:
    """Take a time of a free day; returns what the button said."""
    follow(page.locator(".wp-month a").nth(day)) if day else None
    button = page.locator("#zeiten .wp-time").nth(time)
    said = str(button.inner_text())
    follow(button)
    return said


@pytest.mark.parametrize(
    ("javascript", "viewport", "email"),
    [(True, None, "tel"), (False, None, "nojs"), (True, DESKTOP, "desk")],
    ids=["telephone", "without-javascript", "desktop"],
)
def test_appointment_is_booked_moved_and_cancelled(
    person: Any, portal: Portal, javascript: bool, viewport: Any, email: str
) -> None:
    address = f"termin-{email}@example.org"
    options = {"java_script_enabled": javascript} | ({"viewport": viewport} if viewport else {})
    citizen = person(**options)
    page = citizen.page
    choose(page, "personalausweis", "wohnsitz-ummelden", persons="2")
    shows(page, "Nächste freie Zeit")
    said = take(page, 4, 3)
    shows(page, said)
    page.fill("[name=name]", "Zoë D’Angelo")
    page.fill("[name=email]", address)
    follow(page.get_by_role("button", name="Weiter"))
    mail = portal.wait_for_mail(address, "bestaetigen")
    code = re.search(r"\b[0-9]{6}\b", mail)
    assert code
    page.fill("[name=code]", code[0])
    follow(page.get_by_role("button", name="Termin bestätigen"))
    shows(page, "Ihr Termin steht.")
    number = page.locator(".wp-number").first.inner_text()
    assert page.request.get(page.get_by_role("link", name="In den Kalender (ICS)").get_attribute("href")).ok

    # On another day, in another browser, with the link from the mail alone: moved, then cancelled.
    other = person(**options)
    page = other.page
    page.goto(portal.link(portal.wait_for_mail(address, number)))
    follow(page.get_by_role("link", name="Verschieben"))
    shows(page, "bleibt bestehen")
    take(page, 6, 1)
    follow(page.get_by_role("button", name="Termin verschieben"))
    shows(page, "Ihr Termin steht.")
    moved = portal.wait_for_mail(address, "verschoben")
    page.goto(portal.link(moved))
    page.locator("summary", has_text="Termin absagen").click()
    follow(page.get_by_role("button", name="Ja, Termin absagen"))
    shows(page, "Dieser Termin ist abgesagt.")
    portal.wait_for_mail(address, "dieser Termin ist abgesagt")


def test_last_seat_goes_while_two_look_at_it(person: Any, portal: Portal) -> None:
    """Both see the time; the slower one is told, and is shown what is near."""
    first, second = person().page, person(viewport=DESKTOP).page
    query = "/termine/zeiten/?leistung=wohnsitz-anmelden&personen=5&standort=fallersleben"
    for page in (first, second):
        page.goto(query)
    value = first.locator("#zeiten .wp-time").first.get_attribute("value")
    # Two public counters: two people take them.
    follow(first.locator("#zeiten .wp-time").first)
    third = person().page
    third.goto(query)
    follow(third.locator(f"#zeiten .wp-time[value='{value}']"))
    follow(second.locator(f"#zeiten .wp-time[value='{value}']"))
    expect(second.locator("body")).to_contain_text("gerade vergeben worden")
    shows(second, "Am nächsten an Ihrer Zeit")
    follow(second.locator(".wp-todo .wp-time").first)
    shows(second, "Wer kommt?")


def test_appointment_is_booked_with_the_keyboard_only(person: Any, portal: Portal) -> None:
    citizen = person(viewport=DESKTOP)
    page = citizen.page
    citizen.sign_in("juergen@example.org")
    page.goto("/termine/")
    tab_to(page, "id_leistung_0")
    page.keyboard.press("Space")
    tab_to(page, "Freie Zeiten zeigen")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "Uhr")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "Weiter")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shows(page, "Ihr Termin steht.")
    page.goto("/mein-bereich/")
    shows(page, "Ihre Termine")
