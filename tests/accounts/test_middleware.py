"""How long somebody stays signed in, and what staff see before they have a second factor."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as portal_settings
from django.contrib.sessions.models import Session

from apps.accounts.models import User
from apps.cases.models import Case
from tests import factories

pytestmark = pytest.mark.django_db

MORNING = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands at eight in the morning until it is moved."""
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def at(clock: Any, **later: float) -> None:
    clock.move_to(MORNING + dt.timedelta(**later))


def signed_in(client: Any) -> bool:
    """Whether the browser's next click is still that of somebody who is signed in."""
    return bool(client.get("/mein-bereich/").status_code == 200)


# -- sessions that strangers cause ----------------------------------------------------------------


def _causes_a_session(client: Any, address: str = "203.0.113.1") -> Any:
    """Ask for what keeps something for a visitor nobody knows; each time from a browser without a cookie."""
    client.cookies.clear()
    return client.get(
        "/konto/sicherheit/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}, REMOTE_ADDR=address
    )


@pytest.fixture
def few_sessions(settings: Any) -> None:
    settings.NEW_SESSIONS_PER_HOUR = 3


def test_network_begins_only_so_many_sessions(client: Any, few_sessions: None) -> None:
    assert [_causes_a_session(client).status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert Session.objects.count() == 3
    assert _causes_a_session(client, "203.0.113.2").status_code == 200


def test_household_with_many_networks_begins_only_so_many_sessions(client: Any, few_sessions: None) -> None:
    for number in range(40):
        _causes_a_session(client, f"2001:db8:0:12{number:02x}::1")
    assert Session.objects.count() == 3 * 4


def test_above_the_limit_pages_are_there_and_nothing_is_done_for_whoever_has_no_session(
    client: Any, few_sessions: None, aylin: User
) -> None:
    while _causes_a_session(client).status_code == 200:
        pass
    client.cookies.clear()
    assert client.get("/", REMOTE_ADDR="203.0.113.1").status_code == 200
    form = {"login": "aylin@example.org", "password": factories.PASSWORD}
    client.cookies["sessionid"] = "made-up"
    refused = client.post("/konto/login/", form, REMOTE_ADDR="203.0.113.1")
    assert refused.status_code == 429
    assert client.post("/api/v1/appointments/holds", {}, REMOTE_ADDR="203.0.113.1").status_code in (400, 415)
    assert "sehr viele Anfragen" in refused.content.decode()
    # Whoever has one goes on, and others come in.
    client.as_(aylin)
    assert client.post("/konto/logout/", REMOTE_ADDR="203.0.113.1").status_code == 302
    client.cookies.clear()
    assert client.post("/konto/login/", form, REMOTE_ADDR="203.0.113.2").status_code == 302


def test_session_of_nobody_is_kept_for_a_day_and_of_somebody_for_a_week(client: Any, aylin: User, clock: Any) -> None:
    _causes_a_session(client)
    assert Session.objects.get().expire_date == MORNING + dt.timedelta(days=1)
    client.as_(aylin)
    assert Session.objects.latest("expire_date").expire_date == MORNING + dt.timedelta(days=7)


def test_network_sends_only_so_many_forms_of_the_account(client: Any, settings: Any) -> None:
    settings.ACCOUNT_FORMS_PER_MINUTE = 2
    asked = [
        client.post("/konto/password/reset/", {"email": f"{n}@example.org"}, REMOTE_ADDR=f"2001:db8:0:12{n:02x}::1")
        for n in range(12)
    ]
    assert [a.status_code for a in asked] == [302] * 8 + [429] * 4
    assert client.get("/konto/password/reset/", REMOTE_ADDR="2001:db8:0:1201::1").status_code == 200
    assert client.post("/en/konto/login/", {}, REMOTE_ADDR="2001:db8:0:1201::1").status_code == 429


# -- sessions ------------------------------------------------------------------------------------


def test_citizen_stays_signed_in_for_an_hour_without_a_click(client: Any, aylin: User, clock: Any) -> None:
    client.as_(aylin).get("/")
    at(clock, minutes=59)
    assert signed_in(client)


def test_citizen_is_signed_out_after_an_hour_without_a_click(client: Any, aylin: User, clock: Any) -> None:
    client.as_(aylin).get("/")
    at(clock, minutes=61)
    answer = client.get("/mein-bereich/")
    assert answer.status_code == 302
    assert answer["Location"] == "/konto/login/?next=/mein-bereich/"
    assert "zu Ihrer Sicherheit abgemeldet" in client.get(answer["Location"]).content.decode()
    assert "_auth_user_id" not in client.session


def test_every_click_begins_the_hour_anew(client: Any, aylin: User, clock: Any) -> None:
    client.as_(aylin).get("/")
    for minutes in range(50, 500, 50):
        at(clock, minutes=minutes)
        assert signed_in(client), minutes


@pytest.mark.parametrize("who", ["karla", "samir"])
def test_staff_are_signed_out_after_half_an_hour(client: Any, who: str, request: Any, clock: Any) -> None:
    client.as_(request.getfixturevalue(who)).get("/verwaltung/")
    at(clock, minutes=29)
    assert client.get("/verwaltung/").status_code == 200
    at(clock, minutes=29 + 31)
    assert client.get("/verwaltung/").status_code == 302


@pytest.mark.parametrize("who", ["aylin", "karla"])
def test_nobody_stays_signed_in_longer_than_a_working_day(client: Any, who: str, request: Any, clock: Any) -> None:
    client.as_(request.getfixturevalue(who)).get("/")
    for minutes in range(20, 601, 20):
        at(clock, minutes=minutes)
        assert signed_in(client), minutes
    at(clock, minutes=601)
    assert not signed_in(client)


def test_who_signs_in_again_gets_a_whole_day_again(client: Any, aylin: User, clock: Any) -> None:
    client.as_(aylin).get("/")
    at(clock, hours=2)
    assert not signed_in(client)
    client.as_(aylin).get("/")
    for minutes in range(2 * 60 + 50, 2 * 60 + 600, 50):
        at(clock, minutes=minutes)
        assert signed_in(client), minutes


def test_click_that_comes_too_late_changes_nothing(client: Any, aylin: User, clock: Any) -> None:
    case = factories.parking_case(aylin)
    client.as_(aylin).get("/")
    at(clock, minutes=61)
    client.post(f"/mein-bereich/vorgaenge/{case.reference}/tun/withdraw/")
    assert Case.objects.get(pk=case.pk).status == "submitted"


def test_visitor_who_is_not_signed_in_is_not_disturbed(client: Any, clock: Any) -> None:
    client.get("/")
    at(clock, hours=20)
    answer = client.get("/")
    assert answer.status_code == 200
    assert "abgemeldet" not in answer.content.decode()


def test_time_of_a_click_is_not_written_each_time(client: Any, aylin: User, clock: Any) -> None:
    client.as_(aylin).get("/")
    seen = client.session["seen_at"]
    at(clock, seconds=30)
    client.get("/")
    assert client.session["seen_at"] == seen
    at(clock, seconds=61)
    client.get("/")
    assert client.session["seen_at"] == seen + 61


def test_account_that_is_closed_meanwhile_is_signed_out_everywhere(client: Any, aylin: User) -> None:
    client.as_(aylin)
    assert signed_in(client)
    User.objects.filter(pk=aylin.pk).update(is_active=False)
    assert not signed_in(client)


def test_session_ends_with_the_browser_and_its_cookie_is_shut(client: Any, aylin: User) -> None:
    client.post("/konto/login/", {"login": aylin.email, "password": factories.PASSWORD})
    cookie = client.cookies[portal_settings.SESSION_COOKIE_NAME]
    assert portal_settings.SESSION_COOKIE_NAME.startswith("__Host-")
    assert cookie["max-age"] == ""
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
        True, True, "Lax", "/", "",
    )  # fmt: skip


