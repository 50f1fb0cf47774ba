"""The cast and the stage: who appears in the tests, and what they share.

Aylin is a citizen, Jürgen a second one. Karla works in the traffic department, Piotr in the tax
department, Henrike leads the traffic department, Samir is the CDO.
"""

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

from apps.accounts.models import Department, Role, User
from apps.cases.models import Case
from apps.core import bell
from tests import factories


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Load the city's catalogue, remedies and forms once; each test rolls back to it."""
    with django_db_blocker.unblock():
        call_command("load_wolfsburg", verbosity=0)


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any) -> Iterator[None]:
    """Plain static names, no waiting in the contact form, no proof of work, an empty cache."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CONTACT_MINIMUM_SECONDS = 0
    settings.APPOINTMENT_HOLDS_BEFORE_PROOF = settings.APPOINTMENT_HOLDS_PER_MINUTE = 10**6
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    # A request to /en/ in the test before would go on speaking English here.
    translation.activate(settings.LANGUAGE_CODE)
    cache.clear()
    # A broker that was away in the test before would keep this one's bells silent.
    bell._silence.until = 0.0
    yield
    cache.clear()


class SecureClient(Client):
    """A browser that always speaks https, as people do."""

    def request(self, **request: Any) -> Any:
        request |= {"wsgi.url_scheme": "https", "SERVER_PORT": "443"}
        return super().request(**request)

    def get(self, path: str, *args: Any, exchange: bool = True, **options: Any) -> Any:
        """GET; a mailed link is followed to where its token is exchanged for a handle (see core/links.py)."""
        answer = super().get(path, *args, **options)
        if exchange and answer.status_code == 302 and re.search(r"/[0-9a-f]{16}(/|$)", urlsplit(answer.url).path):
            return super().get(answer.url, *args, **options)
        return answer

    def handle(self, path: str) -> str:
        """Open a mailed link; returns the handle that its token was exchanged for."""
        found = re.search(r"/([0-9a-f]{16})(/|$)", urlsplit(super().get(path).url).path)
        assert found, path
        return found[1]

    def as_(self, user: User | None) -> "SecureClient":
        """Sign in as somebody (None: nobody), as if with a password just now."""
        if user is None:
            self.logout()
        else:
            self.force_login(user)
            self.proved(user)
        return self

    def proved(self, user: User, *, seconds_ago: float = 0, **record: Any) -> None:
        """Note in the session that its owner has just proved who they are (by password, if nothing else is said)."""
        session = self.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time() - seconds_ago, "email": user.email} | record
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()


@pytest.fixture
def client() -> SecureClient:
    return SecureClient()


@pytest.fixture
def traffic(db: None) -> Department:
    return Department.objects.get(slug="strassenverkehr")


@pytest.fixture
def taxes(db: None) -> Department:
    return Department.objects.get(slug="steuern")


@pytest.fixture
def aylin(db: None) -> User:
    """A citizen."""
    return factories.citizen("aylin@example.org", "Aylin", "Özdemir-Groß")


@pytest.fixture
def juergen(db: None) -> User:
    """A second citizen."""
    return factories.citizen("juergen@example.org", "Jürgen", "O’Neill")


@pytest.fixture
def karla(traffic: Department) -> User:
    """A clerk of the traffic department."""
    return factories.staff("karla@example.org", "Karla", "Brandes", (Role.CLERK, traffic))


@pytest.fixture
def piotr(taxes: Department) -> User:
    """A clerk of the tax department."""
    return factories.staff("piotr@example.org", "Piotr", "Wiśniewski", (Role.CLERK, taxes))


@pytest.fixture
def henrike(traffic: Department) -> User:
    """The head of the traffic department."""
    return factories.staff("henrike@example.org", "Henrike", "Lüders", (Role.HEAD, traffic))


@pytest.fixture
def samir(db: None) -> User:
    """The CDO."""
    return factories.staff("samir@example.org", "Samir", "Haddad", (Role.CDO, None))


@pytest.fixture
def parking_case(aylin: User) -> Case:
    """Aylin's application for a resident's parking permit, filed."""
    return factories.parking_case(aylin)


@pytest.fixture
def dog_case(aylin: User) -> Case:
    """Aylin's declaration of three dogs, filed."""
    return factories.dog_case(aylin)


@pytest.fixture
def contact_case(db: None) -> Case:
    """Marlene's message to #WolfsburgDigital."""
    return factories.contact_case()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A test with real transactions leaves the tables empty: load the city's data again."""
    yield
    marker = item.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock():
            call_command("load_wolfsburg", verbosity=0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long tests at full length")
