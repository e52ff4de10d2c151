"""What the README's first screen promises of ``callproof serve --open --register``."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import ServedPair


def test_three_clicks_lead_to_the_first_call_played_back(page: Page, pair: ServedPair) -> None:
    page.goto(pair.crm)
    page.get_by_role("link", name="Let a customer call").click()
    page.get_by_role("button", name="Let a whole call happen").click()
    sound = page.locator("#ended audio")
    expect(sound).to_be_visible(timeout=20_000)
    # Its button to play is the leftmost.
    height = sound.bounding_box() or {"height": 0}
    sound.click(position={"x": height["height"] / 2, "y": height["height"] / 2})
    expect(sound).to_have_js_property("paused", False)
    sound.evaluate("it => new Promise(done => { it.ontimeupdate = () => it.currentTime > 0 && done() })")
