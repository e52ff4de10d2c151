"""The site as it is read: from files, without a network."""

import os
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.needed import missing
from tools.site import ROOT

BUILD = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir"]
QUIET = {"NO_MKDOCS_2_WARNING": "1"}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("mkdocs") is None:
        missing("mkdocs", "mkdocs is not installed. pip install 'callproof[docs]' brings it")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [*BUILD, str(folder)],
        cwd=ROOT,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, "WARNING" in done.stderr) == (0, False), done.stdout + done.stderr
    return folder


def test_the_site_is_found_through_its_search_and_asks_nobody_else(site: Path, browser: Browser) -> None:
    context = browser.new_context(offline=True)
    with closing(context):
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((site / "index.html").as_uri())
        search = page.locator("input.md-search__input")
        search.click()
        search.press_sequentially("hangupStatus")
        found = page.locator(".md-search-result__link").first
        expect(found).to_be_visible(timeout=30_000)
        found.click()
        expect(page.locator("h1").first).to_be_visible()
        assert page.url.startswith(site.as_uri())
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert said == []
