"""axe finds nothing on one page per template, citizens' and staff's, in both languages, light and dark."""

import datetime as dt
from typing import Any

import pytest

from tests.factories import jpeg_bytes
from tests.journeys.browsing import follow
from tests.journeys.people import KARLA, LEYLA
from tests.portal_process import Portal
from wolfsburg_portal.engines import ROOT

# One portal for all journeys, hence one worker of pytest-xdist.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
# The admin's links change their colour slowly.
RUN = """async (more) => {
    const slow = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.all(slow.map((one) => one.finished.catch(() => null)));
    return (await axe.run(document, {resultTypes: ['violations'], ...more})).violations;
}"""
# What the dark scheme changes: colours and nothing else (see portal.css and kern.css).
OF_COLOUR = {"runOnly": ["color-contrast", "link-in-text-block"]}

PUBLIC = [
    "/", "/leistungen/", "/leistungen/?q=hund", "/leistungen/?q=xyzxyz", "/leistungen/bewohnerparkausweis/",
    "/leistungen/personalausweis/", "/lebenslagen/", "/lebenslagen/umziehen/", "/kontakt/",
    "/barriere-melden/", "/impressum/", "/datenschutz/", "/barrierefreiheit/", "/leichte-sprache/",
    "/konto/login/", "/konto/signup/", "/konto/password/reset/", "/konto/login/code/",
    "/antraege/antrag/hundesteuer-anmelden/", "/gibt-es-nicht/", "/termine/",
    "/termine/zeiten/?leistung=reisepass&personen=2", "/termine/zeiten/",
    "/termine/link/x/bestaetigen/", "/termine/da/", "/termine/ohne-termin/", "/termine/mit-code/",
    "/termine/warteliste/?leistung=reisepass&personen=2", "/termine/warteliste/eingetragen/",
    "/termine/anzeige/rathaus-b/", "/code/", "/pruefen/",
    "/kitas/", "/kitas/?ortschaft=stadtmitte&entfernung=ort-rathaus", "/kitas/?q=xyzxyz", "/kitas/?alter=x",
    "/kitas/apfelbaum/", "/kitas/regeln/",
]  # fmt: skip
CITIZEN = [
    "/mein-bereich/", "/konto/", "/konto/profil/", "/konto/loeschen/", "/konto/email/", "/konto/password/change/",
    "/code/", "/konto/sicherheit/", "/konto/logout/", "/konto/sitzungen/", "/konto/nachweis/",
]  # fmt: skip
STAFF = [
    "/verwaltung/", "/verwaltung/vorgaenge/", "/verwaltung/vorgaenge/?liste=mine", "/verwaltung/erfassen/",
    "/verwaltung/postausgang/", "/verwaltung/schalter/", "/verwaltung/termine/", "/verwaltung/termine/anrufen/",
    "/verwaltung/termine/betroffen/", "/verwaltung/termine/zahlen/", "/verwaltung/termine/buchen/",
    "/verwaltung/termine/buchen/?leistung=reisepass&personen=1", "/verwaltung/termine/buchen/?leistung=x&personen=1",
]  # fmt: skip
ADMIN = [
    "/verwaltung/zustand/", "/verwaltung/stammdaten/", "/verwaltung/catalogue/service/", "/verwaltung/catalogue/service/add/",
    "/verwaltung/catalogue/fee/",
    "/verwaltung/catalogue/office/", "/verwaltung/catalogue/lifesituation/", "/verwaltung/accounts/user/",
    "/verwaltung/accounts/department/", "/verwaltung/core/banner/", "/verwaltung/core/outgoingemail/",
    "/verwaltung/core/retentionrun/", "/verwaltung/formbuilder/formversion/",
    "/verwaltung/appointments/counter/", "/verwaltung/appointments/openingrule/add/",
    "/verwaltung/appointments/closure/add/", "/verwaltung/appointments/officepolicy/1/change/",
    "/verwaltung/notices/legalremedy/", "/verwaltung/kita/facility/", "/verwaltung/kita/facility/1/change/",
    "/verwaltung/kita/facility/add/", "/verwaltung/kita/group/1/change/", "/verwaltung/kita/district/1/change/",
    "/verwaltung/kita/carrier/1/change/", "/verwaltung/kita/concept/add/", "/verwaltung/kita/landmark/",
    "/verwaltung/kitas/", "/verwaltung/kita/round/add/", "/verwaltung/kita/criterion/", "/verwaltung/kita/criterion/add/",
    "/verwaltung/core/banner/add/", "/verwaltung/accounts/user/1/change/", "/verwaltung/accounts/user/1/tun/adresse/",
    "/verwaltung/accounts/user/1/tun/faktor/",
]  # fmt: skip


