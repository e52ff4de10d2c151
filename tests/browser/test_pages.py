"""What every page does in a browser."""

import signal
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import ServedPair


def test_a_page_says_whether_the_other_end_answers(page: Page, pair: ServedPair) -> None:
    page.goto(pair.pbx)
    expect(page.locator("footer")).to_contain_text("answers")


def test_the_language_is_switched_by_hand(page: Page, pair: ServedPair) -> None:
    page.goto(pair.crm)
    page.get_by_role("button", name="ru").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_a_page_left_open_through_a_restart_says_so_and_recovers(
    page: Page, serve: Callable[..., ServedPair]
) -> None:
    # An open page goes on where the key is the same.
    key = ("--api-key", "K" * 32)
    pair = serve(*key)
    page.goto(pair.crm)
    pair.process.send_signal(signal.SIGTERM)
    pair.process.communicate(timeout=30)
    expect(page.locator("#offline")).to_be_visible()
    serve("--crm-port", str(urlsplit(pair.crm).port), *key)
    expect(page.locator("#offline")).to_be_hidden(timeout=15_000)
    page.get_by_role("button", name="ru").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")


def test_eight_tabs_of_one_browser_all_work(
    pair: ServedPair, context: Callable[..., BrowserContext]
) -> None:
    person = context()
    tabs = [person.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(pair.crm)
    for tab in tabs:
        tab.reload()
        expect(tab.locator("h1")).to_be_visible()
