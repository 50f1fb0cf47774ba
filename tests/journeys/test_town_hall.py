"""Coming, waiting, being called: terminal, telephone, waiting room and counter at once."""

import re
import time
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.browsing import follow, shows
from tests.journeys.people import KARLA
from tests.journeys.test_accessibility import findings
from tests.journeys.test_appointments import DESKTOP, choose
from tests.journeys.test_keyboard import tab_to
from tests.journeys.town_hall import SERVICE, SLUG
from tests.portal_process import Portal

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
# No office of the city is open then, and the portal knows.
open_today = pytest.mark.usefixtures("people_of_today")


@pytest.fixture(scope="module")
def office(portal: Portal) -> Portal:
    """An office that is open around the clock."""
    portal.python("-m", "tests.journeys.town_hall")
    return portal


@pytest.fixture
def people_of_today(office: Portal) -> None:
    """Skips where the office was made while it was closed: on holidays and near midnight nobody has an appointment."""
    # By the office: other journeys book under the same names elsewhere.
    sql = """SELECT 1 FROM appointments_booking b JOIN appointments_counter c ON c.id = b.counter_id
             JOIN catalogue_office o ON o.id = c.office_id WHERE o.slug = %s AND b.name = 'Zoë D’Angelo'"""
    if not office.query(sql, SLUG):
        pytest.skip("closed on holidays and near midnight")


def reference(portal: Portal, name: str) -> str:
    sql = """SELECT b.reference FROM appointments_booking b JOIN appointments_counter c ON c.id = b.counter_id
             JOIN catalogue_office o ON o.id = c.office_id
             WHERE o.slug = %s AND b.name = %s AND b.status = 'confirmed' ORDER BY b.starts_at"""
    return str(portal.query(sql, SLUG, name)[0][0])


def terminal(portal: Portal) -> str:
    sql = """SELECT p.terminal_key FROM appointments_officepolicy p JOIN catalogue_office o ON o.id = p.office_id
             WHERE o.slug = %s"""
    return f"/termine/terminal/{portal.query(sql, SLUG)[0][0]}/"


def sit_down(person: Any, place: str) -> Any:
    clerk = person(viewport=DESKTOP)
    clerk.sign_in(KARLA)
    clerk.page.goto("/verwaltung/schalter/")
    here = clerk.page.locator("section", has=clerk.page.get_by_role("heading", name=re.compile("Standesamt")))
    follow(here.get_by_role("button", name=re.compile(f"^{place}")))
    shows(clerk.page, "Platz frei")
    return clerk.page


def heard(room: Any, count: int) -> None:
    """Wait until the display has said so many numbers; the page's policy forbids waiting in the page."""
    for _ in range(100):
        if room.evaluate("window.said.length") == count:
            return
        room.wait_for_timeout(200)
    raise AssertionError(f"said: {room.evaluate('window.said')}")


