"""Registering, signing in, taking one's data along, leaving."""

import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp

from apps.accounts.models import Profile, User
from apps.applications.models import Draft
from apps.applications.transitions import decide
from apps.cases.models import Case
from apps.cases.transitions import attach
from apps.core.models import OutgoingEmail, PrivateFile, ScanState
from apps.notices import rendering
from tests import factories
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db

NEW = {"email": "neu@example.org", "given_name": "Zoë", "family_name": "Łukaszewicz-Ñáñez",
       "password1": "ein langes Passwort 42", "password2": "ein langes Passwort 42"}  # fmt: skip


def signed_in_as(client: Any) -> str:
    """The address of whoever is signed in, or nothing."""
    user = User.objects.filter(pk=client.session.get("_auth_user_id")).first()
    return user.email if user else ""


def sign_in(client: Any, user: User, **more: str) -> Any:
    return client.post("/konto/login/", {"login": user.email, "password": factories.PASSWORD, **more})


def mail_to(address: str) -> OutgoingEmail:
    return OutgoingEmail.objects.get(to_address=address)


def code_in(mail: OutgoingEmail) -> str:
    """The code in a mail."""
    (code,) = re.findall(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.body, re.MULTILINE)
    return str(code)


def register(client: Any, **changes: str) -> Any:
    """Register and type the code from the mail; the answer to the code."""
    typed = NEW | changes
    client.post("/konto/signup/", typed)
    return client.post(
        "/konto/confirm-email/",
        {"code": code_in(OutgoingEmail.objects.filter(to_address=typed["email"]).latest("created_at"))},
    )


def link_in(mail: OutgoingEmail) -> str:
    """The path of the link in a mail."""
    (link,) = re.findall(r"https://testserver(/konto/\S+/[\w:-]{10,}/)", mail.body)
    return str(link)


def plain(answer: Any, *hidden: str) -> str:
    """A page without what differs from one answer to the next for no reason of ours."""
    text = answer.content.decode()
    text = re.sub(r'(name="csrfmiddlewaretoken" value="|nonce="|[a-zA-Z-]*token[^"]*": "?)[^"]*', r"\1", text)
    for word in hidden:
        text = text.replace(word, "ADDRESS")
    return text


# -- registering -----------------------------------------------------------------------------------


def test_registration_waits_for_the_code(client: Any) -> None:
    answer = client.post("/konto/signup/", NEW)
    assert answer["Location"] == "/konto/confirm-email/"
    assert "neu@example.org" in client.get("/konto/confirm-email/").content.decode()
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
    other_browser = type(client)()
    other_browser.post("/konto/login/", {"login": NEW["email"], "password": NEW["password1"]})
    assert signed_in_as(other_browser) == ""
    assert other_browser.get("/konto/confirm-email/")["Location"] == "/konto/signup/"


def test_code_makes_the_account_and_signs_in(client: Any) -> None:
    answer = register(client)
    assert answer.status_code == 302
    assert signed_in_as(client) == "neu@example.org"
    address = EmailAddress.objects.get()
    assert (address.email, address.verified, address.primary) == ("neu@example.org", True, True)
    assert client.get("/mein-bereich/").status_code == 200
    assert User.objects.get().check_password(NEW["password1"])


