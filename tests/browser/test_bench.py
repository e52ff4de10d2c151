"""What only a browser shows of the bench."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import ServedPair

CALLER, LINE = "+79161234567", "+7-499-999-99-99"
SCRIPT = "<script>document.title = 'broken into'</script>"


def _act(pair: ServedPair, path: str, **body: object) -> dict[str, str]:
    answer = requests.post(f"{pair.pbx}/_bench{path}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    told: dict[str, str] = answer.json()
    return told


def _called(pair: ServedPair) -> str:
    """The id of an incoming call of which the PBX has told: until then it has no page."""
    call = _act(pair, "/calls", **{"from": CALLER, "to": LINE})["id"]
    since = 0
    while True:
        query = {"since": since, "wait": 20}
        told = requests.get(f"{pair.pbx}/_bench/journal", params=query, timeout=30).json()
        if any("/call/event" in entry["request"]["url"] for entry in told["entries"]):
            return call
        since = told["lastId"]


def test_a_line_appears_as_it_happens_and_a_name_of_a_caller_is_text(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.crm}/bench")
    lines = page.locator("ol.lines li")
    expect(lines.last).to_contain_text("module-edit")
    _act(pair, "/calls", **{"from": SCRIPT, "to": LINE})
    expect(lines.first).to_contain_text(SCRIPT)
    assert "broken into" not in page.title()


def test_filters_stay_in_the_address_and_hold_for_what_comes(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.crm}/bench")
    page.get_by_label("Phone").fill("9161234567")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("Nothing in the journal is like that.")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == {"phone": ["9161234567"]}
    _act(pair, "/calls", **{"from": "+79160000000", "to": LINE})
    _act(pair, "/calls", **{"from": CALLER, "to": LINE})
    expect(page.locator("ol.lines li")).to_have_count(1)
    expect(page.get_by_label("Phone")).to_have_value("9161234567")


def test_what_is_half_typed_outlives_what_happens(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.crm}/bench")
    page.get_by_label("Phone").fill("916")
    page.get_by_label("Call", exact=True).focus()
    _act(pair, "/calls", **{"from": CALLER, "to": LINE})
    expect(page.locator("ol.lines li").first).to_contain_text(CALLER)
    expect(page.get_by_label("Phone")).to_have_value("916")
    expect(page.get_by_label("Call", exact=True)).to_be_focused()


def test_a_ladder_grows_and_its_heads_stay(
    context: Callable[..., BrowserContext], pair: ServedPair
) -> None:
    page = context(viewport={"width": 390, "height": 300}).new_page()
    call = _called(pair)
    page.goto(f"{pair.pbx}/bench/calls/{call}")
    ladder = page.locator(".ladder ol")
    expect(ladder).to_contain_text("card, 100, 200")
    _act(pair, f"/calls/{call}/answer", extension="100")
    _act(pair, f"/calls/{call}/hang-up", by="customer")
    expect(ladder).to_contain_text("card closes")
    expect(ladder).to_contain_text("calls-upload")
    page.locator(".ladder li").last.scroll_into_view_if_needed()
    expect(page.locator(".ladder .heads")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_newest_message_is_always_shown(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.crm}/bench/latest")
    expect(page.locator("h1")).to_contain_text("module-edit")
    _act(pair, "/calls", **{"from": CALLER, "to": LINE})
    expect(page.locator("h1")).to_contain_text("call-event")


def test_the_pages_know_their_name_and_the_other_end(page: Page, serve: Callable[..., ServedPair]) -> None:
    pair = serve("--name", "Staging")
    page.goto(f"{pair.crm}/bench")
    expect(page.locator("header")).to_contain_text("Staging")
    expect(page.locator("footer")).to_contain_text(pair.pbx)
    expect(page.locator("footer")).to_contain_text("answers")


def test_the_clock_stands_still_and_goes_on(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.crm}/bench/controls")
    page.get_by_role("button", name="Stop").click()
    stopped = page.get_by_role("button", name="Stop")
    expect(stopped).to_have_attribute("aria-pressed", "true")
    told = requests.get(f"{pair.pbx}/_bench/clock", timeout=10).json()
    assert told["speed"] == 0
    page.get_by_role("button", name="x1", exact=True).click()
    expect(page.get_by_role("button", name="x1", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_message_is_edited_and_sent_again(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.crm}/bench/exchanges/1")
    page.get_by_text("Edit and send again").click()
    body = page.get_by_label("Body")
    body.fill("integrationModule={}")
    _act(pair, "/calls", **{"from": CALLER, "to": LINE})
    expect(page.get_by_role("link", name="After")).to_be_visible()
    expect(body).to_have_value("integrationModule={}")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_contain_text("400")
    expect(page.locator(".findings")).to_contain_text("violation")


def test_verdicts_appear_while_scenarios_are_played(page: Page, pair: ServedPair) -> None:
    page.goto(f"{pair.pbx}/bench/scenarios")
    page.get_by_label("7-call", exact=False).first.check()
    page.get_by_role("button", name="Play and judge").click()
    expect(page.locator(".verdicts li").first).to_be_visible(timeout=30_000)
    report = page.get_by_role("link", name="Report")
    expect(report).to_be_visible(timeout=60_000)
    with page.context.expect_page() as opened:
        report.click()
    expect(opened.value.locator("h1")).to_contain_text("onform")


def test_secrets_are_shown_on_one_page_and_a_message_is_sent_again_without(
    page: Page, pair: ServedPair
) -> None:
    url = f"{pair.crm}/api/v5/telephony/manager?clientId=client-that-nobody-0815&phone=79161234567"
    requests.get(url, headers={"X-API-KEY": pair.key}, timeout=10)
    page.goto(f"{pair.crm}/bench/latest")
    main = page.locator("#main")
    expect(main).to_contain_text("***0815")
    page.locator("footer").get_by_role("link", name="Show secrets").click()
    expect(main).to_contain_text("client-that-nobody-0815")
    expect(page.locator("#key")).to_have_text(pair.key)
    page.get_by_role("link", name="Newest message").click()
    expect(main).not_to_contain_text("client-that-nobody-0815")
    page.get_by_role("link", name="Edit and send again").click()
    page.get_by_text("Edit and send again").click()
    page.get_by_role("button", name="Send").click()
    expect(main).to_contain_text("***0815")
    sent = requests.get(f"{pair.crm}/_bench/journal", timeout=10).json()["entries"]
    assert "clientId=client-that-nobody-0815" in sent[-1]["request"]["url"]


def test_a_session_is_downloaded(page: Page, pair: ServedPair) -> None:
    _act(pair, "/calls", **{"from": CALLER, "to": LINE})
    page.goto(f"{pair.crm}/bench")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a scenario").click()
    assert "customer calls" in download.value.path().read_text("utf-8")


@pytest.mark.parametrize(("locale", "scheme"), [("en", "light"), ("ru-RU", "dark")])
def test_the_pages_fit_narrow_screens_and_axe_finds_nothing(
    pair: ServedPair,
    context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    locale: str,
    scheme: str,
) -> None:
    call = _called(pair)
    _act(pair, "/snapshot", name="kept")
    requests.post(f"{pair.pbx}/_bench/faults", json={"fault": "pbx-slow-calls"}, timeout=10)
    page = context(viewport={"width": 360, "height": 700}, locale=locale, color_scheme=scheme).new_page()
    found = {}
    for path in ("", "/latest", "/exchanges/1", f"/calls/{call}", "/controls", "/scenarios"):
        page.goto(f"{pair.pbx}/bench{path}")
        width = page.evaluate("document.documentElement.scrollWidth")
        found[path] = [*axe(page), *([f"{width} pixels wide"] if width > 360 else [])]
    assert not any(found.values()), found
