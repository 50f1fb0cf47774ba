"""With the keyboard only: no mouse, no touch."""

from typing import Any

import pytest

from tests.portal_process import Portal

# One portal for all journeys, hence one worker of pytest-xdist.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def tab_to(page: Any, what: str, most: int = 60) -> None:
    """Press Tab until something with this name, label or text has the focus."""
    script = """() => { const e = document.activeElement;
        return [e.name, e.id, e.value && e.type === 'radio' ? e.name + '=' + e.value : '', e.innerText].join('|') }"""
    for _ in range(most):
        page.keyboard.press("Tab")
        if what in page.evaluate(script):
            return
    raise AssertionError(f"{what} cannot be reached with the keyboard")


def test_message_is_sent_with_the_keyboard_only(person: Any, portal: Portal) -> None:
    someone = person(viewport={"width": 1280, "height": 900})
    page = someone.page
    page.goto("/kontakt/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "wp-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#inhalt"
    # An empty form says what is missing, and the focus is on that list.
    tab_to(page, "Nachricht senden")
    page.keyboard.press("Enter")
    page.locator("#fehler:focus").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name || location.hash") in ("family_name", "#id_family_name")
    for field, text in (("family_name", "Özil"), ("email", "ozil@example.org"), ("concern", "Geht das ohne Maus?")):
        tab_to(page, field)
        page.keyboard.type(text)
    tab_to(page, "Nachricht senden")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gesendet/")


def test_step_is_filled_in_with_the_keyboard_only_and_the_trap_is_not_met(person: Any, portal: Portal) -> None:
    someone = person()
    page = someone.page
    page.goto("/antraege/antrag/haltverbotszone-umzug/")
    tab_to(page, "Beginnen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/schritt/person/")
    tab_to(page, "applicant_kind=")
    page.keyboard.press("Space")
    page.locator("[name=birth_date]").wait_for()
    person_fields = {
        "family_name": "Çelik", "birth_date": "01.02.1970", "street": "Goethestraße", "house_number": "3",
        "postcode": "38440", "city": "Wolfsburg",
    }  # fmt: skip
    for field, text in person_fields.items():
        tab_to(page, field)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/schritt/place/")
    tab_to(page, "side=")
    page.keyboard.press("ArrowDown")
    assert page.locator("[name=side]:checked").count() == 1
