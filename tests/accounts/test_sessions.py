"""Where one is signed in: seen and ended by oneself, and by an administrator for a person."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.sessions import device_of, end_all
from apps.core.retention import apply_retention
from tests import factories
from tests.accounts.test_account import sign_in
from tests.conftest import SecureClient

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


def signed_in(user: User, agent: str = FIREFOX) -> SecureClient:
    client = SecureClient(HTTP_USER_AGENT=agent)
    sign_in(client, user)
    return client


def is_in(client: SecureClient) -> bool:
    return bool(client.get("/konto/").status_code == 200)


def test_list_shows_every_place_and_this_one(aylin: User, juergen: User) -> None:
    here, phone = signed_in(aylin), signed_in(aylin, PHONE)
    signed_in(juergen)
    page = here.get("/konto/sitzungen/").content.decode()
    assert "Firefox auf Windows" in page
    assert "Safari auf iPhone" in page
    assert page.count('name="session"') == 1, "one's own is not ended here"
    assert is_in(phone)


def test_address_of_the_sign_in_is_kept_nowhere(aylin: User) -> None:
    client = SecureClient(REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT=FIREFOX)
    sign_in(client, aylin)
    client.post("/konto/sitzungen/", {"all": "1"})
    assert set(UserSession.objects.values_list("ip", flat=True)) == {"0.0.0.0"}


def test_one_is_ended_and_the_others_go_on(aylin: User) -> None:
    here, phone, third = signed_in(aylin), signed_in(aylin, PHONE), signed_in(aylin)
    row = UserSession.objects.get(session_key=phone.session.session_key)
    here.post("/konto/sitzungen/", {"session": str(row.pk)})
    assert [is_in(c) for c in (here, phone, third)] == [True, False, True]


def test_all_others_are_ended(aylin: User) -> None:
    here, phone, third = signed_in(aylin), signed_in(aylin, PHONE), signed_in(aylin)
    here.post("/konto/sitzungen/", {"all": "1"})
    assert [is_in(c) for c in (here, phone, third)] == [True, False, False]
    assert here.get("/konto/sitzungen/").content.decode().count("diese hier") == 1


@pytest.mark.parametrize("number", ["theirs", "x", "", "9" * 30, "-1"])
def test_session_of_somebody_else_is_not_ended(aylin: User, juergen: User, number: str) -> None:
    here, other = signed_in(aylin), signed_in(juergen)
    theirs = str(UserSession.objects.get(user=juergen).pk)
    assert here.post("/konto/sitzungen/", {"session": theirs if number == "theirs" else number}).status_code == 404
    assert is_in(other)


def test_session_that_is_in_no_list_ends_too(aylin: User) -> None:
    """Opened before the list existed."""
    client = SecureClient().as_(aylin)
    assert not UserSession.objects.exists()
    assert is_in(client)
    end_all(aylin)
    assert not is_in(client)


def test_administrator_ends_a_persons_sessions(client: Any, aylin: User) -> None:
    root = factories.staff("root@example.org", "Rosa", "Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    theirs = signed_in(aylin)
    client.as_(User.objects.get(pk=root.pk))
    page = client.get(f"/verwaltung/accounts/user/{aylin.pk}/change/").content.decode()
    assert "Firefox auf Windows" in page
    act = f"/verwaltung/accounts/user/{aylin.pk}/tun/sitzungen/"
    assert client.get(act).status_code == 200
    assert is_in(theirs)
    client.post(act)
    assert not is_in(theirs)
    assert is_in(client)


def test_deactivating_ends_sessions(client: Any, karla: User) -> None:
    root = factories.staff("root@example.org", "Rosa", "Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    theirs = signed_in(karla)
    form = {
        "family_name": "Brandes",
        "language": "de",
        "is_staff": "on",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    client.as_(User.objects.get(pk=root.pk)).post(f"/verwaltung/accounts/user/{karla.pk}/change/", form)
    assert not is_in(theirs)


def test_list_goes_with_the_sessions(aylin: User) -> None:
    signed_in(aylin)
    apply_retention()
    assert UserSession.objects.count() == 1
    with time_machine.travel(timezone.now() + dt.timedelta(days=1, minutes=1)):
        apply_retention()
    assert not UserSession.objects.exists()


@pytest.mark.parametrize("others", [1, 3])
def test_list_asks_the_same_questions_for_one_row_and_for_three(
    aylin: User, others: int, django_assert_max_num_queries: Any
) -> None:
    here = signed_in(aylin)
    for _ in range(others - 1):
        signed_in(aylin)
    here.get("/konto/sitzungen/")
    # Each session is looked up once: there are a handful, and which of them still hold is known only so.
    with django_assert_max_num_queries(8 + 3 * others):
        here.get("/konto/sitzungen/")


@pytest.mark.parametrize(("agent", "said"), [("", "Browser auf unbekanntes Gerät"), ("<script>", "Browser auf unbekanntes Gerät"),
                                              (FIREFOX, "Firefox auf Windows"), (PHONE, "Safari auf iPhone")])  # fmt: skip
def test_device_is_said_in_words(agent: str, said: str) -> None:
    assert device_of(agent) == said


def test_saving_a_person_from_before_does_not_revive_ended_sessions(aylin: User) -> None:
    client = signed_in(aylin)
    before = User.objects.get(pk=aylin.pk)
    end_all(aylin)
    before.save()
    assert not is_in(client)
