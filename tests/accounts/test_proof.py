"""Before what would hurt in a stranger's hands, the portal asks who sits there, if the last proof is a while ago."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts import proof
from apps.accounts.models import User
from apps.core.models import OutgoingEmail
from tests import factories
from tests.accounts.test_account import code_in
from tests.accounts.test_middleware import showing
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db
PAGES = ["/konto/email/", "/konto/password/change/", "/konto/daten/", "/konto/loeschen/",
         "/konto/sicherheit/totp/activate/", "/konto/sicherheit/webauthn/add/"]  # fmt: skip


def long_ago(user: User) -> SecureClient:
    """A browser whose last proof is sixteen minutes old."""
    client = SecureClient().as_(user)
    client.proved(user, seconds_ago=16 * 60)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_old_proof_is_asked_again(aylin: User, path: str) -> None:
    client = long_ago(aylin)
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/konto/reauthenticate/?next=")
    assert client.post(answer["Location"], {"password": factories.PASSWORD})["Location"] == path
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_fresh_proof_is_enough(aylin: User, path: str) -> None:
    client = SecureClient().as_(aylin)
    client.proved(aylin, seconds_ago=14 * 60)
    assert client.get(path).status_code == 200


def test_nothing_happens_without_the_proof(aylin: User) -> None:
    client = long_ago(aylin)
    client.post("/konto/loeschen/")
    client.post("/konto/email/", {"email": "neu@example.org"})
    client.post("/konto/password/change/", {"oldpassword": factories.PASSWORD, "password1": "ein neues langes Passwort",
                                            "password2": "ein neues langes Passwort"})  # fmt: skip
    aylin.refresh_from_db()
    assert aylin.is_active
    assert aylin.check_password(factories.PASSWORD)
    assert not OutgoingEmail.objects.exists()


def test_form_goes_on_after_the_proof(aylin: User) -> None:
    client = long_ago(aylin)
    asked = client.post("/konto/email/", {"email": "neu@example.org"})
    answer = client.post(asked["Location"], {"password": factories.PASSWORD})
    assert answer["Location"] == "/konto/email/code/"
    assert OutgoingEmail.objects.filter(to_address="neu@example.org").count() == 1


def test_passwords_do_not_wait_in_the_session(aylin: User) -> None:
    client = long_ago(aylin)
    client.post(
        "/konto/password/change/", {"oldpassword": factories.PASSWORD, "password1": "ein neues langes Passwort"}
    )
    assert "ein neues langes Passwort" not in str(dict(client.session))
    assert factories.PASSWORD not in str(dict(client.session))


def test_code_of_the_app_is_a_proof(aylin: User) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(aylin, secret)
    client = long_ago(aylin)
    client.get("/konto/daten/")
    with showing(secret) as typed:
        answer = client.post("/konto/sicherheit/reauthenticate/?next=/konto/daten/", {"code": typed})
    assert answer["Location"] == "/konto/daten/"
    assert client.get("/konto/daten/").status_code == 200


def test_whoever_has_neither_password_nor_app_proves_by_a_mailed_code(aylin: User) -> None:
    aylin.set_unusable_password()
    aylin.save()
    client = long_ago(aylin)
    asked = client.get("/konto/daten/")
    assert asked["Location"].startswith("/konto/nachweis/?next=")
    assert client.get(asked["Location"]).status_code == 200
    assert not OutgoingEmail.objects.exists(), "looking at the page sends nothing"
    client.post(asked["Location"], {"send": "1"})
    mail = OutgoingEmail.objects.get(to_address=aylin.email)
    assert client.post(asked["Location"], {"code": "AAAA-AAAA"}).status_code == 422
    answer = client.post(asked["Location"], {"code": code_in(mail)})
    assert answer["Location"] == "/konto/daten/"
    assert client.get("/konto/daten/").status_code == 200


def test_mailed_code_is_offered_beside_the_password(aylin: User) -> None:
    client = long_ago(aylin)
    page = client.get(client.get("/konto/daten/")["Location"]).content.decode()
    assert "/konto/nachweis/?next=" in page


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_proof_leads_nowhere_else(aylin: User, target: str) -> None:
    client = long_ago(aylin)
    client.post(f"/konto/nachweis/?next={target}", {"send": "1"})
    mail = OutgoingEmail.objects.get(to_address=aylin.email)
    answer = client.post(f"/konto/nachweis/?next={target}", {"code": code_in(mail)})
    assert "evil" not in answer["Location"]


def test_every_page_that_changes_a_factor_is_on_the_list() -> None:
    def names(patterns: list[Any]) -> set[str]:
        found: set[str] = set()
        for p in patterns:
            if isinstance(p, URLResolver):
                found |= names(p.url_patterns)
            elif isinstance(p, URLPattern) and p.name:
                found.add(p.name)
        return found

    # Signing in and proving are no changes; lists only show.
    harmless = {"mfa_index", "mfa_list_webauthn", "mfa_authenticate", "mfa_reauthenticate",
                "mfa_reauthenticate_webauthn", "mfa_login_webauthn"}  # fmt: skip
    changing = {n for n in names(get_resolver().url_patterns) if n.startswith("mfa_")} - harmless
    assert changing <= proof.NEEDED, changing - proof.NEEDED
    assert Authenticator is not None