@open_today
def test_from_the_terminal_to_the_counter(person: Any, office: Portal) -> None:
    foyer = person(viewport=DESKTOP).page
    foyer.goto(terminal(office))
    found = findings(foyer, "terminal")
    follow(foyer.get_by_role("button", name="Wartenummer ziehen"))
    found += findings(foyer, "terminal with errors")
    foyer.fill("[name=nummer]", reference(office, "Zoë D’Angelo"))
    follow(foyer.get_by_role("button", name="Ich bin da"))
    found += findings(foyer, "number at the terminal")
    label = foyer.locator(".wp-ticket").inner_text().split(":")[-1].strip()
    assert re.fullmatch(r"T \d\d", label)
    for prefix in ("", "/en"):
        foyer.goto(f"{prefix}/termine/ohne-termin/")
        found += findings(foyer, f"{prefix} drawing a number")
        follow(foyer.locator("main form button").last)
        found += findings(foyer, f"{prefix} drawing a number with errors")
    # Without an appointment: on the way, on a telephone, without JavaScript.
    walker = person(java_script_enabled=False).page
    walker.goto("/termine/ohne-termin/")
    walker.check(f"[name=leistung][value={SERVICE}]")
    walker.select_option("[name=standort]", SLUG)
    follow(walker.get_by_role("button", name="Wartenummer ziehen"))
    shows(walker, "Minuten")
    drawn = walker.locator(".wp-ticket").inner_text().split(":")[-1].strip()
    assert re.fullmatch(r"W \d\d", drawn)
    # The waiting room sees and says numbers by itself.
    room = person(viewport=DESKTOP).page
    room.add_init_script("window.said = []; window.speechSynthesis.speak = (words) => window.said.push(words.text);")
    room.goto(f"/termine/anzeige/{SLUG}/")
    room.get_by_role("button", name="Ansage einschalten").click()
    clerk = sit_down(person, "Platz 1")
    follow(clerk.get_by_role("button", name="Nächste Nummer"))
    shows(clerk, "Zoë D’Angelo")
    found += findings(clerk, "counter")
    expect(room.locator(".wp-calls")).to_contain_text(label, timeout=60000)
    heard(room, 1)
    follow(clerk.get_by_role("button", name="Noch einmal aufrufen"))
    heard(room, 2)
    found += findings(room, "display")
    assert not found, found
    assert room.evaluate("window.said") == [f"Nummer {label}, bitte zu Platz 1"] * 2
    # One button after the other, with the focus already on it.
    for _ in range(2):
        clerk.locator("[data-focus]:focus").wait_for()
        with clerk.expect_navigation():
            clerk.keyboard.press("Enter")
    shows(clerk, "Aufgerufen")
    shows(clerk, drawn)
    clerk.locator("summary", has_text="An einen anderen Platz").click()
    clerk.select_option("[name=to]", label="egal welcher")
    follow(clerk.get_by_role("button", name="Übergeben", exact=True))
    shows(clerk, f"{drawn} wartet wieder.")
    follow(clerk.get_by_role("button", name="Pause", exact=True))
    shows(clerk, "Pause beenden")
    follow(clerk.get_by_role("button", name="Platz verlassen"))
    # The person goes on to see what happens, and gives the number back.
    follow(walker.get_by_role("link", name="Aktualisieren"))
    follow(walker.get_by_role("button", name="Nummer zurückgeben"))
    shows(walker, "zurückgegeben")


@open_today
def test_two_clerks_and_somebody_who_does_not_come(person: Any, office: Portal) -> None:
    phone = person().page
    phone.emulate_media(color_scheme="dark")
    phone.goto(f"/termine/da/?nummer={reference(office, 'Mehmet Yıldız')}")
    follow(phone.get_by_role("button", name="Ich bin da"))
    shows(phone, "Wartezeit")
    assert not findings(phone, "number on the telephone")
    clerk = sit_down(person, "Platz 2")
    follow(clerk.get_by_role("button", name="Nächste Nummer"))
    # The page on the telephone says so by itself.
    expect(phone.locator("#nummer")).to_contain_text("Sie sind dran: Platz 2", timeout=60000)
    follow(clerk.get_by_role("button", name="Nicht erschienen"))
    shows(phone, "nicht angetroffen")
    follow(clerk.get_by_role("button", name=re.compile("doch da")))
    shows(clerk, "Es wartet eine Person")
    follow(clerk.get_by_role("button", name=re.compile("^Aufrufen")).first)
    follow(clerk.get_by_role("button", name="Ist da"))
    follow(clerk.get_by_role("button", name="Fertig", exact=True))
    shows(clerk, "Platz frei")


