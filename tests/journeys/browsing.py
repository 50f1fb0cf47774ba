"""Steps of a journey that wait for what the browser does next.

Playwright returns from a click before the next page is there; whoever reads the page at once reads the old one.
"""

from typing import Any

from playwright.sync_api import Locator, Page, expect


def follow(target: Locator) -> None:
    """Click something that leads to another page, and wait until that page is loaded."""
    with target.page.expect_navigation():
        target.click()


def shows(page: Page, text: str) -> None:
    """Wait until the main part of the page says this; an assertion that fails after the time-out."""
    expect(page.locator("main")).to_contain_text(text, timeout=60000)


def release_letter(clerk: Any) -> None:
    """Wait for the letter of a decision to be shown, then press the button that decides; also without JavaScript."""
    page_one = clerk.page.get_by_role("img", name="Seite 1 von")
    for _ in range(120):
        if page_one.count():
            break
        clerk.page.wait_for_timeout(250)
        again = clerk.page.get_by_role("link", name="Seite neu laden")
        if again.count():
            again.click()
    clerk.press("So entscheiden und zustellen")


def opened(page: Page, label: str) -> Locator:
    """Unfold what lies under a heading; returns it."""
    unfolded = page.locator("details").filter(has=page.locator("summary", has_text=label))
    if unfolded.get_attribute("open") is None:
        unfolded.locator("summary").click()
    return unfolded