def test_session_key_changes_with_the_sign_in(client: Any, aylin: User) -> None:
    client.post("/kontakt/", {})
    session = client.session
    session["before"] = True
    session.save()
    client.cookies[portal_settings.SESSION_COOKIE_NAME] = session.session_key
    old = session.session_key
    client.post("/konto/login/", {"login": aylin.email, "password": factories.PASSWORD})
    assert client.session.session_key != old


# -- second factor ---------------------------------------------------------------------------------


@pytest.fixture
def required(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = True


STAFF_PAGES = ["/verwaltung/", "/verwaltung/vorgaenge/", "/verwaltung/stammdaten/", "/", "/mein-bereich/", "/konto/",
               "/konto/daten/", "/konto/email/", "/konto/password/change/", "/leistungen/", "/konto/sicherheit/",
               "/konto/sicherheit/totp/activate/", "/konto/sitzungen/"]  # fmt: skip
MISSING = "/konto/zweiter-faktor-fehlt/"


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_staff_without_a_second_factor_see_only_how_to_get_one(
    client: Any, karla: User, required: None, path: str
) -> None:
    answer = client.as_(karla).get(path)
    assert answer.status_code == 302
    assert answer["Location"] == MISSING
    page = client.get(MISSING)
    assert page.status_code == 200
    assert "Systemverwaltung" in page.content.decode()


def test_staff_without_a_second_factor_change_nothing(
    client: Any, karla: User, required: None, parking_case: Case
) -> None:
    answer = client.as_(karla).post(f"/verwaltung/vorgaenge/{parking_case.reference}/tun/take/")
    assert answer["Location"] == MISSING
    assert Case.objects.get(pk=parking_case.pk).assignee is None


@pytest.mark.parametrize("who", ["karla", "henrike", "samir"])
def test_every_member_of_staff_is_asked(client: Any, who: str, request: Any, required: None) -> None:
    assert client.as_(request.getfixturevalue(who)).get("/verwaltung/")["Location"] == MISSING


@pytest.mark.parametrize(
    "path", ["/verwaltung/accounts/user/", "/verwaltung/mfa/authenticator/", "/verwaltung/mfa/authenticator/add/"]
)
def test_administrator_is_asked_too(client: Any, required: None, path: str) -> None:
    root = User.objects.create_superuser("root@example.org", factories.PASSWORD)
    assert client.as_(root).get(path).get("Location", "") in (MISSING, "")
    assert client.get(path).status_code in (302, 404)


def test_citizens_and_visitors_are_not_asked(client: Any, aylin: User, required: None) -> None:
    assert client.get("/").status_code == 200
    assert client.as_(aylin).get("/mein-bereich/").status_code == 200


def test_demo_lets_staff_in_without(client: Any, karla: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    assert client.as_(karla).get("/verwaltung/").status_code == 200


@pytest.fixture
def secret(karla: User) -> str:
    """The secret of Karla's second factor."""
    made = str(totp.generate_totp_secret())
    totp.TOTP.activate(karla, made)
    RecoveryCodes.activate(karla)
    return made


@contextmanager
def showing(secret: str) -> Iterator[str]:
    """What the app shows now, and a clock that stands as long as it is typed: a code holds for half a minute."""
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now, tick=False):
        yield code(secret, now.timestamp())


def code(secret: str, when: float) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(when) // 30)))


def test_password_alone_does_not_sign_in_whoever_has_a_second_factor(
    client: Any, karla: User, secret: str, clock: Any
) -> None:
    answer = client.post("/konto/login/", {"login": karla.email, "password": factories.PASSWORD})
    assert answer["Location"] == "/konto/sicherheit/authenticate/"
    assert client.get("/verwaltung/").status_code == 302
    assert client.post("/konto/sicherheit/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/verwaltung/").status_code == 302
    client.post("/konto/sicherheit/authenticate/", {"code": code(secret, MORNING.timestamp())})
    assert client.get("/verwaltung/").status_code == 200


def test_code_is_good_for_one_sign_in(client: Any, karla: User, secret: str, clock: Any) -> None:
    for expected in (200, 302):
        browser = type(client)()
        browser.post("/konto/login/", {"login": karla.email, "password": factories.PASSWORD})
        browser.post("/konto/sicherheit/authenticate/", {"code": code(secret, MORNING.timestamp())})
        assert browser.get("/verwaltung/").status_code == expected


def test_secret_of_a_second_factor_is_encrypted_in_the_database(karla: User, secret: str) -> None:
    for authenticator in karla.authenticator_set.all():
        assert secret not in str(authenticator.data)
    with showing(secret) as typed:
        assert karla.authenticator_set.get(type="totp").wrap().validate_code(typed)


# -- pages that ask by themselves -------------------------------------------------------------------------


def test_page_that_asks_by_itself_does_not_keep_anybody_signed_in(
    client: Any, karla: User, clock: Any, settings: Any
) -> None:
    """The counter asks every five seconds, whether somebody sits there or not."""
    from tests.appointments import setting

    office = setting.office()
    counter = office.counters.first()
    client.as_(karla).get("/verwaltung/")
    for minute in range(1, 30, 2):
        at(clock, minutes=minute)
        assert client.get(f"/verwaltung/schalter/{counter.pk}/?teil=1").status_code in (200, 404)
    at(clock, minutes=31)
    assert client.get("/verwaltung/").status_code == 302


def test_click_at_the_counter_is_one(client: Any, karla: User, clock: Any) -> None:
    client.as_(karla).get("/verwaltung/")
    for minute in range(20, 100, 20):
        at(clock, minutes=minute)
        assert client.get("/verwaltung/").status_code == 200