def findings(page: Any, path: str) -> list[str]:
    """What axe says about the page as it stands, light and dark."""
    page.evaluate(AXE)
    found = []
    for scheme, rules in (("dark", OF_COLOUR), ("light", {})):
        page.emulate_media(color_scheme=scheme)
        found += [
            f"{path} ({scheme}): {v['id']} – {v['help']}: {[n['target'] for n in v['nodes'][:3]]} {v['nodes'][0]['html'][:160]}"
            for v in page.evaluate(RUN, rules)
        ]
    return found


def walk(page: Any, prefix: str, paths: list[str]) -> list[str]:
    """axe over several pages; a page that does not exist is a finding of its own."""
    found = []
    for path in paths:
        response = page.goto(prefix + path)
        # A page with errors is a page, too.
        if response.status >= 500 or (response.status == 404 and "gibt-es-nicht" not in path):
            found.append(f"{path}: status {response.status}")
            continue
        found += findings(page, prefix + path)
    return found


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["german", "english"])
def test_axe_finds_nothing_on_public_pages(person: Any, portal: Portal, prefix: str) -> None:
    someone = person()
    page = someone.page
    found = walk(page, prefix, PUBLIC)
    page.goto(prefix + "/konto/signup/")
    page.fill("[name=family_name]", "Łukaszewicz")
    page.fill("[name=email]", f"axe{prefix.strip('/')}@example.org")
    for field in ("password1", "password2"):
        page.fill(f"[name={field}]", "lampe krokodil montag")
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm-email/")
    found += findings(page, "code of the registration")
    page.fill("[name=code]", "AAAA-AAAA")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    found += findings(page, "wrong code of the registration")
    # A time that is held, the details with errors, the code.
    page.goto(prefix + "/termine/zeiten/?leistung=personalausweis&personen=1")
    follow(page.locator("#zeiten .wp-time").last)
    found += findings(page, "details of an appointment")
    follow(page.locator("main form button").first)
    found += findings(page, "details with errors")
    page.fill("[name=name]", "Ann O’Neill")
    page.fill("[name=email]", f"axe{prefix[1:]}@example.org")
    follow(page.locator("main form button").first)
    found += findings(page, "code")
    # The links of the mail: to confirm, then what one does with a booking.
    page.goto(portal.link(portal.wait_for_mail(f"axe{prefix[1:]}@example.org", "bestaetigen")))
    found += findings(page, "confirm by link")
    follow(page.locator("main form button").first)
    found += findings(page, "booking")
    # A time that went while somebody typed: the hold is gone and its counters are closed.
    page.goto(prefix + "/termine/zeiten/?leistung=personalausweis&personen=1&standort=vorsfelde")
    follow(page.locator("#zeiten .wp-time").last)
    held = page.url.split("/")[-3]
    close = """INSERT INTO appointments_closure (office_id, begins, ends, reason_de, reason_en)
        SELECT c.office_id, b.starts_at, b.ends_at, '', '' FROM appointments_booking b
        JOIN appointments_counter c ON c.id = b.counter_id WHERE b.id = %s RETURNING 1"""
    assert portal.query(close, held)
    lapse = "UPDATE appointments_booking SET expires_at = now() WHERE id = %s RETURNING 1"
    assert portal.query(lapse, held)
    page.fill("[name=name]", "Ann O’Neill")
    page.fill("[name=email]", "ann@example.org")
    follow(page.locator("main form button").first)
    assert page.input_value("[name=name]") == "Ann O’Neill"
    found += findings(page, "time that is gone")
    # Forms with errors: arriving, number and code, the waiting list. (Drawing a number, which needs an open office: see
    # test_town_hall.py.)
    for path in ("/termine/da/", "/termine/mit-code/", "/termine/warteliste/"):
        page.goto(prefix + path)
        follow(page.locator("main form button").last)
        found += findings(page, path + " with errors")
    # The code of a letter, and what it leads to.
    page.goto(prefix + "/code/")
    follow(page.locator("main form button").first)
    found += findings(page, "code of a letter with errors")
    portal.python("-m", "tests.journeys.make", "invited", "juergen@example.org")
    body = portal.wait_for_mail("eingeladen@example.org", "einladung")
    page.goto(portal.link(body).replace("/einladung/", f"{prefix}/einladung/"))
    found += findings(page, "invitation")
    follow(page.locator("main form button").first)
    found += findings(page, "invitation with errors")
    page.fill("[name=body]", "Stimmt.")
    follow(page.locator("main form button").first)
    found += findings(page, "invitation answered")
    page.goto(page.url)
    found += findings(page, "invitation used")
    # The code of a letter that is to be checked, and what is said of it.
    page.goto(prefix + "/pruefen/")
    follow(page.locator("main form button").first)
    found += findings(page, "checking a letter with errors")
    page.goto(prefix + "/pruefen/3333-3333-3333-3333-3333/")
    found += findings(page, "checking a letter that nobody knows")
    code = portal.python("-m", "tests.journeys.make", "letter", "juergen@example.org").strip()
    page.goto(f"{prefix}/pruefen/{code}/")
    found += findings(page, "letter that was checked")
    follow(page.locator("main form button").first)
    found += findings(page, "letter that was checked with errors")
    page.set_input_files("[name=file]", {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    follow(page.locator("main form button").first)
    found += findings(page, "letter that was changed")
    # A form with errors, and the message that was sent.
    page.goto(prefix + "/kontakt/")
    follow(page.locator("main form button").first)
    found += findings(page, "contact form with errors")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["german", "english"])
def test_axe_finds_nothing_on_pages_of_a_kita_s_head(person: Any, prefix: str) -> None:
    someone = person()
    page = someone.page
    someone.sign_in(LEYLA)
    found = walk(
        page, prefix, ["/mein-bereich/", "/kitas/haus/", "/kitas/haus/apfelbaum/", "/kitas/haus/apfelbaum/angaben/"]
    )
    page.fill("[name=email]", "keine Adresse")
    follow(page.locator("main form button").last)
    found += findings(page, "details with errors")
    for number in (0, 1):
        page.goto(f"{prefix}/kitas/haus/apfelbaum/")
        follow(page.locator("main .wp-actions a").nth(number))
        follow(page.locator("main form button").last)
        found += findings(page, "form of a group with errors")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["german", "english"])
