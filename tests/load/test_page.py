"""Locust's own page: what it shows and starts, asked for as the page asks for it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from callproof.control.client import End
from callproof.load.tally import FATES
from callproof.running.threads import Address
from callproof.traffic import records
from tests.load.ends import KEY, LOCUST, crm_with_managers

TOKEN = "a-token-that-no-page-shows"
LOAD = """\
model: pbx-fleet
target: {{url: {url}}}
rate: 15
duration: {seconds}s
speed: 200
samples: {{card: 0, play: 0}}
"""


@pytest.fixture(scope="module")
def crm() -> Iterator[End]:
    yield from crm_with_managers()


class Page:
    """Locust with its page, which a browser would show; ``file`` is the load that it runs."""

    def __init__(self, folder: Path, url: str, seconds: int = 1) -> None:
        self.file = folder / "load.yaml"
        self.file.write_text(LOAD.format(url=url, seconds=seconds), "utf-8")
        address = Address()
        address.close()
        self.url = address.url
        self._session = requests.Session()
        self._session.mount(
            "http://", HTTPAdapter(max_retries=Retry(total=40, backoff_factor=0.1, backoff_max=1))
        )
        self.json = folder / "load.json"
        environment = {
            **os.environ,
            "CALLPROOF_API_KEY": KEY,
            "CALLPROOF_LOAD": str(self.file),
            "CALLPROOF_LOAD_JSON": str(self.json),
        }
        options = ["--web-port", str(address.port), "--control-token", TOKEN]
        self.process = subprocess.Popen(
            [*LOCUST, *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def get(self, path: str) -> requests.Response:
        answer = self._session.get(f"{self.url}{path}", timeout=30)
        answer.raise_for_status()
        return answer

    def start(self, **fields: str) -> dict[str, object]:
        """What the page is told when somebody starts a run."""
        form = {"user_count": "0", "spawn_rate": "0", **fields}
        answer = self._session.post(f"{self.url}/swarm", data=form, timeout=30)
        found: dict[str, object] = answer.json()
        return found

    def table(self, key: str) -> list[dict[str, Any]]:
        """The rows of a tab."""
        tables = self.get("/stats/requests").json()["extended_stats"]
        found: list[dict[str, Any]] = next(table["data"] for table in tables if table["key"] == key)
        return found

    def turn(self, body: object) -> tuple[int, dict[str, Any]]:
        answer = self._session.post(f"{self.url}/callproof/rate", json=body, timeout=30)
        return answer.status_code, answer.json()

    def until(self, words: str) -> str:
        """What was printed up to a line with these words."""
        printed = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            printed.append(line)
            if words in line:
                return "".join(printed)
        raise AssertionError("".join(printed))

    def stopped(self) -> None:
        while self.get("/stats/requests").json()["state"] != "stopped":
            pass

    def close(self) -> int:
        self.process.terminate()
        self.process.communicate(timeout=30)
        return self.process.returncode


def test_the_page_is_for_this_machine_and_shows_no_key(page: Page) -> None:
    shown = page.get("/").text
    assert KEY not in shown
    assert TOKEN not in shown
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
    ):
        answer = requests.post(f"{page.url}/swarm", data={"user_count": "1"}, headers=headers, timeout=30)
        assert (answer.status_code, "other sites" in answer.text) == (403, True), headers
    port = page.url.rpartition(":")[2]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.2:{port}/", timeout=30)


@pytest.fixture
def page(crm: End, tmp_path: Path) -> Iterator[Page]:
    found = Page(tmp_path, crm.url)
    yield found
    found.close()


def test_a_second_run_plays_as_the_first_did(page: Page, crm: End) -> None:
    seen = []
    for _ in range(2):
        before = records.last_position(crm)
        page.get("/")
        assert page.start(host=crm.url)["success"] is True
        assert "\nPassed" in page.until("assed")
        page.stopped()
        seen.append(records.last_position(crm) - before)
    assert seen[0] == seen[1] > 0
    assert page.close() == 0


def test_the_host_is_that_of_the_file_until_somebody_types_another(page: Page, crm: End) -> None:
    assert f'"host": "{crm.url}"' in page.get("/").text
    assert page.start(host="http://127.0.0.1:1")["host"] == "http://127.0.0.1:1"


def test_a_target_that_cannot_be_prepared_is_told_in_the_page_and_by_the_exit_code(
    page: Page, crm: End
) -> None:
    page.get("/")
    for _ in range(2):
        told = page.start(host="http://127.0.0.1:1")
        assert told["success"] is False
        assert str(told["message"]).startswith("Nothing answers at http://127.0.0.1:1 ")
        assert "callproof: Nothing answers at http://127.0.0.1:1" in page.until("callproof: ")
    page.file.write_text(page.file.read_text("utf-8").replace("rate: 15", "rate: many"), "utf-8")
    assert "load.yaml:3: rate: " in str(page.start(host=crm.url)["message"])
    assert page.close() == 2


def test_tabs_show_what_became_of_the_calls_and_the_percentiles_of_the_verdict(
    page: Page, crm: End
) -> None:
    shown = page.get("/").text
    assert '"extended_tabs": [{"key": "calls", "title": "Calls"}' in shown
    page.start(host=crm.url)
    page.until("assed")
    page.stopped()
    calls = {row["what"]: row["count"] for row in page.table("calls")}
    assert calls["attempted"] == calls["acknowledged"] > 0
    assert sum(int(calls[fate]) for fate in FATES) == calls["attempted"]
    assert (calls["lost"], calls["doubled"], calls["concurrent"]) == (0, 0, 0)
    *judged, last = page.table("thresholds")
    assert {row["kept"] for row in judged} == {"kept"}
    assert last["kept"].startswith("Passed")
    told = {row["name"]: row for row in page.get("/stats/requests").json()["stats"]}
    ours = [row for row in page.table("latency") if row["since"] == "the intended start"]
    for row in ours:
        if theirs := told.get(row["what"]):
            keys = ("p0", "0.5"), ("p1", "0.95"), ("p2", "0.99"), ("p3", "0.999")
            assert [float(row[p]) for p, _ in keys] == [
                theirs[f"response_time_percentile_{share}"] for _, share in keys
            ]
    assert {"call-event", "calls-upload"} <= {row["what"] for row in ours} & told.keys()


def test_the_rate_is_turned_while_a_run_goes_on(crm: End, tmp_path: Path) -> None:
    page = Page(tmp_path, crm.url, seconds=8)
    try:
        assert "callproof-rate" in page.get("/").text
        status, told = page.turn({"times": 2})
        assert (status, told["problem"]) == (400, "No run goes on whose rate could be changed.")
        page.start(host=crm.url)
        wrongs: list[object] = [{"times": -1}, {"times": "2"}, {"times": 101}, [], {}]
        for wrong in wrongs:
            status, told = page.turn(wrong)
            assert (status, told["times"], "number from 0 to 100" in told["problem"]) == (400, 1.0, True)
        while not page.table("calls")[0]["count"]:
            pass
        assert page.turn({"times": 3})[1] == {"goes": True, "times": 3.0, "rate": 45.0, "problem": ""}
        assert "\nPassed" in page.until("assed")
    finally:
        page.close()
    report = orjson.loads(page.json.read_bytes())
    assert {part["intended"] for part in report["slices"]} >= {15, 45}
    assert report["counts"]["attempted"] == report["arrivalRate"]["planned"] > 8 * 15