@open_today
def test_booked_by_telephone_and_moved_with_number_and_code(person: Any, office: Portal) -> None:
    clerk = person(viewport=DESKTOP)
    clerk.sign_in(KARLA)
    page = clerk.page
    page.goto("/verwaltung/termine/buchen/")
    page.check(f"[name=leistung][value={SERVICE}]")
    follow(page.get_by_role("button", name="Freie Zeiten zeigen"))
    follow(page.locator(".wp-month a").nth(5))
    follow(page.locator("#zeiten .wp-time").nth(20))
    page.fill("[name=name]", "Erna Altmann")
    page.fill("[name=phone]", "05361 99")
    follow(page.get_by_role("button", name="Termin buchen"))
    assert not findings(page, "slip")
    number, code = (page.locator(".wp-facts .wp-number").nth(n).inner_text() for n in (0, 1))
    citizen = person(java_script_enabled=False).page
    citizen.goto("/termine/mit-code/")
    citizen.fill("[name=nummer]", number)
    citizen.fill("[name=code]", code)
    follow(citizen.get_by_role("button", name="Weiter"))
    shows(citizen, "Ihr Termin steht.")
    # A change of ours: she has no address, so somebody calls her.
    page.goto("/verwaltung/termine/")
    page.fill("[name=q]", number)
    follow(page.get_by_role("button", name="Suchen"))
    follow(page.get_by_role("link", name=number))
    page.locator("summary", has_text="Absagen").click()
    page.fill("[name=note]", "Stromausfall am Montag.")
    follow(page.get_by_role("button", name="Absagen und Bescheid geben"))
    page.goto("/verwaltung/termine/anrufen/")
    shows(page, "05361 99")
    shows(page, "Stromausfall am Montag.")
    follow(page.get_by_role("link", name=number))
    follow(page.get_by_role("button", name="Angerufen"))
    shows(page, "Gerade ist niemand anzurufen.")


@open_today
def test_closure_lists_whom_it_concerns(person: Any, office: Portal) -> None:
    # Whoever edits the hours closes the office for six minutes, and is told whom that concerns.
    sql = "SELECT starts_at, ends_at FROM appointments_booking WHERE name = 'Ngọc Anh Nguyễn'"
    begins, ends = (timezone.localtime(moment) for moment in office.query(sql)[0])  # type: ignore[arg-type]  # a row
    editor = person(viewport=DESKTOP)
    editor.sign_in("admin@example.org")
    editor.page.goto("/verwaltung/appointments/closure/add/")
    editor.page.select_option("[name=office]", label="Standesamt Wolfsburg")
    editor.page.fill("[name=begins]", f"{begins:%Y-%m-%dT%H:%M}")
    editor.page.fill("[name=ends]", f"{ends:%Y-%m-%dT%H:%M}")
    follow(editor.page.locator("[name=_save]"))
    expect(editor.page.locator("body")).to_contain_text("betroffen")
    clerk = person(viewport=DESKTOP)
    clerk.sign_in(KARLA)
    page = clerk.page
    page.goto("/verwaltung/")
    follow(page.get_by_role("link", name=re.compile("Betroffene Termine")))
    number = reference(office, "Ngọc Anh Nguyễn")
    page.get_by_label(number).check()
    page.get_by_label("Trotzdem bedienen").check()
    follow(page.get_by_role("button", name="Ausführen"))
    shows(page, "Ein Termin ist erledigt.")
    expect(page.locator("main")).not_to_contain_text(number)
    office.query("DELETE FROM appointments_closure WHERE begins = %s RETURNING 1", begins)


def test_cdo_reads_figures_without_people(person: Any, office: Portal) -> None:
    cdo = person(viewport=DESKTOP)
    cdo.sign_in("samir@example.org")
    page = cdo.page
    page.goto("/verwaltung/")
    follow(page.get_by_role("link", name="Termine in Zahlen"))
    shows(page, "Auslastung")
    expect(page.locator("main")).not_to_contain_text("Nguyễn")
    assert not findings(page, "figures")