def test_code_is_typed_with_or_without_its_dash_in_any_case(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    typed = code_in(mail_to(NEW["email"])).lower().replace("-", " ")
    client.post("/konto/confirm-email/", {"code": typed})
    assert signed_in_as(client) == "neu@example.org"


def test_wrong_code_says_so_and_three_are_too_many(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    right = code_in(mail_to(NEW["email"]))
    for said in ("passt nicht", "passt nicht", "gilt nicht mehr"):
        answer = client.post("/konto/confirm-email/", {"code": "AAAA-AAAA"})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    client.post("/konto/confirm-email/", {"code": right})
    assert not User.objects.exists()


def test_second_click_on_the_code_finds_the_account(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    twin = type(client)()
    twin.cookies = client.cookies.copy()
    code = code_in(mail_to(NEW["email"]))
    for browser in (client, twin):
        assert browser.post("/konto/confirm-email/", {"code": code}).status_code == 302
    assert User.objects.count() == 1


def test_page_that_asked_for_the_account_comes_next(client: Any) -> None:
    client.post("/konto/signup/", {**NEW, "next": "/konto/profil/"})
    answer = client.post("/konto/confirm-email/", {"code": code_in(mail_to(NEW["email"]))})
    assert answer["Location"] == "/konto/profil/"


def test_names_are_kept_as_they_are_typed(client: Any) -> None:
    register(client)
    user = User.objects.get(email="neu@example.org")
    assert (user.given_name, user.family_name, user.language) == ("Zoë", "Łukaszewicz-Ñáñez", "de")


def test_person_with_one_name_can_register(client: Any) -> None:
    client.post("/en/konto/signup/", {**NEW, "given_name": ""})
    client.post("/en/konto/confirm-email/", {"code": code_in(mail_to(NEW["email"]))})
    user = User.objects.get(email="neu@example.org")
    assert (user.given_name, user.full_name, user.language) == ("", "Łukaszewicz-Ñáñez", "en")


@pytest.mark.parametrize("name", ["Ay\u202elin", "Ay\x07lin", "Ay\nlin", "\u200b"])
def test_characters_nobody_types_are_refused_in_a_name(client: Any, name: str) -> None:
    client.post("/konto/signup/", {**NEW, "family_name": name})
    assert not User.objects.filter(family_name=name).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"password1": "kurz", "password2": "kurz"},
        {"password1": "passwordpassword", "password2": "passwordpasswort"},
        {"password1": "qwertyuiop12", "password2": "anders"},
        {"email": "neu@example"},
        {"family_name": ""},
    ],
)
def test_registration_that_is_incomplete_makes_no_account_and_keeps_what_was_typed(
    client: Any, changes: dict[str, str]
) -> None:
    answer = client.post("/konto/signup/", {**NEW, **changes})
    assert answer.status_code == 200
    assert 'value="Zoë"' in answer.content.decode()
    assert not User.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_address_is_one_whatever_its_case(client: Any, aylin: User) -> None:
    client.post("/konto/signup/", {**NEW, "email": "AYLIN@example.org"})
    assert User.objects.count() == 1
    sign_in(client, aylin)
    assert signed_in_as(client) == "aylin@example.org"
    upper = type(client)()
    upper.post("/konto/login/", {"login": "AYLIN@EXAMPLE.ORG", "password": factories.PASSWORD})
    assert signed_in_as(upper) == "aylin@example.org"


# -- nobody learns who has an account ----------------------------------------------------------------


FORMS: list[tuple[str, Any]] = [
    ("/konto/login/", lambda address: {"login": address, "password": "falsch falsch falsch"}),
    ("/konto/signup/", lambda address: {**NEW, "email": address}),
    ("/konto/password/reset/", lambda address: {"email": address}),
    ("/konto/login/code/", lambda address: {"email": address}),
]


@pytest.mark.parametrize(("path", "filled_in"), FORMS, ids=[path for path, _form in FORMS])
def test_known_and_unknown_address_get_the_same_answer(client: Any, aylin: User, path: str, filled_in: Any) -> None:
    answers, mails = [], []
    for address in (aylin.email, "fremd@example.org"):
        browser = type(client)()
        browser.get(path)
        answer = browser.post(path, filled_in(address))
        pages = [(answer.status_code, answer.get("Location"), plain(answer, address))]
        if answer.status_code == 302:
            following = browser.get(answer["Location"])
            pages.append((following.status_code, following.get("Location"), plain(following, address)))
        pages.append((0, None, str(sorted(browser.cookies))))
        answers.append(pages)
        mails.append(OutgoingEmail.objects.filter(to_address=address).count())
    assert answers[0] == answers[1]
    if path != "/konto/login/":
        assert mails == [1, 1]


def test_whoever_has_an_account_already_is_told_so_by_mail_only(client: Any, aylin: User) -> None:
    client.post("/konto/signup/", {**NEW, "email": aylin.email})
    assert User.objects.count() == 1
    mail = mail_to(aylin.email)
    assert "gibt es aber schon ein Konto" in mail.body
    assert aylin.email in mail.body, "the mail speaks of an address and leaves it out"
    assert User.objects.get().check_password(factories.PASSWORD)


