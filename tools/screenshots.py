"""Draws the pictures of README and docs from a served pair: ``make screenshots``.

The same pictures each time, but for the bars of the players: the seed is the usual one, the clock moves by
hand, and the ports, which stand on the pages, are those of ``callproof serve``.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from playwright.sync_api import Browser, FloatRect, Page, ViewportSize, expect, sync_playwright

from callproof.cli.common import CRM_URL, PBX_URL
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.control.client import End
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.exchange.names import BENCH_HEADER
from tools.chromium import launched

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
FLAWED = ROOT / "examples" / "pbx-service-flawed" / "callproof.yaml"
LARGEST = 120_000  # bytes
LINE, OTHER_LINE, STRANGER = "+7-499-999-99-99", "+7-499-888-88-88", "+79990001122"
REFUSED: JsonObject = {"phone": STRANGER, "type": "hangup", "codes": ["100"], "hangupStatus": "no answer"}
KEY = {"X-API-KEY": api_key(DEFAULT_SEED)}
# As a telephony of somebody else's registers, with a member in the wrong place and two shops' lines.
MODULE: JsonObject = {
    "clientId": "2dbh26tahjj26sg",
    "active": True,
    "name": "Virtual PBX",
    "makeCallUrl": f"{PBX_URL}/misplaced",
    "integrations": {
        "telephony": {
            "allowEdit": True,
            "makeCallUrl": f"{PBX_URL}/make-call",
            "additionalCodes": [{"userId": "1", "code": "100"}, {"userId": "2", "code": "200"}],
            "externalPhones": [
                {"siteCode": "shop1", "externalPhone": LINE},
                {"siteCode": "shop2", "externalPhone": OTHER_LINE},
            ],
        }
    },
}


@dataclass(frozen=True)
class Picture:
    """What is seen at ``address`` in a window of this width, down to ``height`` at most, once ``ready``
    has returned."""

    name: str
    address: str
    ready: Callable[[Page], None]
    width: int = 1100
    height: int = 700
    dark: bool = False


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with served(), sync_playwright() as playwright, closing(End(Side.PBX, PBX_URL)) as pbx:
        browser = launched(playwright)
        if browser is None:
            raise SystemExit("Chromium is not installed. On Debian: apt-get install chromium")
        talked = past(pbx)
        rings = pbx.post("/calls", {"from": talked["phone"], "to": LINE})
        pbx.post("/clock", {"advance": 3})
        for picture in (*at_the_bench(talked), *while_it_rings()):
            draw(browser, picture)
        pbx.post(f"/calls/{rings['id']}/hang-up", {"by": "customer"})
        register(MODULE)
        for picture in afterwards():
            draw(browser, picture)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "report.html"
            write_report(file)
            draw(browser, of_a_report(file))
        browser.close()


@contextmanager
def served() -> Iterator[None]:
    command = [sys.executable, "-m", "callproof", "serve", "--register", "--clock", "manual"]
    command += ["--seed", str(DEFAULT_SEED)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not any(line.startswith("Serving") for line in process.stdout):
            raise SystemExit("callproof serve did not start.")
        yield
    finally:
        process.terminate()
        process.communicate()


def past(pbx: End) -> JsonObject:
    """Three calls that are over, and a message that was refused; the first call, of one with an order."""
    asked = {BENCH_HEADER: "pictures", **KEY}
    known = requests.get(f"{CRM_URL}/api/v5/customers", headers=asked, timeout=30).json()["customers"]
    first, second = (next(one for one in known if one.get("managerId") == user) for user in (1, 2))
    ask("orders/create", "order", {"number": "1001", "customer": {"id": first["id"]}})
    phone = first["phones"][0]["number"]
    talked = pbx.post("/calls", {"from": phone, "to": LINE, "script": {"after": 4, "talk": 42}})
    pbx.post("/clock", {"advance": 120})
    pbx.post(
        "/calls", {"from": STRANGER, "to": OTHER_LINE, "script": {"outcome": "no answer", "after": 15}}
    )
    pbx.post("/clock", {"advance": 180})
    dialled = {"extension": "200", "to": second["phones"][0]["number"], "script": {"after": 6, "talk": 75}}
    pbx.post("/dial", dialled)
    pbx.post("/clock", {"advance": 240})
    ask("telephony/call/event", "event", REFUSED)
    pbx.post("/clock", {"advance": 20})
    return {**talked, "phone": phone}


def register(module: JsonObject) -> None:
    ask("integration-modules/virtual-pbx/edit", "integrationModule", module)


def ask(method: str, name: str, value: JsonObject) -> None:
    """A request with the key; an answer that refuses is as good."""
    form = {name: json.dumps(value)}
    requests.post(f"{CRM_URL}/api/v5/{method}", data=form, headers=KEY, timeout=30)


def shows(selector: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator(selector)).to_have_count(1)


def plays(page: Page) -> None:
    """Every player knows how long its recording is."""
    expect(page.locator("audio")).not_to_have_count(0)
    for player in page.locator("audio").all():
        player.evaluate("it => { it.preload = 'metadata' }")
        expect(player).to_have_js_property("readyState", 4)


def at_the_bench(call: JsonObject) -> Iterator[Picture]:
    """First: what the other pages ask of the ends does not stand in the journal yet."""
    yield Picture("journal", f"{CRM_URL}/bench", shows("ol.lines"), height=540)
    yield Picture("ladder", f"{CRM_URL}/bench/calls/{call['id']}", shows(".ladder"))


def while_it_rings() -> Iterator[Picture]:
    rings = shows("[data-ring]")
    yield Picture("desk", f"{CRM_URL}/", shows(".card"))
    yield Picture("desk-small", f"{CRM_URL}/", shows(".card"), 390, 844, dark=True)
    yield Picture("softphone", f"{PBX_URL}/", rings, height=608)
    yield Picture("softphone-small", f"{PBX_URL}/", rings, 390, 1000, dark=True)


def afterwards() -> Iterator[Picture]:
    yield Picture("history", f"{CRM_URL}/history", plays, 1280)
    yield Picture("settings", f"{CRM_URL}/settings/virtual-pbx", shows("#state"), height=900)


def write_report(file: Path) -> None:
    """The report on an integration that breaks three rows."""
    command = [sys.executable, "-m", "callproof", "check", "--config", str(FLAWED), "--html", str(file)]
    scenarios = ["6-event/missed", "7-call/refused", "4-record/played-and-seeked"]
    done = subprocess.run([*command, *scenarios], stdout=subprocess.PIPE, text=True)
    if done.returncode != 1:
        raise SystemExit(f"The flawed example was not found out: {done.stdout}")


def of_a_report(file: Path) -> Picture:
    return Picture("report", file.as_uri(), shows("h1"), height=600)


def draw(browser: Browser, picture: Picture) -> None:
    size = ViewportSize(width=picture.width, height=picture.height)
    context = browser.new_context(color_scheme="dark" if picture.dark else "light", viewport=size)
    with closing(context):
        page = context.new_page()
        if picture.address.startswith(CRM_URL):
            page.goto(CRM_URL)
            page.locator('button[name="user"]').first.click()
            expect(page.locator("#me")).to_be_visible()
        page.goto(picture.address)
        picture.ready(page)
        ends = page.locator("main, body").last.evaluate("it => it.getBoundingClientRect().bottom")
        seen = FloatRect(x=0, y=0, width=picture.width, height=min(picture.height, ends))
        file = PICTURES / f"{picture.name}.png"
        page.screenshot(path=file, clip=seen, animations="disabled")
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{file.name} has {file.stat().st_size} bytes; {LARGEST} are the most.")
    print(f"{file.name}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
