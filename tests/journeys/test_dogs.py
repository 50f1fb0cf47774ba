"""Three dogs, from the declaration to the tax assessment notice."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.browsing import follow, opened, release_letter, shows
from tests.journeys.people import KARLA
from tests.journeys.test_parking import pdf_text
from tests.portal_process import Portal

# One portal for all journeys, hence one worker of pytest-xdist.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_three_dogs_end_in_a_tax_assessment(person: Any, portal: Portal, tmp_path: Path) -> None:
    citizen = person()
    page = citizen.page
    citizen.sign_in("juergen@example.org")
    page.goto("/?q=")
    page.goto("/leistungen/?q=hund+anmelden")
    page.locator("main article a").first.click()
    citizen.press("Jetzt beantragen")
    # "Beginnen", or "Neu beginnen" beside a draft that is there already.
    page.locator("main form button").last.click()
    # The profile has filled in what it knows.
    assert page.input_value("[name=street]") == "Goethestraße"
    page.check("[name=applicant_kind][value=person]")
    page.locator("[name=birth_date]").wait_for()
    page.fill("[name=birth_date]", "1.2.1970")
    page.get_by_role("button", name="Weiter", exact=True).last.click()

    page.check("[name=joint_holding][value=yes]")
    page.locator("[name=joint_holders-0-family_name]").wait_for()
    page.fill("[name=joint_holders-0-given_name]", "Ngọc")
    page.fill("[name=joint_holders-0-family_name]", "Ñáñez")
    page.fill("[name=dogs_held]", "0")
    page.get_by_role("button", name="Weiter", exact=True).last.click()

    since = dt.date.today().replace(day=1) - dt.timedelta(days=1)
    for index, name in enumerate(("Bruno", "Käthe", "Ødin")):
        if index:
            page.get_by_role("button", name="Hund hinzufügen").click()
            page.locator(f"[name=dogs-{index}-name]").wait_for()
        page.fill(f"[name=dogs-{index}-name]", name)
        page.check(f"[name=dogs-{index}-sex] >> nth=0")
        page.check(f"[name=dogs-{index}-origin] >> nth=0")
        page.check(f"[name=dogs-{index}-claim][value=none]")
        page.fill(f"[name=dogs-{index}-birth_date]", "02.05.2024")
        page.fill(f"[name=dogs-{index}-since]", since.strftime("%d.%m.%Y"))
    # Going back loses nothing, not even what was not complete yet.
    page.get_by_role("button", name="Zurück", exact=True).click()
    page.get_by_role("button", name="Weiter", exact=True).last.click()
    assert page.input_value("[name=dogs-2-name]") == "Ødin"
    page.get_by_role("button", name="Weiter", exact=True).last.click()
    page.check("[name=true_information]")
    page.get_by_role("button", name="Weiter", exact=True).last.click()

    months = 13 - dt.date.today().month
    cents = [rate * 100 * months // 12 for rate in (96, 144, 168)]
    total = f"{sum(cents) // 100},{sum(cents) % 100:02d} €"
    shows(page, total)
    page.check("[name=delivery][value=portal]")
    citizen.press("Antrag absenden")
    reference = page.locator(".wp-number").first.inner_text()

    clerk = person(viewport={"width": 1280, "height": 900})
    clerk.sign_in(KARLA)
    clerk.page.goto(f"/verwaltung/vorgaenge/{reference}/")
    clerk.press("Übernehmen")
    # Whoever was merely named is heard first, unless there is a reason not to.
    follow(clerk.page.get_by_role("link", name="Ngọc Ñáñez", exact=True))
    form = opened(clerk.page, "Von der Anhörung absehen")
    form.locator("[name=waive-reason]").fill("War mit am Telefon und hat alles bestätigt.")
    follow(form.get_by_role("button", name="Von der Anhörung absehen"))
    clerk.page.goto(f"/verwaltung/vorgaenge/{reference}/")
    clerk.press("Entscheiden")
    shows(clerk.page, total)
    clerk.page.check("[name=outcome][value=assessed]")
    clerk.press("Weiter zur Vorschau")
    release_letter(clerk)

    citizen.press("Zum Vorgang")
    notice = page.get_by_role("link", name="Bescheid öffnen (PDF)")
    notice.wait_for(timeout=120000)
    text = pdf_text(citizen.context.request.get(notice.get_attribute("href")).body(), tmp_path)
    flat = " ".join(text.split())
    for expected in ("Abgabenbescheid", "Jürgen O’Neill", "Ngọc Ñáñez", "Bruno", "Käthe", "Ødin", "96,00 €",
                     "144,00 €", "168,00 €", total, reference, "408,00 €"):  # fmt: skip
        assert expected in flat, f"{expected} is missing in:\n{text}"

    # The other holder has no account: their letter goes by post, comes back, and is written to where they live by now.
    desk = clerk.page
    desk.goto(f"/verwaltung/vorgaenge/{reference}/")
    desk.get_by_text("Noch zur Post zu geben.").first.wait_for(timeout=120000)
    shows(desk, "An Ngọc Ñáñez")
    desk.goto("/verwaltung/postausgang/")
    for box in desk.locator("[name=letters]").all():
        box.uncheck()
    desk.get_by_label(reference).check()
    with desk.expect_navigation():
        clerk.press("Auswahl als versendet vermerken")
    shows(desk, "Ein Brief ist als versendet vermerkt.")
    desk.goto(f"/verwaltung/vorgaenge/{reference}/")
    follow(desk.get_by_role("link", name="Brief kam zurück"))
    follow(desk.get_by_role("button", name="Rückkehr vermerken"))
    shows(desk, "zurückgekommen")
    follow(desk.get_by_role("link", name="Ngọc Ñáñez", exact=True))
    form = opened(desk, "Anschrift ändern")
    form.locator("[name=change-street]").fill("Geheimweg")
    follow(form.get_by_role("button", name="Anschrift ändern"))
    desk.goto(f"/verwaltung/vorgaenge/{reference}/")
    follow(desk.get_by_role("button", name="Erneut zustellen"))
    shows(desk, "Erneut geschrieben.")
    # None of this is the first holder's to know.
    page.reload()
    for hidden in ("Geheimweg", "mit der Post zurück", "zur Post gegeben"):
        assert hidden not in page.locator("main").inner_text()