def test_axe_finds_nothing_on_citizens_pages(person: Any, portal: Portal, prefix: str) -> None:
    someone = person()
    page = someone.page
    someone.sign_in("juergen@example.org")
    found = walk(page, prefix, CITIZEN)
    page.goto(prefix + "/mein-bereich/")
    for link in [a.get_attribute("href") for a in page.locator("main article a").all()][:3]:
        found += walk(page, "", [link])
    # How letters come, in one of the cases.
    page.goto(prefix + "/mein-bereich/")
    follow(page.locator("main a[href*='/mein-bereich/vorgaenge/']").first)
    found += findings(page, "case")
    follow(page.locator("main a[href$='/zustellung/']"))
    found += findings(page, "how letters come")
    # What came of a letter that went by post, and asking for another form of it.
    reference, delivery = portal.python("-m", "tests.journeys.make", "posted", "juergen@example.org").split()
    found += walk(page, prefix, [f"/mein-bereich/vorgaenge/{reference}/"])
    page.goto(f"{prefix}/bescheide/{delivery}/fassung/")
    follow(page.locator("main form button").first)
    found += findings(page, "another form of a letter with errors")
    # Every step of a form, empty with errors and filled; then the review page.
    page.goto(prefix + "/antraege/antrag/bewohnerparkausweis/")
    follow(page.locator("main form button").last)
    found += findings(page, "step person")
    page.fill("[name=house_number]", "")
    follow(page.locator(".wp-actions button").first)
    found += findings(page, "step with errors")
    page.fill("[name=birth_date]", "01.02.1970")
    page.fill("[name=house_number]", "12")
    follow(page.locator(".wp-actions button").first)
    page.fill("[name=plate]", "WOB AX 1")
    page.check("[name=owner][value=company_car]")
    page.locator("[name=employer_confirmation]").wait_for()
    found += findings(page, "step vehicle")
    for name in ("registration", "employer_confirmation"):
        page.set_input_files(f"[name={name}]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg_bytes()})
    follow(page.locator(".wp-actions button").first)
    found += findings(page, "step residence")
    page.check("[name=main_residence][value=yes]")
    page.check("[name=kind][value=first]")
    page.fill("[name=valid_from]", _soon())
    follow(page.locator(".wp-actions button").first)
    page.check("[name=true_information]")
    follow(page.locator(".wp-actions button").first)
    page.wait_for_url("**/pruefen/")
    found += findings(page, "review")
    page.check("[name=delivery][value=post]")
    follow(page.locator(".wp-actions button").first)
    page.wait_for_url("**/eingang/**")
    found += findings(page, "receipt")
    follow(page.locator("main .wp-actions a").first)
    found += findings(page, "own case")
    follow(page.locator("main aside a.kern-btn").first)
    found += findings(page, "withdraw")
    # What two have to agree to: proposed by this one, and to be agreed to.
    for proposer in ("juergen@example.org", "maria@example.org"):
        portal.python("-m", "tests.journeys.make", "proposed", "juergen@example.org", "maria@example.org", proposer)
        reference = portal.query("SELECT reference FROM cases_case ORDER BY id DESC LIMIT 1")[0][0]
        page.goto(f"{prefix}/mein-bereich/vorgaenge/{reference}/")
        assert page.locator(".wp-todo").count()
        found += findings(page, f"proposed by {proposer}")
    page.goto(prefix + "/mein-bereich/")
    found += findings(page, "agreement is missing")
    # A group with two entries.
    page.goto(prefix + "/antraege/antrag/hundesteuer-anmelden/")
    follow(page.locator("main form button").last)
    page.check("[name=applicant_kind][value=organisation]")
    page.locator("[name=organisation]").wait_for()
    found += findings(page, "step of an organisation")
    page.check("[name=applicant_kind][value=person]")
    page.locator("[name=birth_date]").wait_for()
    page.fill("[name=birth_date]", "01.02.1970")
    follow(page.locator(".wp-actions button").first)
    page.check("[name=joint_holding][value=no]")
    page.fill("[name=dogs_held]", "1")
    follow(page.locator(".wp-actions button").first)
    page.locator("button[name=_add]").click()
    page.locator("[name=dogs-1-name]").wait_for()
    found += findings(page, "step dogs")
    # What was typed when the log-in was gone.
    page.goto(prefix + "/konto/profil/")
    page.fill("[name=street]", "Große Kämpestraße am Schillerteich")
    someone.context.clear_cookies(name="sessionid")
    follow(page.locator("main form button").first)
    assert "Große Kämpestraße am Schillerteich" in page.locator("main textarea").first.input_value()
    found += findings(page, "kept input")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["german", "english"])
