"""``callproof serve --open``: a browser is shown where to look, and nobody waits for it."""

import os
import webbrowser
from pathlib import Path
from queue import Queue

import pytest
import requests

from callproof.running.browsing import open_page
from tests.served import serving_ends


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipe on which the default browser tells the address that it was given."""
    told, program = tmp_path / "told", tmp_path / "browser"
    os.mkfifo(told)
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > "{told}"\n')
    program.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(program))
    return told


@pytest.mark.parametrize(
    ("options", "end"),
    [(("--clock", "manual"), "crm"), (("--only", "pbx", "--seed", "1"), "pbx"), ((), "crm")],
)
def test_the_pages_are_opened_once_the_ends_answer(
    tmp_path: Path, browser: Path, options: tuple[str, ...], end: str
) -> None:
    with serving_ends(tmp_path, "--open", *options) as ends:
        address = browser.read_text()
        assert address == ends.told[f"{end}Url"]
        assert "<main" in requests.get(address, timeout=30).text


@pytest.mark.parametrize("failure", [None, webbrowser.Error("none"), OSError("none")])
def test_where_there_is_no_browser_a_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    def fails(_url: str) -> bool:
        if failure:
            raise failure
        return False

    monkeypatch.setattr(webbrowser, "open", fails)
    said: Queue[object] = Queue()
    open_page("http://127.0.0.1:8080", said.put)
    assert said.get(timeout=30) == "No browser could be opened. Open http://127.0.0.1:8080 yourself."
