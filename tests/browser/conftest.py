"""A real browser, and a served pair for it to look at."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.forking import Forked
from tests.needed import missing
from tools.chromium import launched

# What a browser says of requests that the end of a server or of a page cut off.
INTERRUPTED = ("ERR_CONNECTION", "INCOMPLETE", "Failed to fetch")


@dataclass
class ServedPair:
    """``crm`` and ``pbx`` are addresses, empty for an end that is not served by ``process``."""

    crm: str
    pbx: str
    key: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright)
        if browser is None:
            missing("chromium", "Chromium is not installed. On Debian: apt-get install chromium")
        yield browser
        browser.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., ServedPair]]:
    """Starts ``callproof serve`` with these options more, on free ports unless they are among them."""
    started: list[tuple[subprocess.Popen[str], TextIO]] = []

    def start(*options: str) -> ServedPair:
        ports = ["--crm-port", "0", "--pbx-port", "0"]
        log = (tmp_path / f"{len(started)}.log").open("w+", encoding="utf-8")
        process = Forked(["serve", *ports, "--register", *options], stdout=subprocess.PIPE, stderr=log)
        started.append((process, log))
        assert process.stdout is not None
        told: dict[str, list[str]] = {}
        for line in process.stdout:
            words = line.replace("virtual PBX", "PBX").split()
            told[words[0] if words else ""] = words
            if line.startswith("Serving"):
                alone = ["CRM", "", "", "", ""]
                crm, pbx = told.get("CRM", alone), told.get("PBX", alone)
                return ServedPair(crm[1], pbx[1], crm[4], process)
        log.seek(0)
        raise AssertionError(log.read())

    yield start
    for process, log in started:
        process.kill()
        process.communicate()
        log.close()


@pytest.fixture
def pair(serve: Callable[..., ServedPair]) -> ServedPair:
    """A registered pair in memory."""
    return serve()


@pytest.fixture
def context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser of its own for each person, as ``context(locale="ru-RU")``; what a page complains of
    in its console fails the test."""
    made: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: object) -> BrowserContext:
        new = browser.new_context(**options)  # type: ignore[arg-type]
        new.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        new.on("weberror", lambda error: complaints.append(str(error.error)))
        made.append(new)
        return new

    yield make
    for one in made:
        one.close()
    assert [text for text in complaints if not any(word in text for word in INTERRUPTED)] == []


@pytest.fixture
def page(context: Callable[..., BrowserContext]) -> Page:
    return context().new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds on a page, a line for each kind."""
    source = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
    if not source.is_file():
        missing("axe-core", "axe-core is not installed. make .venv/dev does where npm is.")
    code = source.read_text("utf-8")

    def look(page: Page) -> list[str]:
        page.evaluate(code)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]

    return look