def test_axe_finds_nothing_on_staff_pages(person: Any, portal: Portal, prefix: str) -> None:
    clerk = person(viewport={"width": 1280, "height": 900})
    page = clerk.page
    clerk.sign_in(KARLA)
    found = walk(page, prefix, STAFF)
    portal.python(
        "-m", "tests.journeys.make", "proposed", "juergen@example.org", "maria@example.org", "maria@example.org"
    )
    reference = portal.query("SELECT reference FROM cases_case ORDER BY id DESC LIMIT 1")[0][0]
    page.goto(f"{prefix}/verwaltung/vorgaenge/{reference}/")
    assert page.locator(".wp-todo").count()
    found += findings(page, "case with a proposal")
    for kind in ("application", "contact"):
        page.goto(f"{prefix}/verwaltung/vorgaenge/?liste=open&art={kind}")
        follow(page.locator("table a").first)
        case = page.url
        for summary in page.locator("main details summary").all():
            summary.click()
        found += findings(page, f"{kind} case")
        follow(page.locator("main a[href*='/beteiligte/']").first)
        for summary in page.locator("main details summary").all():
            summary.click()
        found += findings(page, f"party of a {kind} case")
        if kind == "application":
            follow(page.locator("main details form:has([name=mandate-street]) button"))
            found += findings(page, "party with errors")
        page.goto(case)
        if kind == "contact":
            follow(page.locator("main .wp-actions a").nth(1))
            found += findings(page, "closing without an answer")
            page.goto(case)
        follow(page.locator("main .wp-actions a.kern-btn--primary").first)
        found += findings(page, f"{kind} decide or reply")
        if kind == "application":
            # What was typed for an earlier preview is still there.
            page.fill("[name=reasons]", "")
        follow(page.locator("main form .wp-actions button").first)
        found += findings(page, f"{kind} decide or reply with errors")
        if kind == "application":
            page.check("[name=outcome][value=rejected]")
            page.fill("[name=reasons]", "Der Stellplatz fehlt. 𠮷野")
            if page.locator("[name=fee]").count():
                page.fill("[name=fee]", "0")
            follow(page.locator("main form .wp-actions button").first)
            page.locator("img.wp-paper").first.wait_for(timeout=120000)
            found += findings(page, "preview of a letter")
        page.goto(case)
    # What came of a letter, and what can be put right.
    reference, delivery = portal.python("-m", "tests.journeys.make", "posted", "juergen@example.org").split()
    page.goto(f"{prefix}/verwaltung/vorgaenge/{reference}/")
    # The four forms come by themselves, beside the way to ask for one.
    page.locator("a[href*='/fassung/']").nth(4).wait_for(timeout=120000)
    for summary in page.locator("main details summary").all():
        summary.click()
    found += findings(page, "case with an appeal")
    for fact in ("posttag", "ankunft"):
        page.goto(f"{prefix}/bescheide/{delivery}/berichtigen/{fact}/")
        follow(page.locator("main form button").first)
        found += findings(page, f"{fact} with errors")
    found += walk(
        page, "", [f"{prefix}/bescheide/{delivery}/berichtigen/rueckkehr/", f"{prefix}/verwaltung/postausgang/"]
    )
    cdo = person()
    cdo.sign_in("samir@example.org")
    found += walk(cdo.page, prefix, ["/verwaltung/"])
    editor = person(viewport={"width": 1280, "height": 900})
    editor.sign_in("admin@example.org")
    found += walk(editor.page, prefix, ADMIN)
    assert not found, "\n".join(found)


def _soon() -> str:
    return (dt.date.today() + dt.timedelta(days=5)).strftime("%d.%m.%Y")
