"""Steps of a journey that wait for what the browser does next.

Playwright returns from a click before the next page is there; whoever reads the page at once reads the old one.
"""

from playwright.sync_api import Locator, Page, expect


def follow(target: Locator) -> None:
    """Click something that leads to another page, and wait until that page is loaded."""
    with target.page.expect_navigation():
        target.click()


def shows(page: Page, text: str) -> None:
    """Wait until the main part of the page says this; an assertion that fails after the time-out."""
    expect(page.locator("main")).to_contain_text(text, timeout=15000)
