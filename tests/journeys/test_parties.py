"""Several people in one case: a representative, an Auskunftssperre, consent withdrawn, two who have to agree."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.browsing import follow, opened, release_letter, shows
from tests.journeys.people import HENRIKE, KARLA
from tests.journeys.test_parking import pdf_text
from tests.portal_process import Portal

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
WIDE = {"width": 1280, "height": 900}
JUERGEN, MARIA = "juergen@example.org", "maria@example.org"


def filed(portal: Portal, *addresses: str, what: str = "parking") -> str:
    """The reference of an application that was just filed."""
    portal.python("-m", "tests.journeys.make", what, *addresses)
    return str(portal.query("SELECT reference FROM cases_case ORDER BY id DESC LIMIT 1")[0][0])


def rejected(clerk: Any, reference: str) -> None:
    """Decide: no."""
    page = clerk.page
    page.goto(f"/verwaltung/vorgaenge/{reference}/entscheiden/")
    page.check("[name=outcome][value=rejected]")
    page.fill("[name=reasons]", "Kein Stellplatz frei.")
    page.fill("[name=fee]", "0")
    clerk.press("Weiter zur Vorschau")
    release_letter(clerk)


def party_page(page: Any, reference: str, name: str) -> None:
    page.goto(f"/verwaltung/vorgaenge/{reference}/")
    follow(page.get_by_role("link", name=name, exact=True))


def test_a_representative_gets_the_letter_and_the_party_a_copy(person: Any, portal: Portal, tmp_path: Path) -> None:
    reference = filed(portal, JUERGEN)
    clerk = person(viewport=WIDE)
    clerk.sign_in(KARLA)
    page = clerk.page
    party_page(page, reference, "Aylin Özdemir-Groß")
    form = opened(page, "Vollmacht vermerken")
    form.locator("[name=mandate-organisation]").fill("Kanzlei Łukaszewicz")
    for name, value in (
        ("street", "Kohlmarkt"),
        ("house_number", "1"),
        ("postcode", "38100"),
        ("city", "Braunschweig"),
    ):
        form.locator(f"[name=mandate-{name}]").fill(value)
    follow(form.get_by_role("button", name="Vollmacht vermerken"))
    shows(page, "Vertreten durch Kanzlei Łukaszewicz.")
    rejected(clerk, reference)
    page.get_by_text("Noch zur Post zu geben.").first.wait_for(timeout=120000)

    citizen = person()
    citizen.sign_in(JUERGEN)
    citizen.page.goto(f"/mein-bereich/vorgaenge/{reference}/")
    shows(citizen.page, "Vollmacht vermerkt")
    link = citizen.page.get_by_role("link", name="Bescheid öffnen (PDF)")
    link.wait_for(timeout=120000)
    text = " ".join(pdf_text(citizen.context.request.get(link.get_attribute("href")).body(), tmp_path).split())
    assert "Diese Abschrift ist zu Ihrer Kenntnis. Den Bescheid erhält Kanzlei Łukaszewicz für Sie" in text
    assert "Kohlmarkt" not in text


def test_a_protected_address_is_released_by_a_second_person(person: Any, portal: Portal) -> None:
    reference = filed(portal, JUERGEN, MARIA)
    clerk, head, other = person(viewport=WIDE), person(viewport=WIDE), person()
    clerk.sign_in(KARLA)
    page = clerk.page
    party_page(page, reference, "Aylin Özdemir-Groß")
    shows(page, "Goethestraße")
    form = opened(page, "Auskunftssperre vermerken")
    follow(form.get_by_role("button", name="Auskunftssperre vermerken"))
    shows(page, "Die Anschrift ist geschützt.")
    assert "Goethestraße" not in page.content()
    page.goto(f"/verwaltung/vorgaenge/{reference}/")
    assert "Goethestraße" not in page.content()

    # The other party learns nothing of it.
    other.sign_in(MARIA)
    other.page.goto(f"/mein-bereich/vorgaenge/{reference}/")
    for hidden in ("Auskunftssperre", "Goethestraße", "geschützt"):
        assert hidden not in other.page.content()

    party_page(page, reference, "Aylin Özdemir-Groß")
    page.fill("[name=reveal-reason]", "Rückfrage der Kasse")
    follow(page.get_by_role("button", name="Anschrift anzeigen"))
    shows(page, "Goethestraße")
    form = opened(page, "Auskunftssperre aufheben")
    form.locator("[name=unprotect-reason]").fill("Mitteilung der Meldebehörde")
    follow(form.get_by_role("button", name="Vorschlagen"))
    shows(page, "Eine zweite Person muss es noch freigeben.")
    assert not page.get_by_role("button", name="Freigeben").count()

    head.sign_in(HENRIKE)
    head.page.goto("/verwaltung/")
    follow(head.page.get_by_role("link", name="Freizugeben"))
    follow(head.page.get_by_role("link", name=reference))
    shows(head.page, "Mitteilung der Meldebehörde")
    assert "Goethestraße" not in head.page.content()
    follow(head.page.get_by_role("button", name="Freigeben"))
    shows(head.page, "Die Auskunftssperre ist aufgehoben.")
    shows(head.page, "Goethestraße")


def test_consent_taken_back_sends_the_letter_by_post(person: Any, portal: Portal) -> None:
    reference = filed(portal, JUERGEN)
    clerk, citizen = person(viewport=WIDE), person()
    clerk.sign_in(KARLA)
    rejected(clerk, reference)
    citizen.sign_in(JUERGEN)
    page = citizen.page
    page.goto(f"/mein-bereich/vorgaenge/{reference}/")
    page.get_by_role("link", name="Bescheid öffnen (PDF)").wait_for(timeout=120000)
    follow(page.get_by_role("link", name="Ändern").first)
    shows(page, "Sie haben am")
    shows(page, "Hier im Portal.")
    follow(page.get_by_role("button", name="Einwilligung widerrufen"))
    shows(page, "Bescheide kommen künftig mit der Post")
    shows(page, "Einwilligung in den Abruf widerrufen")
    clerk.page.goto(f"/verwaltung/vorgaenge/{reference}/")
    shows(clerk.page, "Noch zur Post zu geben.")
    clerk.page.goto("/verwaltung/postausgang/")
    shows(clerk.page, reference)


def test_two_agree_to_withdraw_with_the_keyboard_alone(person: Any, portal: Portal) -> None:
    reference = filed(portal, JUERGEN, MARIA)
    first, second = person(), person()
    first.sign_in(JUERGEN)
    first.page.goto(f"/mein-bereich/vorgaenge/{reference}/tun/withdraw/")
    shows(first.page, "Dem müssen alle Beteiligten zustimmen.")
    first.page.get_by_role("button", name="Vorschlagen").focus()
    with first.page.expect_navigation():
        first.page.keyboard.press("Enter")
    shows(first.page, "Es fehlt die Zustimmung von Maria Yıldız")
    assert portal.wait_for_mail(MARIA, f"/mein-bereich/vorgaenge/{reference}/")
    second.sign_in(MARIA)
    second.page.goto("/mein-bereich/")
    shows(second.page, "Ihre Zustimmung fehlt")
    follow(second.page.locator(".wp-todo a").first)
    shows(second.page, "vorgeschlagen")
    second.page.get_by_role("button", name="Zustimmen").focus()
    with second.page.expect_navigation():
        second.page.keyboard.press("Enter")
    shows(second.page, "Sie haben Ihren Antrag zurückgezogen.")


@pytest.mark.parametrize("java_script", [True, False])
def test_whoever_was_named_answers_without_an_account(
    person: Any, portal: Portal, tmp_path: Path, java_script: bool
) -> None:
    """The code comes with the letter of the hearing, which the clerk's browser shows."""
    reference = filed(portal, JUERGEN, what="dogs")
    clerk = person(viewport=WIDE, java_script_enabled=java_script)
    clerk.sign_in(KARLA)
    page = clerk.page
    page.goto(f"/verwaltung/vorgaenge/{reference}/entscheiden/")
    page.get_by_text("Noch nicht angehört: Ngọc Ñáñez.").wait_for()
    party_page(page, reference, "Ngọc Ñáñez")
    follow(opened(page, "Anschrift ist geprüft").get_by_role("button", name="Anschrift ist geprüft"))
    due = dt.date.today() + dt.timedelta(days=20)
    page.fill("[name=hear-due_on]", f"{due:%d.%m.%Y}")
    follow(page.get_by_role("button", name="Anhören"))
    shows(page, "Der Brief wird gerade erstellt.")
    link = page.get_by_role("link", name="Brief öffnen (PDF)")
    for _ in range(60):
        page.goto(f"/verwaltung/vorgaenge/{reference}/")
        if link.count():
            break
        page.wait_for_timeout(500)
    text = pdf_text(clerk.context.request.get(link.get_attribute("href")).body(), tmp_path)
    for expected in ("Anhörung", "Bruno", "Art. 14 DSGVO", f"{due.day}. "):
        assert expected in text
    code = text.split("Code")[-1].split()[0]

    named = person(java_script_enabled=java_script)
    named.page.goto("/code/")
    named.page.fill("[name=reference]", reference.lower())
    named.page.fill("[name=code]", code.lower())
    follow(named.page.get_by_role("button", name="Weiter"))
    shows(named.page, "Bruno")
    assert "Goethestraße" not in named.page.content()
    named.page.fill("[name=body]", "Der Hund gehört nur Jürgen.")
    follow(named.page.get_by_role("button", name="Antwort senden"))
    shows(named.page, "Ihre Antwort ist da")
    page.goto(f"/verwaltung/vorgaenge/{reference}/")
    shows(page, "Der Hund gehört nur Jürgen.")
    page.goto(f"/verwaltung/vorgaenge/{reference}/entscheiden/")
    assert not page.get_by_text("Noch nicht angehört").count()
