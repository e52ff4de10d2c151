"""What only a browser shows of the softphone: how soon it rings, that it is heard, and what it plays."""

import re
import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import ServedPair

SECOND = 1_000.0
SCRIPT = "<script>alert(1)</script>"

Contexts = Callable[..., BrowserContext]


def button(page: Page | Locator, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def call(page: Page, name: str = "+7 900 000-00-02") -> None:
    """By default somebody for whom nobody is responsible, so that everybody is rung."""
    page.get_by_label("or another number or name").fill(name)
    button(page, "Call")


@pytest.fixture
def people(pair: ServedPair, context: Contexts) -> tuple[Page, Page]:
    """A customer and somebody at extension 100, each with a browser of their own."""
    customer, manager = context().new_page(), at(pair, context, "100")
    customer.goto(pair.pbx)
    return customer, manager


def at(pair: ServedPair, context: Contexts, extension: str) -> Page:
    """The page of somebody who is this extension alone."""
    page = context().new_page()
    page.goto(pair.pbx)
    away = "200" if extension == "100" else "100"
    button(page, f"Put {away} away")
    expect(page.locator(f"#telephone-{away}")).to_have_count(0)
    return page


def test_a_call_rings_elsewhere_within_a_second_is_answered_and_played_back(
    people: tuple[Page, Page],
) -> None:
    customer, manager = people
    call(customer)
    expect(customer.locator("#customers article")).to_contain_text("hears 100, 200 ring")
    telephone = manager.locator("#telephone-100")
    expect(telephone).to_have_attribute("data-ring", re.compile("."), timeout=SECOND)
    button(manager, "Answer")
    expect(manager.locator("#telephone-100")).to_contain_text("talking")
    expect(customer.locator("#customers article")).to_contain_text("talks with 100")
    # The recording has whole seconds.
    expect(customer.locator("#customers time")).to_have_text(re.compile("0:0[2-9]"), timeout=10_000)
    button(customer.locator("#customers"), "Hang up")
    expect(manager.locator("#telephone-100")).to_contain_text("Dial")
    sound = manager.locator("#ended audio")
    seek = """async (audio) => {
        await audio.play();
        audio.currentTime = 1;
        await new Promise((done) => audio.addEventListener("seeked", done, {once: true}));
        return [audio.currentTime >= 1, audio.duration >= 2, audio.paused];
    }"""
    assert sound.evaluate(seek) == [True, True, False]


def test_the_first_call_is_played_back_after_one_click(page: Page, pair: ServedPair) -> None:
    page.goto(pair.pbx)
    button(page, "Let a whole call happen")
    expect(page.locator("article.telephone").filter(has_text="talking")).to_have_count(1, timeout=10_000)
    sound = page.locator("#ended audio")
    expect(sound).to_be_visible(timeout=15_000)
    assert sound.evaluate("async (audio) => { await audio.play(); return audio.duration }") == 5


def test_a_recording_goes_on_playing_while_the_page_is_renewed(people: tuple[Page, Page]) -> None:
    customer, manager = people
    customer.get_by_label("and then").select_option("answered")
    customer.get_by_label("after").fill("0")
    customer.get_by_label("talk").fill("4")
    call(customer)
    sound = manager.locator("#ended audio").first
    expect(sound).to_be_visible(timeout=15_000)
    first = sound.evaluate("async (audio) => { audio.loop = true; await audio.play(); return audio.id }")
    customer.get_by_label("talk").fill("1")
    call(customer)
    expect(manager.locator("#ended audio")).to_have_count(2, timeout=15_000)
    assert manager.locator(f"#{first}").evaluate("(audio) => audio.paused") is False


def test_a_call_is_held_and_passed_on(
    people: tuple[Page, Page], context: Contexts, pair: ServedPair
) -> None:
    customer, manager = people
    colleague = at(pair, context, "200")
    call(customer)
    button(manager, "Answer")
    expect(colleague.locator("#telephone-200")).to_contain_text("Dial")
    button(manager, "Hold")
    expect(customer.locator("#customers article")).to_contain_text("is on hold with 100")
    button(manager, "Resume")
    expect(customer.locator("#customers article")).to_contain_text("talks with 100")
    button(manager, "Transfer")
    expect(colleague.locator("#telephone-200")).to_contain_text("100 passes on")
    button(colleague, "Answer")
    expect(customer.locator("#customers article")).to_contain_text("talks with 200")
    expect(manager.locator("#telephone-100")).to_contain_text("Dial")


def test_telephones_are_remembered_and_what_was_typed_is_kept(pair: ServedPair, page: Page) -> None:
    page.goto(pair.pbx)
    button(page, "Put 100 away")
    page.get_by_label("or another number or name").fill("half a na")
    button(page, "Register with the CRM")
    expect(page.locator("#crm")).to_contain_text("Registered with")
    expect(page.get_by_label("or another number or name")).to_have_value("half a na")
    page.reload()
    expect(page.locator("#telephone-200")).to_be_visible()
    expect(page.locator("#telephone-100")).to_have_count(0)


def test_of_a_typed_number_and_a_chosen_customer_the_last_counts(people: tuple[Page, Page]) -> None:
    page, _ = people
    listed = page.locator("#call-customer")
    typed = page.get_by_label("or another number or name")
    first = listed.input_value()
    assert first
    typed.fill("Somebody")
    expect(listed).to_have_value("")
    listed.select_option("anonymous")
    expect(typed).to_have_value("")
    typed.fill("Somebody")
    typed.fill("")
    expect(listed).to_have_value(first)
    call(page, "Somebody")
    expect(page.locator("#customers article")).to_contain_text("Somebody")
    expect(typed).to_have_value("")
    expect(listed).to_have_value(first)
    # Of pages that are renewed what was chosen stays.
    listed.select_option("anonymous")
    button(page, "Register with the CRM")
    expect(page.locator("#crm")).to_contain_text("Registered with")
    expect(listed).to_have_value("anonymous")


def test_a_call_is_taken_by_keyboard_alone_and_the_title_says_that_it_rings(
    people: tuple[Page, Page],
) -> None:
    customer, manager = people
    call(customer)
    expect(manager).to_have_title(re.compile("Extension 100 rings"))
    manager.get_by_role("button", name="Answer").focus()
    manager.keyboard.press("Enter")
    expect(manager.get_by_role("button", name="Hold")).to_be_focused()
    expect(manager).not_to_have_title(re.compile("rings"))
    manager.keyboard.press("Tab")
    manager.keyboard.press("Enter")
    expect(manager.locator("#telephone-100").get_by_label("Number")).to_be_focused()


def test_a_name_that_is_a_script_is_shown_as_text(people: tuple[Page, Page]) -> None:
    customer, manager = people
    call(customer, SCRIPT)
    expect(manager.locator("#telephone-100")).to_contain_text(SCRIPT)
    button(customer.locator("#customers"), "Hang up")
    expect(manager.locator("#ended")).to_contain_text(SCRIPT)


def test_ringing_is_heard_once_when_it_is_switched_on_and_stops_in_all_tabs(
    pair: ServedPair, context: Contexts
) -> None:
    person = context()
    first, second = person.new_page(), person.new_page()
    for tab in (first, second):
        tab.goto(pair.pbx)
    call(second)
    expect(first.locator("#telephone-100")).to_contain_text("Call from")
    expect(first.locator("html")).not_to_have_attribute("data-sounding", "ring")
    button(second, "Sound")
    expect(first.locator("html")).to_have_attribute("data-sounding", "ring")
    expect(first.locator("#sound")).to_have_attribute("aria-pressed", "true")
    expect(second.locator("html")).not_to_have_attribute("data-sounding", "ring")
    button(second.locator("#telephone-200"), "Answer")
    expect(first.locator("html")).to_have_attribute("data-sounding", "")
    first.reload()
    expect(first.locator("#sound")).to_have_attribute("aria-pressed", "true")


def test_a_caller_hears_the_ring_back_until_somebody_answers(people: tuple[Page, Page]) -> None:
    customer, manager = people
    button(customer, "Put 100 away")
    button(customer, "Sound")
    call(customer)
    expect(customer.locator("html")).to_have_attribute("data-sounding", "ring")
    button(customer.locator("#telephone-200"), "Decline")
    expect(customer.locator("html")).to_have_attribute("data-sounding", "ringback")
    button(manager, "Answer")
    expect(customer.locator("html")).to_have_attribute("data-sounding", "")


@pytest.mark.parametrize(("locale", "scheme"), [("en", "light"), ("ru", "dark")])
def test_it_fits_narrow_screens_and_axe_finds_nothing(
    pair: ServedPair, context: Contexts, axe: Callable[[Page], list[str]], locale: str, scheme: str
) -> None:
    page = context(locale=locale, color_scheme=scheme, viewport={"width": 360, "height": 740}).new_page()
    page.goto(pair.pbx)
    assert axe(page) == []
    for name in ("N" * 100, "+7 900 000-00-02"):
        page.locator("#call-other").fill(name)
        page.locator("#call-button").click()
        page.locator("article.telephone button.yes").first.click()
        expect(page.locator("#customers article .no")).to_have_count(1 if name.startswith("N") else 2)
    page.locator("#customers article .no").first.click()
    expect(page.locator("#ended tbody tr")).to_have_count(1)
    expect(page.locator("select[id^=transfer-]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe(page) == []


def test_the_outbox_shows_retries_while_the_crm_is_away(
    serve: Callable[..., ServedPair], page: Page
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        pair = serve("--only", "pbx", "--crm-url", nobody, "--api-key", "K" * 32)
        page.goto(pair.pbx)
        call(page)
        row = page.locator("#outbox tbody tr").first
        expect(row).to_contain_text("refused", ignore_case=True)
        expect(row.locator(".attempts")).to_have_text(re.compile("[2-9]"), timeout=15_000)
        button(page, "Deliver now")
        button(page, "Register with the CRM")
        expect(page.locator("#crm")).to_contain_text("could not be reached")