@pytest.mark.parametrize("javascript", [True, False], ids=["telephone", "without-javascript"])
def test_who_waits_is_offered_what_others_give_back(person: Any, portal: Portal, javascript: bool) -> None:
    """Offers are made by day; at night the time rests for the morning."""
    address = f"warte-{javascript}@example.org".lower()
    # Somebody has an appointment at an hour of which there is one.
    other = person(java_script_enabled=javascript).page
    choose(other, "fuehrerschein-umtauschen")
    follow(other.locator(".wp-month a").nth(8 if javascript else 9))
    follow(other.locator("#zeiten .wp-time").nth(2))
    other.fill("[name=name]", "Jemand anderes")
    other.fill("[name=email]", f"zurueck-{javascript}@example.org".lower())
    follow(other.get_by_role("button", name="Weiter"))
    other.goto(portal.link(portal.wait_for_mail(f"zurueck-{javascript}@example.org".lower(), "bestaetigen")))
    follow(other.get_by_role("button", name="Termin bestätigen"))
    # Somebody else finds nothing that suits, and waits.
    page = person(java_script_enabled=javascript).page
    choose(page, "fuehrerschein-umtauschen")
    follow(page.get_by_role("link", name="Auf die Warteliste"))
    page.fill("[name=earliest]", "08:00")
    page.fill("[name=name]", "Zoë D’Angelo")
    page.fill("[name=email]", address)
    follow(page.get_by_role("button", name="Auf die Warteliste"))
    page.goto(portal.link(portal.wait_for_mail(address, "warteliste")))
    follow(page.get_by_role("button", name="Ja, auf die Warteliste"))
    shows(page, "Sie stehen auf der Warteliste.")
    found = findings(page, "wish") if javascript else []
    # The first one gives it back.
    other.locator("summary", has_text="Termin absagen").click()
    follow(other.get_by_role("button", name="Ja, Termin absagen"))
    if not 8 <= timezone.localtime().hour < 20:
        rested = (
            "SELECT 1 FROM appointments_booking WHERE status = 'freed' AND expires_at > now() + interval '20 minutes'"
        )
        assert wait_for(portal, rested)
        return
    page.goto(portal.link(portal.wait_for_mail(address, "bestaetigen")))
    shows(page, "gehört er Ihnen allein")
    found += findings(page, "offer") if javascript else []
    assert not found, found
    follow(page.get_by_role("button", name="Termin nehmen"))
    shows(page, "Ihr Termin steht.")


def test_waiting_list_is_joined_and_left_with_the_keyboard_only(person: Any, portal: Portal) -> None:
    """On a desktop, signed in, so that no mail is needed."""
    citizen = person(viewport=DESKTOP)
    page = citizen.page
    citizen.sign_in("juergen@example.org")
    page.goto("/termine/warteliste/?leistung=fuehrerschein-umtauschen&personen=1")
    tab_to(page, "last_day")
    tab_to(page, "weekdays")
    page.keyboard.press("Space")
    tab_to(page, "earliest")
    page.keyboard.press("Control+A")
    page.keyboard.type("23:00")
    tab_to(page, "latest")
    page.keyboard.press("Control+A")
    page.keyboard.type("23:30")
    tab_to(page, "Auf die Warteliste")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shows(page, "Sie stehen auf der Warteliste.")
    page.goto("/mein-bereich/")
    shows(page, "Sie warten auf einen Termin")
    tab_to(page, "bis")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, "Nicht mehr warten")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shows(page, "Sie stehen nicht mehr auf der Warteliste.")


def test_clerk_invites_from_a_case_and_the_booking_belongs_to_it(person: Any, portal: Portal) -> None:
    sql = """SELECT c.reference FROM cases_case c JOIN cases_party p ON p.case_id = c.id JOIN accounts_user u ON u.id = p.account_id
             WHERE u.email = 'juergen@example.org' AND c.kind = 'application' ORDER BY c.id LIMIT 1"""
    number = str(portal.query(sql)[0][0])
    clerk = person(viewport=DESKTOP)
    clerk.sign_in(KARLA)
    clerk.page.goto(f"/verwaltung/vorgaenge/{number}/")
    clerk.page.select_option("#einladen", label="Meldebescheinigung beantragen")
    follow(clerk.page.get_by_role("button", name="Einladen", exact=True))
    shows(clerk.page, "noch nicht gebucht")
    assert not findings(clerk.page, "case with an invitation")
    citizen = person()
    citizen.sign_in("juergen@example.org")
    page = citizen.page
    page.goto(portal.link(portal.wait_for_mail("juergen@example.org", "vor Ort")))
    follow(page.get_by_role("link", name="Termin buchen"))
    shows(page, number)
    follow(page.locator("#zeiten .wp-time").last)
    follow(page.get_by_role("button", name="Weiter"))
    shows(page, "Ihr Termin steht.")
    reference_of_it = page.locator(".wp-number").first.inner_text()
    clerk.page.reload()
    shows(clerk.page, reference_of_it)


