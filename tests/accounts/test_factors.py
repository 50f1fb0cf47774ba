"""The second factor belongs to the account and is proved by the session; its set-up begins from a link."""

import datetime as dt
import html
import re
from typing import Any
from unittest import mock

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts import factors
from apps.accounts.models import AccountLink, User
from apps.core.models import OutgoingEmail
from tests import factories
from tests.accounts.test_account import sign_in, signed_in_as
from tests.accounts.test_middleware import showing
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db
NEW_PASSWORD = {"password1": "ein neues langes Passwort", "password2": "ein neues langes Passwort"}


@pytest.fixture(autouse=True)
def required(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def root(db: None) -> User:
    """An administrator with a factor."""
    user = factories.staff("root@example.org", "Rosa", "Root")
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    totp.TOTP.activate(user, totp.generate_totp_secret())
    return User.objects.get(pk=user.pk)


def proved(user: User) -> SecureClient:
    """A browser whose session has proved the user's factor."""
    client = SecureClient().as_(user)
    factor = Authenticator.objects.get(user=user, type="totp")
    client.proved(user, method="mfa", id=factor.pk, type="totp")
    return client


def link_in(address: str) -> str:
    mail = OutgoingEmail.objects.filter(to_address=address).latest("created_at")
    found = re.search(r"https://testserver(/konto/\S+/)", mail.body)
    assert found, mail.body
    return found[1]


def set_up_app(client: SecureClient) -> Any:
    """Set up an authenticator app with its first code; what follows the commit comes within the request."""
    page = client.get("/konto/sicherheit/totp/activate/")
    assert page.status_code == 200, page["Location"]
    at_once = mock.patch("django.db.transaction.on_commit", side_effect=lambda act, **_more: act())
    with showing(page.context["form"].secret) as typed, at_once:
        return client.post("/konto/sicherheit/totp/activate/", {"code": typed})


# -- what a session has to have proved ----------------------------------------------------------------------


def test_session_that_proved_no_factor_reaches_nothing(karla: User) -> None:
    """Opened with the password alone, before the factor was set up elsewhere."""
    before = SecureClient().as_(karla)
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    for path in ("/verwaltung/", "/verwaltung/vorgaenge/", "/konto/", "/konto/sicherheit/", "/"):
        answer = before.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/konto/sicherheit/reauthenticate/")
    assert before.post("/konto/sicherheit/totp/deactivate/").status_code == 302
    assert Authenticator.objects.filter(user=karla, type="totp").exists()


def test_session_that_proves_its_factor_goes_on(karla: User) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(karla, secret)
    client = SecureClient().as_(karla)
    asked = client.get("/verwaltung/")
    with showing(secret) as typed:
        answer = client.post(asked["Location"], {"code": typed})
    assert answer["Location"] == "/verwaltung/"
    assert client.get("/verwaltung/").status_code == 200


def test_recovery_codes_without_a_factor_are_none(karla: User) -> None:
    """The row of the authenticator is gone, the codes are left."""
    RecoveryCodes.activate(karla)
    client = SecureClient()
    sign_in(client, karla)
    assert client.get("/verwaltung/")["Location"] == "/konto/zweiter-faktor-fehlt/"


def test_recovery_code_counts_at_sign_in_only(karla: User) -> None:
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    codes = RecoveryCodes.activate(karla)
    client = SecureClient()
    sign_in(client, karla)
    client.post("/konto/sicherheit/authenticate/", {"code": codes.get_unused_codes()[0]})
    assert signed_in_as(client) == karla.email
    assert client.get("/verwaltung/").status_code == 200
    other = SecureClient().as_(karla)
    answer = other.post(
        "/konto/sicherheit/reauthenticate/", {"code": RecoveryCodes(codes.instance).get_unused_codes()[5]}
    )
    assert answer.status_code == 200
    assert "nur beim Anmelden" in html.unescape(answer.content.decode())
    assert other.get("/verwaltung/").status_code == 302


def test_factor_that_is_gone_is_proved_no_longer(karla: User) -> None:
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    client = proved(karla)
    assert client.get("/verwaltung/").status_code == 200
    Authenticator.objects.filter(user=karla).delete()
    assert client.get("/verwaltung/")["Location"] == "/konto/zweiter-faktor-fehlt/"


def test_staff_keep_their_last_factor(karla: User) -> None:
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    client = proved(karla)
    client.post("/konto/sicherheit/totp/deactivate/")
    assert Authenticator.objects.filter(user=karla, type="totp").exists()


def test_page_resembling_an_allowed_one_is_not_open(karla: User) -> None:
    """The admin of authenticators was, because its name began with ``mfa_``."""
    root = User.objects.create_superuser("root2@example.org", factories.PASSWORD)
    client = SecureClient().as_(root)
    for path in (
        "/verwaltung/mfa/authenticator/",
        "/verwaltung/mfa/authenticator/add/",
        "/verwaltung/account/emailaddress/",
    ):
        assert client.get(path).status_code in (302, 404)
        assert client.get(path).get("Location", "/konto/zweiter-faktor-fehlt/") == "/konto/zweiter-faktor-fehlt/"


def test_authenticators_and_addresses_are_no_rows_to_edit(root: User) -> None:
    client = proved(root)
    assert client.get("/verwaltung/stammdaten/").status_code == 200
    for path in ("mfa/authenticator", "account/emailaddress", "usersessions/usersession"):
        assert client.get(f"/verwaltung/{path}/").status_code == 404


# -- the link ------------------------------------------------------------------------------------------------


def test_administrator_resets_the_factor(root: User, karla: User) -> None:
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    RecoveryCodes.activate(karla)
    theirs = proved(karla)
    assert theirs.get("/verwaltung/").status_code == 200
    client = proved(root)
    page = client.get(f"/verwaltung/accounts/user/{karla.pk}/change/").content.decode()
    assert "Zweiten Faktor zurücksetzen" in page
    act = f"/verwaltung/accounts/user/{karla.pk}/tun/faktor/"
    assert client.get(act).status_code == 200
    assert Authenticator.objects.filter(user=karla).exists()
    assert client.post(act).status_code == 302
    assert not Authenticator.objects.filter(user=karla).exists()
    assert theirs.get("/verwaltung/").status_code == 302
    assert "_auth_user_id" not in theirs.session or theirs.get("/konto/").status_code == 302
    assert LogEntry.objects.filter(object_id=str(karla.pk), user=root).exists()
    link = link_in(karla.email)
    assert link.startswith("/konto/einrichten/")
    # The old password and the link together lead to a new factor and to the desk.
    again = SecureClient()
    handle = again.get(link, exchange=False).url
    assert again.get(handle).status_code == 200
    assert again.post(handle)["Location"] == "/konto/login/"
    sign_in(again, karla)
    assert again.get("/verwaltung/")["Location"] == "/konto/sicherheit/"
    set_up_app(again)
    assert again.get("/verwaltung/").status_code == 200
    # Used once.
    assert SecureClient().get(link).status_code == 404


def test_password_alone_sets_up_no_factor(karla: User) -> None:
    client = SecureClient()
    sign_in(client, karla)
    for path in ("/konto/sicherheit/totp/activate/", "/konto/sicherheit/webauthn/add/", "/konto/sicherheit/"):
        assert client.get(path)["Location"] == "/konto/zweiter-faktor-fehlt/"
    client.post("/konto/sicherheit/totp/activate/", {"code": "123456"})
    assert not Authenticator.objects.exists()


def test_link_of_one_person_sets_up_nothing_for_another(karla: User, piotr: User) -> None:
    link = factors.make_link(karla, by=None).removeprefix("https://testserver")
    client = SecureClient()
    client.post(client.get(link, exchange=False).url)
    sign_in(client, piotr)
    assert client.get("/konto/sicherheit/totp/activate/")["Location"] == "/konto/zweiter-faktor-fehlt/"


def test_link_signs_out_whoever_else_sits_there(karla: User, aylin: User) -> None:
    link = factors.make_link(karla, by=None).removeprefix("https://testserver")
    client = SecureClient().as_(aylin)
    handle = client.get(link, exchange=False).url
    assert signed_in_as(client) == aylin.email
    client.post(handle)
    assert signed_in_as(client) == ""


def test_link_runs_out_and_a_newer_one_voids_it(karla: User) -> None:
    first = factors.make_link(karla, by=None).removeprefix("https://testserver")
    second = factors.make_link(karla, by=None).removeprefix("https://testserver")
    assert SecureClient().get(first).status_code == 404
    assert SecureClient().get(second).status_code == 200
    with time_machine.travel(timezone.now() + dt.timedelta(hours=factors.LINK_HOURS, minutes=1)):
        assert SecureClient().get(second).status_code == 404


def test_link_of_a_deactivated_person_opens_nothing(karla: User) -> None:
    link = factors.make_link(karla, by=None).removeprefix("https://testserver")
    User.objects.filter(pk=karla.pk).update(is_active=False)
    assert SecureClient().get(link).status_code == 404


def test_only_the_hash_of_a_link_is_stored(karla: User) -> None:
    token = factors.make_link(karla, by=None).split("/")[-2]
    assert token not in str(AccountLink.objects.values().get())


def test_person_made_staff_is_invited_and_begins_from_the_link(root: User, settings: Any) -> None:
    client = proved(root)
    form = {"email": "Neu@wolfsburg.example", "given_name": "Nele", "family_name": "Neu", "language": "de",
            "is_active": "on", "is_staff": "on", "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}  # fmt: skip
    answer = client.post("/verwaltung/accounts/user/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    made = User.objects.get(email="neu@wolfsburg.example")
    assert not made.has_usable_password()
    new = SecureClient()
    handle = new.get(link_in(made.email), exchange=False).url
    weak = {"password1": "wolfsburg2026", "password2": "wolfsburg2026"}
    assert new.post(handle, weak).status_code == 422
    answer = new.post(handle, NEW_PASSWORD)
    assert answer.status_code == 302
    assert signed_in_as(new) == made.email
    assert new.get("/verwaltung/")["Location"] == "/konto/sicherheit/"
    set_up_app(new)
    assert new.get("/verwaltung/").status_code == 200
    made.refresh_from_db()
    assert made.proven
    assert made.full_name == "Nele Neu"


def test_first_administrator_begins_from_a_printed_link(capsys: Any) -> None:
    call_command("create_administrator", "Chefin@wolfsburg.example")
    printed = capsys.readouterr().out
    link = re.search(r"https://testserver(/konto/einrichten/\S+/)", printed)
    assert link
    user = User.objects.get()
    assert (user.email, user.is_superuser, user.is_staff) == ("chefin@wolfsburg.example", True, True)
    client = SecureClient()
    client.post(client.get(link[1], exchange=False).url, NEW_PASSWORD)
    set_up_app(client)
    assert client.get("/verwaltung/accounts/user/").status_code == 200
    assert not OutgoingEmail.objects.filter(purpose="account_setup").exists()


def test_first_administrator_needs_an_address() -> None:
    with pytest.raises(CommandError):
        call_command("create_administrator", "keine Adresse")
    assert not User.objects.exists()


def test_superusers_are_touched_by_superusers_only(root: User, karla: User) -> None:
    from django.contrib.auth.models import Permission

    karla.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    client = proved(karla)
    assert client.get("/verwaltung/accounts/user/").status_code == 200
    for path in ("tun/faktor/", "tun/sitzungen/", "tun/adresse/", "tun/einladen/", "delete/"):
        assert client.get(f"/verwaltung/accounts/user/{root.pk}/{path}").status_code == 404, path
        client.post(f"/verwaltung/accounts/user/{root.pk}/{path}", {"email": "boese@example.org", "post": "yes"})
    client.post(f"/verwaltung/accounts/user/{root.pk}/change/", {"family_name": "Gekapert", "language": "de"})
    root.refresh_from_db()
    assert (root.email, root.family_name, root.is_active) == ("root@example.org", "Root", True)
    assert Authenticator.objects.filter(user=root).exists()
    # Nor does anybody raise themselves.
    client.post(f"/verwaltung/accounts/user/{karla.pk}/change/",
                {"family_name": "Brandes", "language": "de", "is_active": "on", "is_staff": "on", "is_superuser": "on",
                 "groups": ["1"], "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0})  # fmt: skip
    karla.refresh_from_db()
    assert not karla.is_superuser
    assert not karla.groups.exists()


def test_nobody_becomes_themselves_or_a_colleague(root: User, karla: User, piotr: User) -> None:
    from django.contrib.auth.models import Permission

    karla.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    totp.TOTP.activate(karla, totp.generate_totp_secret())
    for client, person in ((proved(root), root), (proved(karla), karla), (proved(karla), piotr)):
        page = client.get(f"/verwaltung/accounts/user/{person.pk}/change/")
        assert b"tun/sitzungen/" in page.content
        for act in ("faktor", "adresse", "einladen"):
            assert f"tun/{act}/".encode() not in page.content
            assert client.get(f"/verwaltung/accounts/user/{person.pk}/tun/{act}/").status_code == 404, (person, act)
        assert client.get(f"/verwaltung/accounts/user/{person.pk}/tun/sitzungen/").status_code == 200


def passkey(user: User) -> Authenticator:
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": "Schlüssel", "passwordless": True})


def test_staff_keep_their_last_passkey(karla: User) -> None:
    key = passkey(karla)
    client = SecureClient().as_(karla)
    client.proved(karla, method="mfa", id=key.pk, type="webauthn")
    answer = client.post(f"/konto/sicherheit/webauthn/keys/{key.pk}/remove/")
    assert answer["Location"] == "/konto/sicherheit/webauthn/"
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_passkey_that_is_not_the_last_factor_may_go(karla: User, aylin: User) -> None:
    for user in (karla, aylin):
        key = passkey(user)
        if user.is_staff:
            totp.TOTP.activate(user, totp.generate_totp_secret())
        client = SecureClient().as_(user)
        client.proved(user, method="mfa", id=key.pk, type="webauthn")
        client.post(f"/konto/sicherheit/webauthn/keys/{key.pk}/remove/")
        assert not Authenticator.objects.filter(pk=key.pk).exists()


def test_whoever_has_only_a_passkey_is_asked_for_it(karla: User) -> None:
    passkey(karla)
    RecoveryCodes.activate(karla)
    client = SecureClient().as_(karla)
    assert client.get("/verwaltung/")["Location"].startswith("/konto/sicherheit/webauthn/reauthenticate/")


def test_first_password_is_set_whoever_is_signed_in(karla: User) -> None:
    karla.set_unusable_password()
    karla.save()
    link = factors.make_link(karla, by=None).removeprefix("https://testserver")
    client = SecureClient().as_(karla)
    client.post(client.get(link, exchange=False).url, NEW_PASSWORD)
    karla.refresh_from_db()
    assert karla.check_password(NEW_PASSWORD["password1"])
    assert client.get("/konto/sicherheit/totp/activate/").status_code == 200


def test_account_raised_to_administrator_is_signed_out(aylin: User) -> None:
    client = SecureClient().as_(aylin)
    call_command("create_administrator", aylin.email)
    assert client.get("/konto/").status_code == 302


@pytest.mark.parametrize(("later", "app", "reaches"), [(False, True, True), (True, True, False), (False, False, False)])
def test_recovery_code_in_a_session_stands_in_for_a_factor_only(
    karla: User, later: bool, app: bool, reaches: bool
) -> None:
    if app:
        totp.TOTP.activate(karla, totp.generate_totp_secret())
    codes = RecoveryCodes.activate(karla).instance
    client = SecureClient().as_(karla)
    more = {"reauthenticated": True} if later else {}
    client.proved(karla, method="mfa", id=codes.pk, type="recovery_codes", **more)
    assert (client.get("/verwaltung/").status_code == 200) is reaches
