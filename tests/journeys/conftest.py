"""A browser and a running portal with a worker."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.people import PASSWORD
from tests.portal_process import Portal, running_portal

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    """Web server, worker and beat on a database of their own."""
    folder = Path(tempfile.mkdtemp(prefix="portal-journeys-"))
    # All people of the journeys come from one address, which is not odd here.
    calm = {"APPOINTMENT_HOLDS_BEFORE_PROOF": "100000", "APPOINTMENT_TICKETS_PER_DAY": "1000"}
    calm |= {"APPOINTMENT_HOLDS_PER_HOUR": "100000", "APPOINTMENT_MAILS_PER_HOUR": "100000"}
    with running_portal(folder, "journeys", **calm) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def wary() -> Iterator[Portal]:
    """A portal to which every hold looks odd, and whose staff need a second factor."""
    folder = Path(tempfile.mkdtemp(prefix="portal-wary-"))
    options = {"APPOINTMENT_HOLDS_BEFORE_PROOF": "0", "ALTCHA_COST": "200", "STAFF_SECOND_FACTOR_REQUIRED": "1"}
    with running_portal(folder, "wary", "web", "worker", **options) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium")
    assert path, "Chromium is missing: apt-get install chromium"
    return {"executable_path": path, "args": CHROMIUM_FLAGS, "headless": True}


class Person:
    """Somebody with a browser of their own; fails on a message in the browser's console."""

    def __init__(self, browser: Browser, portal: Portal, **options: Any) -> None:
        self.portal = portal
        options = {"base_url": portal.url} | options
        self.context: BrowserContext = browser.new_context(locale="de-DE", accept_downloads=True, **options)
        self.context.set_default_timeout(15000)
        self.page: Page = self.context.new_page()
        self.console: list[str] = []
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.console.append(message.text)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Sign in on the one sign-in page."""
        self.page.goto("/konto/login/")
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", password)
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_url(lambda url: "login" not in url)

    def press(self, name: str) -> None:
        """Press a button or link by what it says."""
        self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        ).first.click()

    def close(self) -> None:
        """Leave; nothing may have gone wrong in the console."""
        self.context.close()
        assert self.console == []


@pytest.fixture
def person(browser: Browser, portal: Portal) -> Iterator[Any]:
    """Makes people with a browser: ``person(viewport={…}, java_script_enabled=False)``."""
    made: list[Person] = []

    def make(**options: Any) -> Person:
        options.setdefault("viewport", {"width": 390, "height": 844})
        made.append(Person(browser, portal, **options))
        return made[-1]

    yield make
    for someone in made:
        someone.close()