@open_today
def test_counter_is_worked_with_the_keyboard_only(person: Any, office: Portal) -> None:
    foyer = person(viewport=DESKTOP).page
    foyer.goto(terminal(office))
    foyer.check(f"[name=leistung][value={SERVICE}]")
    follow(foyer.get_by_role("button", name="Wartenummer ziehen"))
    label = foyer.locator(".wp-ticket").inner_text().split(":")[-1].strip()
    clerk = sit_down(person, "Platz 4")
    for said in ("Aufgerufen", "Wird bedient"):
        clerk.locator("[data-focus]:focus").wait_for()
        with clerk.expect_navigation():
            clerk.keyboard.press("Enter")
        shows(clerk, said)
    shows(clerk, label)
    tab_to(clerk, "Fertig")
    with clerk.expect_navigation():
        clerk.keyboard.press("Enter")
    shows(clerk, "Platz frei")
    tab_to(clerk, "Pause")
    with clerk.expect_navigation():
        clerk.keyboard.press("Enter")
    shows(clerk, "Pause beenden")


def wait_for(portal: Portal, sql: str) -> bool:
    for _ in range(100):
        if portal.query(sql):
            return True
        time.sleep(0.2)
    return False


# -- when traffic looks odd --------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True], ids=["at-once", "script-is-late"])
def test_browser_works_for_a_time_and_nobody_has_to_do_anything(person: Any, wary: Portal, late: bool) -> None:
    page = person(base_url=wary.url).page
    choose(page, "personalausweis")
    if late:
        # On a slow line the widget is there seconds before the script that tells it how to work.
        page.route("**/js/proof*.js", lambda route: (time.sleep(2), route.continue_()))
    page.locator("#zeiten .wp-time").first.click()
    page.wait_for_url("**/angaben/", timeout=120000)
    shows(page, "Wer kommt?")


def test_proof_is_accessible(browser: Any, wary: Portal) -> None:
    """axe on the page while the browser cannot work: what the page shows meanwhile."""
    for scheme in ("light", "dark"):
        context = browser.new_context(base_url=wary.url, color_scheme=scheme)
        page = context.new_page()
        page.route("**/vendor/altcha/pbkdf2*", lambda route: route.abort())
        choose(page, "personalausweis")
        follow(page.locator("#zeiten .wp-time").first)
        page.locator("altcha-widget").wait_for()
        page.wait_for_timeout(1000)
        assert not findings(page, f"proof, {scheme}")
        context.close()


def test_mailed_code_instead_without_javascript_and_with_the_keyboard_only(person: Any, wary: Portal) -> None:
    page = person(base_url=wary.url, java_script_enabled=False, viewport=DESKTOP).page
    choose(page, "personalausweis")
    follow(page.locator("#zeiten .wp-time").last)
    shows(page, "Ihre Auswahl ist noch da.")
    page.locator("[name=proof_email]").focus()
    page.keyboard.type("ohne-js@example.org")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    code = re.search(r"\b[0-9]{6}\b", wary.wait_for_mail("ohne-js@example.org", "Code"))
    assert code
    page.locator("[name=proof_code]").focus()
    page.keyboard.type(code[0])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shows(page, "Wer kommt?")


@open_today
def test_terminal_is_used_with_the_keyboard_only(person: Any, office: Portal) -> None:
    page = person(viewport=DESKTOP).page
    page.goto(terminal(office))
    # The first box of the services: this office's terminal lists all there are.
    tab_to(page, "leistung")
    boxes = page.locator("[name=leistung]")
    values = [boxes.nth(n).get_attribute("value") for n in range(boxes.count())]
    for _ in range(values.index(SERVICE)):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    tab_to(page, "Wartenummer ziehen")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shows(page, "Bitte achten Sie auf die Anzeige")
    tab_to(page, "Fertig")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    shows(page, "Ich habe einen Termin")
