"""A parent looks for a Kita, and the office and a head keep theirs."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browsing import follow, opened, shows
from tests.journeys.people import LEYLA

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

TELEPHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def names(page: Page) -> list[str]:
    return page.locator(".wp-found__list h3 a").all_inner_texts()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_parent_finds_a_kita_on_the_telephone(person: Any, scripts: bool) -> None:
    page = person(java_script_enabled=scripts, **TELEPHONE).page
    page.goto("/")
    follow(page.get_by_role("link", name="Kitas und Tagespflege finden"))
    assert len(names(page)) == 60
    # Nothing is wider than the telephone.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.select_option("[name=alter]", "krippe")
    page.select_option("[name=entfernung]", "ort-hauptbahnhof")
    follow(page.get_by_role("button", name="Einrichtungen zeigen"))
    found = names(page)
    assert 0 < len(found) < 60
    distances = [text for text in page.locator(".wp-found__list p").all_inner_texts() if "km entfernt" in text]
    assert len(distances) == len(found)
    # A part of the city, chosen on the sketch: a finger is 24 pixels wide at least.
    part = page.get_by_role("link", name="Vorsfelde,")
    box = part.locator("polygon").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    follow(part)
    assert set(names(page)) < set(found)
    mark = page.locator(".wp-sketch svg a").first
    box = mark.locator("circle").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    name = (mark.get_attribute("aria-label") or "").split(": ")[1]
    follow(mark)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    shows(page, "Beispiel: Diese Einrichtung ist erfunden.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_list_follows_what_is_typed(person: Any) -> None:
    page = person().page
    page.goto("/kitas/")
    page.locator("[name=q]").press_sequentially("tagesmutter")
    expect(page.locator(".wp-found__list h3 a").first).to_contain_text("tagespflege", ignore_case=True)
    expect(page.locator(".wp-found__list > li")).to_have_count(10)
    assert "q=tagesmutter" in page.url
    page.reload()
    assert len(names(page)) == 10


def test_with_the_keyboard_alone(person: Any) -> None:
    page = person().page
    page.goto("/kitas/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # Behind the skip link: through the filters into the list, and along the sketch.
    page.locator("[name=ortschaft]").focus()
    page.keyboard.press("W")
    with page.expect_navigation():
        page.locator("[name=q]").focus()
        page.keyboard.press("Enter")
    assert "ortschaft=we" in page.url
    page.locator(".wp-found__list h3 a").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.wp-sketch') !== null")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused
    assert focused.startswith("1: ")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(focused.removeprefix("1: "))


def test_a_head_reports_a_free_place_and_parents_see_it(person: Any) -> None:
    head, parent = person(**TELEPHONE), person()
    head.sign_in(LEYLA)
    head.page.goto("/mein-bereich/")
    follow(head.page.get_by_role("link", name="Kita Apfelbaum"))
    follow(head.page.get_by_role("link", name="Freie Plätze melden").first)
    head.page.fill("[name=places]", "viele")
    head.page.get_by_role("button", name="Speichern").click()
    expect(head.page.get_by_role("alert")).to_be_visible()
    assert head.page.input_value("[name=places]") == "viele"
    head.page.fill("[name=places]", "7")
    follow(head.page.get_by_role("button", name="Speichern"))
    shows(head.page, "Veröffentlicht. Eltern sehen es sofort.")
    parent.page.goto("/kitas/apfelbaum/")
    shows(parent.page, "7 Plätze ab")


def test_the_office_reads_in_a_table_with_faults(person: Any) -> None:
    office = person()
    office.sign_in("admin@example.org")
    page = office.page
    page.goto("/verwaltung/kitas/")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Alle Kitas als CSV-Datei herunterladen").click()
    lines = downloading.value.path().read_text(encoding="utf-8-sig").splitlines()
    broken = [lines[0], lines[1].replace(";ja;", ";jein;", 1), lines[2]]
    _send(page, broken)
    shows(page, "„jein“ gibt es nicht. Möglich sind: ja, nein")
    expect(page.get_by_role("button", name="So übernehmen")).to_have_count(0)
    page.goto("/verwaltung/kitas/")
    new = lines[1].split(";")
    new[0], new[1] = "kita-aus-der-tabelle", "Kita aus der Tabelle"
    _send(page, [lines[0], lines[2], ";".join(new)])
    shows(page, "Kita aus der Tabelle")
    follow(page.get_by_role("button", name="So übernehmen"))
    shows(page, "1 Kitas sind neu, 0 geändert.")
    opened(page, "Spalten der Tabelle")
    page.goto("/kitas/?q=tabelle")
    assert names(page) == ["Kita aus der Tabelle"]
    # As it was: other journeys count them.
    office.portal.query("UPDATE kita_facility SET published = false WHERE slug = 'kita-aus-der-tabelle' RETURNING 1")


def _send(page: Page, lines: list[str]) -> None:
    content = "\n".join(lines).encode()
    page.set_input_files("[name=file]", {"name": "kitas.csv", "mimeType": "text/csv", "buffer": content})
    follow(page.get_by_role("button", name="Prüfen"))