def test_whoever_has_no_account_is_told_so_by_mail_only(client: Any) -> None:
    client.post("/konto/password/reset/", {"email": "fremd@example.org"})
    assert "fremd@example.org" in mail_to("fremd@example.org").body, "the mail speaks of an address and leaves it out"


def test_code_mailed_before_a_change_of_the_key_fits_after_it(client: Any, settings: Any) -> None:
    client.post("/konto/signup/", NEW)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key " * 5
    client.post("/konto/confirm-email/", {"code": code_in(mail_to(NEW["email"]))})
    assert signed_in_as(client) == NEW["email"]


def test_guesses_count_together_whatever_host_the_browser_names(aylin: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    for number in range(5):
        guesser = SecureClient(headers={"host": f"localhost:{1000 + number}"})
        guesser.post("/konto/login/", {"login": aylin.email, "password": "falsch falsch falsch"})
    last = SecureClient(headers={"host": "localhost:2000"})
    sign_in(last, aylin)
    assert signed_in_as(last) == ""


def test_guessing_passwords_is_stopped(client: Any, aylin: User) -> None:
    for _ in range(12):
        client.post("/konto/login/", {"login": aylin.email, "password": "falsch falsch falsch"})
    sign_in(client, aylin)
    assert signed_in_as(client) == ""


# -- signing in --------------------------------------------------------------------------------------


def test_citizen_lands_in_the_own_area_and_staff_at_the_desk(client: Any, aylin: User, karla: User) -> None:
    for user, place in ((aylin, "/mein-bereich/"), (karla, "/verwaltung/")):
        browser = type(client)()
        answer = sign_in(browser, user)
        assert browser.get(answer["Location"])["Location"] == place


def test_page_that_asked_for_the_sign_in_comes_next(client: Any, aylin: User) -> None:
    asked = client.get("/konto/profil/")
    assert asked["Location"] == "/konto/login/?next=/konto/profil/"
    assert sign_in(client, aylin, next="/konto/profil/")["Location"] == "/konto/profil/"


EVIL = ["//evil.example/", "https://evil.example/", "http:evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "javascript:alert(1)", "https:///evil.example", "//testserver@evil.example",
        "https://testserver.evil.example/", " //evil.example", "\n//evil.example"]  # fmt: skip


@pytest.mark.parametrize("target", EVIL)
def test_nobody_is_sent_elsewhere_after_signing_in(client: Any, aylin: User, target: str) -> None:
    page = client.get("/konto/login/", {"next": target})
    assert page.status_code == 200
    answer = sign_in(client, aylin, next=target)
    assert answer.status_code == 302
    assert_stays(answer["Location"])


@pytest.mark.parametrize("target", EVIL)
def test_nobody_is_sent_elsewhere_after_signing_out_or_registering(client: Any, aylin: User, target: str) -> None:
    client.as_(aylin)
    assert_stays(client.post("/konto/logout/", {"next": target})["Location"])
    client.post("/konto/signup/", {**NEW, "next": target})
    assert_stays(client.post("/konto/confirm-email/", {"code": code_in(mail_to(NEW["email"]))})["Location"])


@pytest.mark.parametrize("target", EVIL)
def test_nobody_who_is_signed_in_already_is_sent_elsewhere(client: Any, aylin: User, target: str) -> None:
    answer = client.as_(aylin).get("/konto/login/", {"next": target})
    assert answer.status_code == 302
    assert_stays(answer["Location"])


def assert_stays(location: str) -> None:
    """A path of this portal, read as browsers read it."""
    as_browsers_read = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    assert re.match(r"^/(?!/)", as_browsers_read), location
    assert "evil" not in as_browsers_read.split("?")[0], location


def test_reset_by_mail_does_not_get_round_the_second_factor(client: Any, karla: User) -> None:
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    client.post("/konto/password/reset/", {"email": karla.email})
    form = client.get(link_in(mail_to(karla.email)))["Location"]
    new = {"password1": "ein anderes langes Passwort", "password2": "ein anderes langes Passwort"}
    client.post(form, new)
    assert signed_in_as(client) == ""
    karla.refresh_from_db()
    assert karla.check_password(new["password1"])
    client.post("/konto/login/", {"login": karla.email, "password": new["password1"]})
    assert signed_in_as(client) == ""


def test_links_in_mails_lead_to_the_portal_whatever_host_the_asking_browser_names(aylin: User, settings: Any) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://portal.wolfsburg.example", ["localhost"]
    for host in ("localhost:9999", "localhost.", "localhost"):
        client = SecureClient(headers={"host": host})
        for address in (aylin.email, "niemand@example.org"):
            assert client.post("/konto/password/reset/", {"email": address}).status_code == 302
        client.post("/konto/login/code/", {"email": aylin.email})
        client.post("/konto/signup/", NEW)
    mails = OutgoingEmail.objects.all()
    links = [link for mail in mails for link in re.findall(r"https?://\S+", mail.body)]
    assert {mail.purpose for mail in mails} >= {"account password_reset_key", "account unknown_account"}
    assert len(links) >= 6
    assert all(link.startswith("https://portal.wolfsburg.example/") for link in links), links
    assert not any("localhost" in mail.subject + mail.body for mail in mails)


def test_link_for_a_new_password_works_once(client: Any, aylin: User) -> None:
    client.post("/konto/password/reset/", {"email": aylin.email})
    link = link_in(mail_to(aylin.email))
    client.post(
        client.get(link)["Location"], {"password1": "ein anderes Passwort 1", "password2": "ein anderes Passwort 1"}
    )
    again = type(client)()
    answer = again.get(link)
    assert answer.status_code == 200
    assert 'name="password1"' not in answer.content.decode()


def test_new_password_is_confirmed_by_mail(client: Any, aylin: User) -> None:
    sign_in(client, aylin)
    client.post("/konto/password/change/", {"oldpassword": factories.PASSWORD, "password1": "ein anderes Passwort 1",
                                            "password2": "ein anderes Passwort 1"})  # fmt: skip
    aylin.refresh_from_db()
    assert aylin.check_password("ein anderes Passwort 1")
    assert mail_to(aylin.email).purpose.startswith("account")


# -- what was begun before signing in ------------------------------------------------------------------


def begin(client: Any, slug: str = "bewohnerparkausweis") -> Draft:
    """Begin an application without signing in and type a name."""
    answer = client.post(f"/antraege/antrag/{slug}/")
    assert answer.status_code == 302
    draft = Draft.objects.latest("created_at")
    person = {**factories.PERSON, "family_name": "Zimmermann", "birth_date": "14.03.1988"}
    saved = client.post(answer["Location"], {**person, "_shown": list(person)})
    assert saved.status_code == 302
    return Draft.objects.get(pk=draft.pk)


def test_draft_of_the_browser_moves_into_the_account_on_signing_in(client: Any, aylin: User) -> None:
    draft = begin(client)
    assert draft.owner is None
    sign_in(client, aylin)
    draft.refresh_from_db()
    assert draft.owner == aylin
    assert draft.answers["family_name"] == "Zimmermann"
    assert draft.get_absolute_url() in client.get("/mein-bereich/").content.decode()


def test_draft_of_the_browser_moves_into_a_new_account(client: Any) -> None:
    draft = begin(client)
    client.post("/konto/signup/", NEW)
    draft.refresh_from_db()
    assert draft.owner is None
    client.post("/konto/confirm-email/", {"code": code_in(mail_to(NEW["email"]))})
    draft.refresh_from_db()
    assert draft.owner == User.objects.get(email=NEW["email"])


def test_draft_of_the_browser_moves_with_a_code_by_mail_too(client: Any, aylin: User) -> None:
    draft = begin(client)
    client.post("/konto/login/code/", {"email": aylin.email})
    client.post("/konto/login/code/confirm/", {"code": code_in(mail_to(aylin.email))})
    draft.refresh_from_db()
    assert draft.owner == aylin


def test_draft_of_another_browser_stays_where_it_is(client: Any, aylin: User) -> None:
    draft = begin(type(client)())
    sign_in(client, aylin)
    draft.refresh_from_db()
    assert draft.owner is None
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_draft_that_has_an_owner_is_not_taken_by_the_next_person_at_the_browser(
    client: Any, aylin: User, juergen: User
) -> None:
    draft = begin(client)
    sign_in(client, aylin)
    client.post("/konto/logout/")
    sign_in(client, juergen)
    draft.refresh_from_db()
    assert draft.owner == aylin
    assert client.get(f"/antraege/entwurf/{draft.pk}/schritt/person/").status_code == 404


def test_cookie_of_a_browser_cannot_be_made_up(client: Any, aylin: User) -> None:
    draft = begin(client)
    thief = type(client)()
    name = next(n for n in client.cookies if "draft" in n)
    thief.cookies[name] = client.cookies[name].value[:-1] + "x"
    sign_in(thief, aylin)
    draft.refresh_from_db()
    assert draft.owner is None


def test_what_was_typed_weighs_more_than_the_profile(client: Any, aylin: User) -> None:
    Profile.objects.create(user=aylin, street="Porschestraße", house_number="49", postcode="38440", city="Wolfsburg")
    draft = begin(client)
    sign_in(client, aylin)
    draft.refresh_from_db()
    assert draft.answers["street"] == "Goethestraße"


# -- the account -----------------------------------------------------------------------------------------


def test_profile_fills_in_the_next_form(client: Any, aylin: User) -> None:
    filled_in = {"given_name": "Aylin", "family_name": "Özdemir-Groß", "language": "de", "street": "Goethestraße",
                 "house_number": "12a", "postcode": "38440", "city": "Wolfsburg", "birth_date": "14.03.1988", "phone": ""}  # fmt: skip
    assert client.as_(aylin).post("/konto/profil/", filled_in).status_code == 302
    answer = client.post("/antraege/antrag/hundesteuer-anmelden/")
    # What is asked of people only appears with the answer, filled in as well.
    client.post(answer["Location"], {"applicant_kind": "person", "_refresh": "1"})
    page = client.get(answer["Location"]).content.decode()
    for value in ("Özdemir-Groß", "Goethestraße", "12a", "38440", "14.03.1988"):
        assert f'value="{value}"' in page


@pytest.mark.parametrize("birth_date", ["31.02.1988", "14.03.2999", "14.03.1850", "gestern"])
def test_day_of_birth_has_to_be_one(client: Any, aylin: User, birth_date: str) -> None:
    filled_in = {
        "given_name": "",
        "family_name": "Özdemir",
        "language": "de",
        "birth_date": birth_date,
        "street": "Goethestraße",
    }
    answer = client.as_(aylin).post("/konto/profil/", filled_in)
    assert answer.status_code == 422
    assert 'value="Goethestraße"' in answer.content.decode()
    assert not Profile.objects.exclude(birth_date=None, street="").exists()


def test_profile_refuses_a_language_the_portal_does_not_speak(client: Any, aylin: User) -> None:
    answer = client.as_(aylin).post("/konto/profil/", {"family_name": "Özdemir", "language": "xx"})
    aylin.refresh_from_db()
    assert aylin.language == "de"
    assert answer.status_code == 422


def zipped(answer: Any) -> zipfile.ZipFile:
    """The archive in an answer."""
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def data_of(answer: Any) -> Any:
    """The data in it."""
    with zipped(answer) as archive:
        return json.loads(archive.read("meine-daten.json"))


def test_export_holds_what_the_portal_knows_of_the_person(client: Any, aylin: User, juergen: User) -> None:
    Profile.objects.create(user=aylin, street="Goethestraße", postcode="38440", city="Wolfsburg", phone="05361 1234")
    case = factories.parking_case(aylin, remarks="Ich parke vor dem Haus.")
    theirs = factories.parking_case(juergen, plate="WOB JO 1")
    answer = client.as_(aylin).get("/konto/daten/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="meine-daten.zip"'
    assert "no-store" in answer["Cache-Control"]
    exported = json.dumps(data_of(answer), ensure_ascii=False)
    for known in (
        aylin.email,
        "Özdemir-Groß",
        "Goethestraße",
        "05361 1234",
        case.reference,
        "WOB AO 123",
        "Ich parke vor dem Haus.",
        "gilt der Bescheid einen Tag nach Ihrem Abruf als bekannt gegeben",
    ):
        assert known in exported, known
    for foreign in (juergen.email, theirs.reference, "WOB JO 1"):
        assert foreign not in exported


def test_export_holds_letters_and_files_and_speaks_english(client: Any, aylin: User, karla: User) -> None:
    case = factories.parking_case(aylin)
    decide(case, outcome="rejected", reasons="Kein Platz.", by=karla)
    notice = factories.delivery_of(case)
    english = data_of(client.as_(aylin).get("/en/konto/daten/"))
    [exported] = english["Cases"]
    assert exported["Files"] == ["zulassung.jpg"]
    [letter] = exported["Notices"]
    assert letter["Outcome"] == notice.notice.result_en
    assert letter["Address"].endswith(notice.get_absolute_url())


def test_export_holds_what_was_begun_and_not_sent(client: Any, aylin: User) -> None:
    factories.parking_draft(aylin, plate="WOB ZZ 99")
    with zipped(client.as_(aylin).get("/konto/daten/")) as archive:
        assert b"WOB ZZ 99" in archive.read("meine-daten.json")
        assert archive.read("Entwurf bewohnerparkausweis/zulassung.jpg").startswith(b"\xff\xd8")


def test_export_holds_files_by_case_and_letters_that_were_opened(
    client: Any, aylin: User, juergen: User, karla: User
) -> None:
    case, theirs = factories.parking_case(aylin), factories.parking_case(juergen)
    file = case.attachments.get().file
    attach(
        case,
        PrivateFile.objects.create(content=file.content, name=file.name, media_type=file.media_type, size=1),
        label="x",
        only_for=[case.parties.get().pk],
    )
    decide(case, outcome="rejected", reasons="Kein Platz.", by=karla)
    notice = factories.delivery_of(case)
    rendering.render(notice.letter_id)
    with zipped(client.as_(aylin).get("/konto/daten/")) as archive:
        names = archive.namelist()
        assert archive.read(f"{case.reference}/zulassung.jpg") == archive.read(f"{case.reference}/zulassung (2).jpg")
        assert archive.testzip() is None
    # To take it along unread would be to fetch it.
    assert names == ["meine-daten.json", f"{case.reference}/zulassung.jpg", f"{case.reference}/zulassung (2).jpg"]
    assert theirs.reference not in "".join(names)
    notice.refresh_from_db()
    assert notice.opened_at is None
    client.get(notice.get_absolute_url())
    PrivateFile.objects.filter(pk=file.pk).update(scan=ScanState.INFECTED)
    file.content.storage.delete(file.content.name)
    with zipped(client.get("/konto/daten/")) as archive:
        assert archive.read(f"{case.reference}/{notice.filename}").startswith(b"%PDF-")
        # Of two files one is infected, and the bytes of the other are gone.
        assert archive.read(f"{case.reference}/zulassung.jpg") == b""
        assert f"{case.reference}/zulassung (2).jpg" not in archive.namelist()


@pytest.mark.parametrize("path", ["/konto/", "/konto/profil/", "/konto/daten/", "/konto/loeschen/", "/mein-bereich/"])
def test_account_is_for_whoever_is_signed_in(client: Any, path: str) -> None:
    assert client.get(path)["Location"] == f"/konto/login/?next={path}"


# -- leaving -----------------------------------------------------------------------------------------------


def test_closing_asks_first(client: Any, aylin: User) -> None:
    assert client.as_(aylin).get("/konto/loeschen/").status_code == 200
    aylin.refresh_from_db()
    assert aylin.is_active


def test_closed_account_has_no_name_and_no_way_in(client: Any, aylin: User) -> None:
    Profile.objects.create(user=aylin, street="Goethestraße")
    other_browser = type(client)()
    sign_in(other_browser, aylin)
    sign_in(client, aylin)
    assert client.post("/konto/loeschen/")["Location"] == "/"
    assert "Ihr Konto ist geschlossen." in client.get("/").content.decode()
    closed = User.objects.get(pk=aylin.pk)
    assert (closed.given_name, closed.family_name, closed.is_active) == ("", "", False)
    assert "aylin" not in closed.email
    assert not Profile.objects.exists()
    assert not EmailAddress.objects.exists()
    assert signed_in_as(client) == ""
    assert other_browser.get("/mein-bereich/").status_code == 302
    again = type(client)()
    again.post("/konto/login/", {"login": "aylin@example.org", "password": factories.PASSWORD})
    assert signed_in_as(again) == ""


def test_cases_of_a_closed_account_stay_with_the_city(client: Any, aylin: User, karla: User) -> None:
    case = factories.parking_case(aylin)
    client.as_(aylin).post("/konto/loeschen/")
    assert Case.objects.get(pk=case.pk).parties.get().family_name == "Özdemir-Groß"
    assert client.as_(karla).get(case.staff_url).status_code == 200


def test_drafts_of_a_closed_account_are_gone_with_their_files(
    client: Any, aylin: User, django_capture_on_commit_callbacks: Any
) -> None:
    """Nobody can finish them any more, and the city has no reason to keep them."""
    draft = factories.parking_draft(aylin)
    path = Path(draft.uploads.get().file.content.path)
    with django_capture_on_commit_callbacks(execute=True):
        client.as_(aylin).post("/konto/loeschen/")
    assert not Draft.objects.exists()
    assert not PrivateFile.objects.exists()
    assert not path.exists()


def test_address_of_a_closed_account_can_be_registered_anew(client: Any, aylin: User) -> None:
    client.as_(aylin).post("/konto/loeschen/")
    OutgoingEmail.objects.all().delete()
    browser = type(client)()
    register(browser, email="aylin@example.org")
    assert signed_in_as(browser) == "aylin@example.org"
    assert User.objects.filter(email="aylin@example.org").get().pk != aylin.pk


def test_member_of_staff_cannot_close_the_account(client: Any, karla: User) -> None:
    client.as_(karla).post("/konto/loeschen/")
    karla.refresh_from_db()
    assert karla.is_active


PROFILE = {
    "given_name": "Aylin", "family_name": "Özdemir-Groß", "language": "de", "street": "Porschestraße", "house_number": "12 a",
    "postcode": "38440", "city": "Wolfsburg", "birth_date": "", "phone": "",
}  # fmt: skip


@pytest.mark.parametrize("typed", ["31031985", "31.3.85", "31. März 1985", "1985-03-31"])
def test_profile_understands_a_birthday_as_the_forms_do(client: Any, aylin: User, typed: str) -> None:
    assert client.as_(aylin).post("/konto/profil/", PROFILE | {"birth_date": typed}).status_code == 302
    assert Profile.objects.get(user=aylin).birth_date == dt.date(1985, 3, 31)


def test_profile_keeps_nothing_invisible_and_nothing_that_forms_refuse(client: Any, aylin: User) -> None:
    typed = PROFILE | {
        "family_name": "Özdemir\u2011Groß\u200b",
        "street": "Porsche\u00adstraße",
        "phone": "05361\u00a0281234",
    }
    assert client.as_(aylin).post("/konto/profil/", typed).status_code == 302
    aylin.refresh_from_db()
    profile = Profile.objects.get(user=aylin)
    assert (aylin.family_name, profile.street, profile.phone) == ("Özdemir-Groß", "Porschestraße", "05361 281234")
    refused = client.post("/konto/profil/", PROFILE | {"phone": "ruf mich an", "birth_date": "1.1.2090"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Eine Telefonnummer besteht aus Ziffern." in page
    assert "kann kein Geburtsdatum sein" in page
    assert "ruf mich an" in page
    assert "1.1.2090" in page


def test_ones_data_hold_every_entry_that_was_declared(client: Any, aylin: User) -> None:
    factories.dog_case(aylin)
    client.as_(aylin)
    data = data_of(client.get("/konto/daten/"))
    dogs = data["Vorgänge"][0]["Ihre Hunde"]
    assert [dogs[f"Hund {number}"]["Rufname"] for number in (1, 2, 3)] == ["Bruno", "Käthe", "Ødin"]


def test_archive_is_made_so_often_an_hour(client: Any, aylin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.accounts.views.account.EXPORTS_PER_HOUR", 2)
    client.as_(aylin)
    assert [client.get("/konto/daten/").status_code for _ in range(3)] == [200, 200, 429]
