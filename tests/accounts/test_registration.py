"""Nobody makes an account for somebody else: whoever proves an address owns what is in it, and nothing else is."""

import threading
import time
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts import codes, devices, registration
from apps.accounts.models import Membership, Profile, User
from apps.applications.models import Draft
from apps.core.models import OutgoingEmail
from tests import factories
from tests.accounts.test_account import NEW, begin, code_in, register, sign_in, signed_in_as
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db
STRANGERS = {"password1": "das Kennwort eines Fremden", "password2": "das Kennwort eines Fremden"}


def unproven(email: str = "neu@example.org", **fields: Any) -> User:
    """A row as an earlier version, or an administrator, has left it: with a password, without a proof."""
    return User.objects.create_user(email, STRANGERS["password1"], family_name="Fremd", **fields)


def latest(address: str) -> OutgoingEmail:
    return OutgoingEmail.objects.filter(to_address=address).latest("created_at")


def test_password_set_by_a_stranger_does_not_open_the_owners_account(client: Any) -> None:
    stranger = SecureClient()
    stranger.post("/konto/signup/", NEW | STRANGERS)
    register(client)
    assert signed_in_as(client) == NEW["email"]
    for browser in (stranger, SecureClient()):
        browser.post("/konto/login/", {"login": NEW["email"], "password": STRANGERS["password1"]})
        assert signed_in_as(browser) == ""
    owner = User.objects.get()
    assert owner.check_password(NEW["password1"])
    assert owner.family_name == NEW["family_name"]


@pytest.mark.parametrize("spelling", ["neu@example.org\u200b", " NEU@exam\u00adple.org", "neu@ｅxample.org"])
def test_other_spelling_of_an_address_is_no_second_account(client: Any, spelling: str) -> None:
    register(client)
    other = SecureClient()
    other.post("/konto/signup/", NEW | {"email": spelling})
    told = OutgoingEmail.objects.latest("created_at")
    assert told.to_address == NEW["email"]
    assert "gibt es schon" in told.subject + told.body or "schon ein Konto" in told.subject + told.body
    other.post("/konto/login/", {"login": spelling, "password": NEW["password1"]})
    assert signed_in_as(other) == NEW["email"]
    assert User.objects.count() == 1


def test_second_sign_up_gets_a_fresh_mail_and_its_own_code(client: Any) -> None:
    stranger = SecureClient()
    stranger.post("/konto/signup/", NEW | STRANGERS)
    client.post("/konto/signup/", NEW)
    first, second = (code_in(m) for m in OutgoingEmail.objects.filter(to_address=NEW["email"]).order_by("created_at"))
    # The stranger's code typed by the owner fits nothing here, and the owner's fits nothing there.
    assert client.post("/konto/confirm-email/", {"code": first}).status_code == 422
    assert stranger.post("/konto/confirm-email/", {"code": second}).status_code == 422
    client.post("/konto/confirm-email/", {"code": second})
    assert signed_in_as(client) == NEW["email"]


def test_row_without_proof_blocks_nobody_and_passes_nothing_on(client: Any) -> None:
    old = unproven()
    EmailAddress.objects.create(user=old, email=old.email, verified=False, primary=True)
    Profile.objects.create(user=old, street="Fremde Straße")
    totp.TOTP.activate(old, totp.generate_totp_secret())
    draft = factories.draft(old, "bewohnerparkausweis", factories.parking_answers())
    elsewhere = SecureClient().as_(old)
    assert elsewhere.get("/mein-bereich/").status_code == 200
    register(client)
    assert signed_in_as(client) == NEW["email"]
    assert User.objects.get().pk == old.pk
    assert User.objects.get().full_name == "Zoë Łukaszewicz-Ñáñez"
    assert not User.objects.get().check_password(STRANGERS["password1"])
    assert not Authenticator.objects.exists()
    assert not Profile.objects.exists()
    assert not Draft.objects.filter(pk=draft.pk).exists()
    assert elsewhere.get("/mein-bereich/").status_code == 302
    assert EmailAddress.objects.get().verified


def test_row_without_proof_cannot_be_signed_in_to(client: Any) -> None:
    unproven()
    client.post("/konto/login/", {"login": NEW["email"], "password": STRANGERS["password1"]})
    assert signed_in_as(client) == ""
    # Neither code nor reset link: the mail says how to register, which proves the address.
    for path in ("/konto/login/code/", "/konto/password/reset/"):
        client.post(path, {"email": NEW["email"]})
        assert "/konto/signup/" in latest(NEW["email"]).body
        assert "reset/key" not in latest(NEW["email"]).body


