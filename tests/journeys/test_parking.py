"""The whole story of a resident's parking permit, with JavaScript and without."""

import datetime as dt
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.factories import jpeg_bytes
from tests.journeys.browsing import follow, release_letter, shows
from tests.journeys.people import KARLA, PASSWORD
from tests.portal_process import Portal

# One portal for all journeys, hence one worker of pytest-xdist.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

LONG_NAME = "Müller-Łukaszewicz von der Schulenburg-Wolfsburg"
PHOTO = {"name": "Zulassung äöü.jpg", "mimeType": "image/jpeg", "buffer": jpeg_bytes()}


def pdf_text(content: bytes, folder: Path) -> str:
    """The text layer of a PDF, read by poppler."""
    file = folder / "notice.pdf"
    file.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def register(citizen: Any, portal: Portal, email: str) -> None:
    """Create an account from the page that asks for one, and type the mailed code."""
    page = citizen.page
    citizen.press("Konto anlegen")
    page.fill("[name=given_name]", "Zoë D’Angelo")
    page.fill("[name=family_name]", LONG_NAME)
    page.fill("[name=email]", email)
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/confirm-email/**")
    mail = portal.wait_for_mail(email, "Browserfenster")
    page.fill("[name=code]", re.findall(r"^[A-Z]{4}-[A-Z]{4}$", mail, re.MULTILINE)[0])
    follow(page.locator("main form button").first)


def fill_parking(page: Any, *, plate: str) -> None:
    """Fill in every step up to the review page."""
    page.fill("[name=given_name]", "Zoë D’Angelo")
    page.fill("[name=family_name]", LONG_NAME)
    page.fill("[name=birth_date]", "14.03.1988")
    page.fill("[name=street]", "Große Kämpestraße")
    page.fill("[name=house_number]", "7b")
    page.fill("[name=postcode]", "38440")
    page.fill("[name=city]", "Wolfsburg")
    page.get_by_role("button", name="Weiter", exact=True).last.click()
    page.fill("[name=plate]", plate)
    page.check("[name=owner][value=mine]")
    page.set_input_files("[name=registration]", PHOTO)
    page.get_by_role("button", name="Weiter", exact=True).last.click()
    page.check("[name=main_residence][value=yes]")
    page.check("[name=kind][value=first]")
    start = dt.date.today() + dt.timedelta(days=10)
    page.fill("[name=valid_from]", start.strftime("%d.%m.%Y"))
    page.get_by_role("button", name="Weiter", exact=True).last.click()
    page.check("[name=true_information]")
    page.get_by_role("button", name="Weiter", exact=True).last.click()
    page.wait_for_url("**/pruefen/")


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_parking_permit_from_registration_to_notice(
    person: Any, portal: Portal, tmp_path: Path, javascript: bool
) -> None:
    email = f"zoe-{'js' if javascript else 'nojs'}@example.org"
    plate = "WOB ZD 4711" if javascript else "WOB ZD 815"
    citizen = person(java_script_enabled=javascript)
    page = citizen.page

    # She finds the service by an everyday word and fills it in without an account.
    page.goto("/")
    page.fill("[name=q]", "anwohner parken")
    page.locator("main form button").first.click()
    page.get_by_role("link", name="Bewohnerparkausweis beantragen").first.click()
    citizen.press("Jetzt beantragen")
    citizen.press("Beginnen")
    fill_parking(page, plate=plate.replace(" ", "-").lower())
    shows(page, plate)
    shows(page, LONG_NAME)

    # An account is needed only now, and the draft moves into it.
    register(citizen, portal, email)
    if "pruefen" not in page.url:
        citizen.sign_in(email)
        page.goto("/mein-bereich/")
        page.get_by_role("link", name="Bewohnerparkausweis beantragen").first.click()
        page.goto(re.sub(r"/schritt/.*", "/pruefen/", page.url))
    page.check("[name=delivery][value=portal]")
    citizen.press("Antrag absenden")
    page.wait_for_url("**/eingang/**")
    receipt = page.inner_text("main")
    assert "Ihr Antrag ist da." in receipt
    assert "Sie müssen jetzt nichts tun." in receipt
    reference = page.locator(".wp-number").first.inner_text()
    mail = portal.wait_for_mail(email, reference)
    assert LONG_NAME not in mail
    assert plate not in mail

    # The clerk asks back.
    clerk = person(viewport={"width": 1280, "height": 900}, java_script_enabled=javascript)
    clerk.sign_in(KARLA)
    clerk.page.goto("/verwaltung/vorgaenge/")
    clerk.page.fill("#q", reference)
    clerk.press("Anzeigen")
    assert reference not in clerk.page.url
    clerk.page.get_by_role("link", name=reference).click()
    shows(clerk.page, plate)
    clerk.press("Übernehmen")
    clerk.page.locator("summary", has_text="Rückfrage stellen").click()
    clerk.page.fill("[name=ask-body]", "Ein besseres Foto der Zulassung")
    clerk.page.get_by_role("button", name="Rückfrage stellen").click()
    shows(clerk.page, "Rückfrage offen")

    # The citizen answers in Mein Bereich.
    page.goto(portal.link(portal.wait_for_mail(email, "Frage")).replace(portal.url, ""))
    shows(page, "Ein besseres Foto der Zulassung")
    page.fill("[name=body]", "Hier ist es, mit allen Ecken.")
    page.set_input_files("[name=file]", PHOTO)
    citizen.press("Antwort senden")
    shows(page, "Wir bearbeiten Ihren Antrag.")

    # The case comes back and is granted.
    clerk.page.goto("/verwaltung/vorgaenge/?liste=came_back")
    clerk.page.get_by_role("link", name=reference).click()
    shows(clerk.page, "Hier ist es, mit allen Ecken.")
    clerk.press("Entscheiden")
    clerk.page.check("[name=outcome][value=granted]")
    clerk.page.fill("[name=valid_until]", f"{dt.date.today() + dt.timedelta(days=364):%d.%m.%Y}")
    clerk.page.fill("[name=zone]", "Stadtmitte 2")
    clerk.page.fill("[name=fee]", "30,70")
    clerk.page.fill("[name=reasons]", "Die Gebühr deckt den Aufwand eines Jahres.")
    clerk.press("Weiter zur Vorschau")
    release_letter(clerk)

    # The PDF appears; nobody reloads by hand where JavaScript runs.
    opened = page.get_by_role("link", name="Bescheid öffnen (PDF)")
    page.goto(f"/mein-bereich/vorgaenge/{reference}/")
    if javascript:
        opened.wait_for(timeout=120000)
        clerk.page.get_by_role("link", name="Bescheid öffnen (PDF)").wait_for(timeout=120000)
    else:
        for _ in range(60):
            if opened.count():
                break
            page.wait_for_timeout(500)
            page.reload()
    shows(page, "Ihr Bewohnerparkausweis ist erteilt.")
    response = citizen.context.request.get(opened.get_attribute("href"))
    assert response.headers["content-type"] == "application/pdf"
    text = pdf_text(response.body(), tmp_path)
    flat = " ".join(text.split())
    for expected in ("Zoë D’Angelo", LONG_NAME, "Große Kämpestraße 7b", "38440 Wolfsburg", plate, reference,
                     "Bewohnerparkzone Stadtmitte 2", "Die Gebühr deckt den Aufwand eines Jahres.",
                     "30,70 €", "Rechtsbehelfsbelehrung", "Verwaltungsgericht Braunschweig", "Seite 1 von"):  # fmt: skip
        assert expected in flat, f"{expected} is missing in:\n{text}"

    # Whoever she shows it to sees that it is genuine, and that the file is the one she got.
    stranger = person(java_script_enabled=javascript)
    code = re.findall(r"Prüfcode: ([0-9A-Z-]{24})", flat)[0]
    stranger.page.goto("/pruefen/")
    stranger.page.fill("[name=code]", code.lower())
    stranger.press("Prüfen")
    shows(stranger.page, "Der Prüfcode gehört zu einem Schreiben von uns")
    for content, said in ((response.body(), "Die Datei ist unverändert."), (response.body() + b" ", "ist nicht die")):
        file = {"name": "bescheid.pdf", "mimeType": "application/pdf", "buffer": content}
        stranger.page.set_input_files("[name=file]", file)
        stranger.press("Datei vergleichen")
        shows(stranger.page, said)
    assert reference not in stranger.page.content()

    # The retrieval stands in the timeline.
    clerk.page.reload()
    shows(clerk.page, "Bescheid geöffnet")
