"""One verb changes an address: proved by what was mailed to the new one, told to the old one, and final."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from django.utils import timezone

from apps.accounts import factors
from apps.accounts.models import User
from apps.core.models import OutgoingEmail
from tests import factories
from tests.accounts.test_account import code_in, sign_in, signed_in_as
from tests.accounts.test_factors import link_in, proved
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db
NEW = "aylin.neu@example.org"


def latest(address: str) -> OutgoingEmail:
    return OutgoingEmail.objects.filter(to_address=address).latest("created_at")


def can_sign_in(address: str) -> bool:
    browser = SecureClient()
    browser.post("/konto/login/", {"login": address, "password": factories.PASSWORD})
    return bool(signed_in_as(browser))


def ask(client: Any, address: str = NEW) -> Any:
    return client.post("/konto/email/", {"email": address})


def assert_changed(user: User, old: str) -> None:
    user.refresh_from_db()
    assert user.email == NEW
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")) == [
        (NEW, True, True)
    ]
    assert can_sign_in(NEW)
    assert not can_sign_in(old)
    assert "geändert" in latest(old).body
    # Nor does the old one get a code or a link.
    SecureClient().post("/konto/login/code/", {"email": old})
    assert "/konto/signup/" in latest(old).body


def test_citizen_changes_the_address_with_a_code_sent_to_the_new_one(client: Any, aylin: User) -> None:
    elsewhere = SecureClient()
    sign_in(elsewhere, aylin)
    sign_in(client, aylin)
    answer = ask(client)
    assert answer["Location"] == "/konto/email/code/"
    aylin.refresh_from_db()
    assert aylin.email == "aylin@example.org"
    assert not OutgoingEmail.objects.filter(to_address=aylin.email, purpose__contains="changed").exists()
    page = client.get("/konto/email/code/").content.decode()
    assert NEW in page
    client.post("/konto/email/code/", {"code": code_in(latest(NEW))})
    assert_changed(aylin, "aylin@example.org")
    assert client.get("/konto/").status_code == 200
    assert elsewhere.get("/konto/").status_code == 302


def test_second_factor_does_not_stand_in_the_way(client: Any, aylin: User) -> None:
    totp.TOTP.activate(aylin, totp.generate_totp_secret())
    client = proved(aylin)
    ask(client)
    client.post("/konto/email/code/", {"code": code_in(latest(NEW))})
    aylin.refresh_from_db()
    assert aylin.email == NEW


def test_wrong_code_changes_nothing(client: Any, aylin: User) -> None:
    ask(client.as_(aylin))
    for _ in range(4):
        client.post("/konto/email/code/", {"code": "AAAA-AAAA"})
    client.post("/konto/email/code/", {"code": code_in(latest(NEW))})
    aylin.refresh_from_db()
    assert aylin.email == "aylin@example.org"


def test_address_of_somebody_else_looks_the_same_and_is_not_given(client: Any, aylin: User, juergen: User) -> None:
    answer = ask(client.as_(aylin), juergen.email)
    assert answer["Location"] == "/konto/email/code/"
    assert "gibt es aber schon ein Konto" in latest(juergen.email).body
    client.post("/konto/email/code/", {"code": "AAAA-AAAA"})
    aylin.refresh_from_db()
    assert aylin.email == "aylin@example.org"


def test_row_without_proof_blocks_no_address(client: Any, aylin: User) -> None:
    User.objects.create_user(NEW, "das Kennwort eines Fremden")
    ask(client.as_(aylin))
    client.post("/konto/email/code/", {"code": code_in(latest(NEW))})
    aylin.refresh_from_db()
    assert aylin.email == NEW
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.parametrize(
    ("typed", "said"), [("", "Bitte geben Sie"), ("aylin", "nicht vollständig"), ("AYLIN@example.org", "schon gilt")]
)
def test_what_is_no_new_address_is_said_beside_the_field(client: Any, aylin: User, typed: str, said: str) -> None:
    answer = ask(client.as_(aylin), typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()


@pytest.fixture
def root(db: None) -> User:
    user = factories.staff("root@example.org", "Rosa", "Root")
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    return User.objects.get(pk=user.pk)


def test_administrator_has_a_link_sent_and_the_person_confirms(client: Any, aylin: User, root: User) -> None:
    elsewhere = SecureClient()
    sign_in(elsewhere, aylin)
    client.as_(root)
    # The field itself is not for typing into.
    form = {"email": "boese@example.org", "family_name": "Özdemir", "language": "de", "is_active": "on",
            "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}  # fmt: skip
    assert client.post(f"/verwaltung/accounts/user/{aylin.pk}/change/", form).status_code == 302
    aylin.refresh_from_db()
    assert aylin.email == "aylin@example.org"
    act = f"/verwaltung/accounts/user/{aylin.pk}/tun/adresse/"
    assert client.post(act, {"email": "kein"}).status_code == 422
    assert client.post(act, {"email": NEW}).status_code == 302
    aylin.refresh_from_db()
    assert aylin.email == "aylin@example.org"
    assert can_sign_in(aylin.email)
    person = SecureClient()
    handle = person.get(link_in(NEW), exchange=False).url
    assert NEW in person.get(handle).content.decode()
    aylin.refresh_from_db()
    assert aylin.email == "aylin@example.org", "a mail scanner has opened the link"
    person.post(handle)
    assert_changed(aylin, "aylin@example.org")
    assert elsewhere.get("/konto/").status_code == 302
    assert person.post(handle).status_code == 404


def test_person_who_never_proved_anything_gets_the_address_without_what_was_set(client: Any, root: User) -> None:
    made = User.objects.create_user("alt@example.org", factories.PASSWORD, family_name="Alt")
    client.as_(root).post(f"/verwaltung/accounts/user/{made.pk}/tun/adresse/", {"email": NEW})
    person = SecureClient()
    person.post(person.get(link_in(NEW), exchange=False).url)
    made.refresh_from_db()
    assert made.email == NEW
    assert not can_sign_in(NEW)
    assert not can_sign_in("alt@example.org")


def test_link_that_went_to_a_mistyped_address_opens_nothing_after_the_correction(client: Any, root: User) -> None:
    """Else a stranger would set the first password of a colleague."""
    made = User.objects.create_user("vertippt@example.org", is_staff=True, given_name="Nele", family_name="Neu")
    factors.invite(made, by=root)
    wrong = link_in("vertippt@example.org")
    client.as_(root).post(f"/verwaltung/accounts/user/{made.pk}/tun/adresse/", {"email": NEW})
    assert SecureClient().get(wrong).status_code == 404
    person = SecureClient()
    person.post(person.get(link_in(NEW), exchange=False).url)
    made.refresh_from_db()
    assert (made.email, made.full_name) == (NEW, "Nele Neu")
    # The way in comes to the right address.
    setup = OutgoingEmail.objects.get(to_address=NEW, purpose="account_setup")
    assert "/konto/einrichten/" in setup.body


def test_link_to_the_old_address_opens_nothing_after_a_change(client: Any, karla: User) -> None:
    old = factors.make_link(karla, by=None).removeprefix("https://testserver")
    client = SecureClient().as_(karla)
    ask(client)
    client.post("/konto/email/code/", {"code": code_in(latest(NEW))})
    assert SecureClient().get(old).status_code == 404


def test_row_without_proof_that_had_signed_in_blocks_no_address_either(client: Any, aylin: User) -> None:
    other = User.objects.create_user(NEW, "das Kennwort eines Fremden", last_login=timezone.now())
    ask(client.as_(aylin))
    client.post("/konto/email/code/", {"code": code_in(latest(NEW))})
    aylin.refresh_from_db()
    other.refresh_from_db()
    assert aylin.email == NEW
    assert not other.is_active


@pytest.mark.parametrize("act", ["adresse", "faktor", "einladen"])
def test_administrator_does_to_others_only_what_would_take_over_an_account(client: Any, root: User, act: str) -> None:
    """An unattended session of an administrator must not become the attacker's account."""
    path = f"/verwaltung/accounts/user/{root.pk}/tun/{act}/"
    client.as_(root)
    assert client.get(path).status_code == 404
    client.post(path, {"email": "boese@example.org"})
    assert not OutgoingEmail.objects.exists()


def test_acts_on_a_person_ask_for_a_recent_proof(client: Any, root: User, aylin: User) -> None:
    client.as_(root)
    client.proved(root, seconds_ago=16 * 60)
    answer = client.post(f"/verwaltung/accounts/user/{aylin.pk}/tun/adresse/", {"email": NEW})
    assert answer["Location"].startswith("/konto/reauthenticate/")
    assert not OutgoingEmail.objects.exists()