def test_browser_that_types_the_code_keeps_what_it_had_begun(client: Any) -> None:
    draft = begin(client)
    theirs = begin(SecureClient())
    register(client)
    draft.refresh_from_db()
    theirs.refresh_from_db()
    owner = User.objects.get()
    assert (draft.owner, theirs.owner) == (owner, None)
    elsewhere = SecureClient()
    elsewhere.post("/konto/login/", {"login": NEW["email"], "password": NEW["password1"]})
    assert draft.get_absolute_url() in elsewhere.get("/mein-bereich/").content.decode()
    assert theirs.get_absolute_url() not in elsewhere.get("/mein-bereich/").content.decode()


def test_no_password_lies_in_the_session(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    assert NEW["password1"] not in str(dict(client.session))


def test_code_of_one_browser_is_worth_nothing_in_another(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    code = code_in(latest(NEW["email"]))
    other = SecureClient()
    assert other.post("/konto/confirm-email/", {"code": code}).status_code == 302
    assert not User.objects.exists()


def test_staff_made_of_an_account_without_proof_inherit_no_strangers_password(client: Any, settings: Any) -> None:
    old = unproven("neu@wolfsburg.example")
    root = factories.staff("root@example.org", "Rosa", "Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    client.as_(User.objects.get(pk=root.pk))
    form = {"given_name": "Nele", "family_name": "Neu", "language": "de", "is_active": "on", "is_staff": "on",
            "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}  # fmt: skip
    assert client.post(f"/verwaltung/accounts/user/{old.pk}/change/", form).status_code == 302
    old.refresh_from_db()
    assert old.is_staff
    assert not old.has_usable_password()
    assert old.full_name == "Nele Neu"
    assert "/konto/einrichten/" in latest(old.email).body
    assert not Membership.objects.filter(user=old).exists()


@pytest.mark.parametrize("state", ["unknown", "known", "unproven", "inactive"])
def test_registering_says_the_same_and_does_the_same_work_whatever_the_address(
    client: Any, aylin: User, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    address = {"known": aylin.email}.get(state, "neu@example.org")
    if state == "unproven":
        unproven()
    if state == "inactive":
        gone = factories.citizen("neu@example.org", "N", "N")
        User.objects.filter(pk=gone.pk).update(is_active=False)
    hashed: list[str] = []
    real = hashers.make_password
    monkeypatch.setattr(registration, "make_password", lambda p: hashed.append(p) or real(p))
    client.get("/konto/signup/")
    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/konto/signup/", NEW | {"email": address})
    assert (answer.status_code, answer["Location"]) == (302, "/konto/confirm-email/")
    assert address in client.get(answer["Location"]).content.decode()
    assert len(hashed) == 1
    # A deactivated account gets no mail; the others get one each.
    assert OutgoingEmail.objects.filter(to_address=address).count() == (0 if state == "inactive" else 1)
    assert len(queries) <= 14
    session = client.session["code_registration"]
    assert set(session) == {"address", "payload", "key", "until", "digest"}


def test_nobody_gets_into_an_existing_account_by_registering(client: Any, aylin: User) -> None:
    client.post("/konto/signup/", NEW | {"email": aylin.email})
    assert "gibt es aber schon ein Konto" in latest(aylin.email).body
    for code in ("AAAA-AAAA", "", "BBBB-BBBB"):
        client.post("/konto/confirm-email/", {"code": code})
    assert signed_in_as(client) == ""
    aylin.refresh_from_db()
    assert aylin.check_password(factories.PASSWORD)
    assert aylin.family_name == "Özdemir-Groß"


def test_account_made_meanwhile_is_not_taken_over(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    code = code_in(latest(NEW["email"]))
    factories.citizen(NEW["email"], "Schon", "Da")
    answer = client.post("/konto/confirm-email/", {"code": code})
    assert answer["Location"] == "/konto/login/"
    assert signed_in_as(client) == ""
    assert User.objects.get().full_name == "Schon Da"


@pytest.mark.django_db(transaction=True)
def test_of_seven_answers_at_the_same_moment_three_count(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    key = client.session["code_registration"]["key"]
    start = threading.Barrier(7)

    def answer() -> None:
        twin = SecureClient()
        twin.cookies = client.cookies.copy()
        start.wait()
        twin.post("/konto/confirm-email/", {"code": "AAAA-AAAA"})
        connection.close()

    _together(answer, 7)
    assert cache.get(f"limit:code:{_hashed(key)}") == 7
    # The right one comes too late: three were allowed.
    client.post("/konto/confirm-email/", {"code": code_in(latest(NEW["email"]))})
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_code_to_sign_in_counts_answers_at_the_same_moment_too(client: Any) -> None:
    aylin = factories.citizen("aylin@example.org", "Aylin", "Özdemir-Groß")
    client.post("/konto/login/code/", {"email": aylin.email})
    start = threading.Barrier(7)

    def answer() -> None:
        twin = SecureClient()
        twin.cookies = client.cookies.copy()
        start.wait()
        twin.post("/konto/login/code/confirm/", {"code": "AAAA-AAAA"})
        connection.close()

    _together(answer, 7)
    late = SecureClient()
    late.cookies = client.cookies.copy()
    late.post("/konto/login/code/confirm/", {"code": code_in(latest(aylin.email))})
    assert signed_in_as(late) == ""


def _together(act: Any, times: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _hashed(text: str) -> str:
    from apps.core import limits

    return limits._hashed(text)


# -- mails ---------------------------------------------------------------------------------------------------


ASKING = ["/konto/signup/", "/konto/login/code/", "/konto/password/reset/"]


@pytest.mark.parametrize("path", ASKING)
@pytest.mark.parametrize("known", [True, False])
def test_address_gets_five_mails_a_day_whoever_asks(client: Any, aylin: User, path: str, known: bool) -> None:
    address = aylin.email if known else "fremd@example.org"
    for number in range(8):
        asking = SecureClient(REMOTE_ADDR=f"203.0.113.{number}")
        answer = asking.post(path, NEW | {"email": address})
    assert "an einem Tag schicken" in answer.content.decode()
    assert OutgoingEmail.objects.filter(to_address=address).count() == 5


def test_limit_is_one_for_all_kinds_of_mail(client: Any, aylin: User) -> None:
    for path in ASKING * 3:
        SecureClient(REMOTE_ADDR="203.0.113.7").post(path, NEW | {"email": aylin.email})
    assert OutgoingEmail.objects.filter(to_address=aylin.email).count() == 5


def test_stranger_who_uses_up_the_mails_does_not_lock_the_owner_out(client: Any, aylin: User) -> None:
    sign_in(client, aylin)
    client.post("/konto/logout/")
    for number in range(7):
        SecureClient(REMOTE_ADDR=f"203.0.113.{number}").post("/konto/login/code/", {"email": aylin.email})
    before = OutgoingEmail.objects.count()
    client.post("/konto/login/code/", {"email": aylin.email})
    assert OutgoingEmail.objects.count() == before + 1
    client.post("/konto/login/code/confirm/", {"code": code_in(latest(aylin.email))})
    assert signed_in_as(client) == aylin.email


def test_device_known_to_one_account_is_a_stranger_to_another(client: Any, aylin: User, juergen: User) -> None:
    sign_in(client, juergen)
    client.post("/konto/logout/")
    for _ in range(7):
        again = SecureClient()
        again.cookies[devices.COOKIE] = client.cookies[devices.COOKIE].value
        again.post("/konto/login/code/", {"email": aylin.email})
    assert OutgoingEmail.objects.filter(to_address=aylin.email).count() == 5


@pytest.mark.parametrize("path", ["/konto/login/code/", "/konto/password/reset/", "/konto/signup/"])
def test_closed_or_deactivated_account_gets_no_mail(client: Any, aylin: User, karla: User, path: str) -> None:
    User.objects.filter(pk=karla.pk).update(is_active=False)
    client.as_(aylin).post("/konto/loeschen/")
    OutgoingEmail.objects.all().delete()
    SecureClient().post(path, NEW | {"email": karla.email})
    assert not OutgoingEmail.objects.filter(purpose__contains="password_reset_key").exists()
    assert not OutgoingEmail.objects.filter(purpose__contains="login_code").exists()
    assert not OutgoingEmail.objects.filter(to_address__contains="geschlossen").exists()


def test_wrong_passwords_of_a_stranger_do_not_lock_the_owner_out(client: Any, aylin: User) -> None:
    stranger = SecureClient(REMOTE_ADDR="203.0.113.66")
    for _ in range(8):
        answer = stranger.post("/konto/login/", {"login": aylin.email, "password": "falsch falsch falsch"})
    assert "zu oft" in answer.content.decode() or "später" in answer.content.decode()
    stranger.post("/konto/login/", {"login": aylin.email, "password": factories.PASSWORD})
    assert signed_in_as(stranger) == ""
    sign_in(client, aylin)
    assert signed_in_as(client) == aylin.email


def test_code_runs_out(client: Any) -> None:
    client.post("/konto/signup/", NEW)
    code = code_in(latest(NEW["email"]))
    with time_machine.travel(time.time() + codes.SECONDS + 1):
        assert client.post("/konto/confirm-email/", {"code": code})["Location"] == "/konto/signup/"
    assert not User.objects.exists()
