"""The log of served ends: one call can be followed by its id through both, whatever they are asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import requests

from tests.served import RINGING, served, serving_ends
from tests.support import KEY


def told_of(file: Path, call: str, whole: Callable[[list[Any]], bool]) -> list[Any]:
    """The lines about a call, once they are whole; writing them waits for nobody."""
    until, found = monotonic() + 20, list[Any]()
    while monotonic() < until and not whole(found):
        lines = file.read_text().splitlines(keepends=True)
        found = [
            line for text in lines if text.endswith("\n") and call in (line := json.loads(text))["calls"]
        ]
    return found


@pytest.mark.parametrize("clock", ["real", "manual"])
def test_a_call_is_followed_through_both_ends(tmp_path: Path, clock: str) -> None:
    options = ["--register", "--verbose", "--log-format", "json", "--clock", clock]
    wanted = {
        ("pbx", "the call is dialled"),
        ("pbx", "the call is ringing"),
        ("pbx", "the call is talking"),
        ("pbx", "the call is ended"),
        ("pbx", "asks POST /api/v5/telephony/call/event -> 200"),
        ("pbx", "the event is sent at attempt 1"),
        ("crm", "POST /api/v5/telephony/call/event -> 200"),
        ("pbx", "asks POST /api/v5/telephony/calls/upload -> 200"),
        ("pbx", "the history is sent at attempt 1"),
        ("crm", "POST /api/v5/telephony/calls/upload -> 200"),
        ("crm", "asks GET /recordings/ID.wav -> 200"),
        ("pbx", "GET /recordings/ID.wav -> 200"),
    }
    with serving_ends(tmp_path, *options) as ends:
        call = ends.call_in()
        ends.played(call)
        name = call["externalId"]

        def said(lines: list[Any]) -> set[tuple[str, str]]:
            told = set()
            for line in lines:
                message = line["message"].replace(ends.crm, "").replace(ends.pbx, "").replace(name, "ID")
                told.add((line["end"], message.partition(":")[0]))
            return told

        lines = told_of(tmp_path / "serve.log", name, lambda found: said(found) >= wanted)
        assert said(lines) >= wanted
        assert len({line["worker"] for line in lines}) == (2 if clock == "real" else 1)
        clicked = ends.click()
        assert clicked["outcome"] == "started"
        if clock == "manual":
            ends.bench("pbx", "clock", {"advance": 60})
        [made] = [call for call in ends.bench("pbx", "state")["calls"] if call["direction"] == "out"]
        both = {"pbx", "crm"}
        lines = told_of(
            tmp_path / "serve.log", made["id"], lambda found: {line["end"] for line in found} == both
        )
        assert {line["end"] for line in lines} == both


def test_lines_of_every_worker_are_whole_and_say_whose_they_are(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    with served(tmp_path, database, options=["--workers", "2", "--verbose"]) as (crm,):
        crm.register()
        for number in range(40):
            crm.event({**RINGING, "callExternalId": f"r-{number}", "colour": "\x1b[31m"})
        crm.stop()
    lines = (tmp_path / "0.log").read_text().splitlines()
    events = [line for line in lines if "call/event -> 200" in line]
    assert sorted(line.split()[3] for line in events) == sorted(f"[r-{number}]" for number in range(40))
    assert all(line.split()[2].startswith("crm/") for line in events)
    assert all(line.isprintable() for line in lines)


def test_who_drains_no_stderr_is_served_all_the_same(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "callproof", "serve", "--only", "crm", "--crm-port", "0"]
    command += ["--api-key", KEY, "--verbose"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writing, text=True)
    os.close(writing)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        url = process.stdout.readline().split()[1]
        with requests.Session() as client:
            for _ in range(1500):
                answer = client.get(f"{url}/api/v5/{'x' * 60}", headers={"X-API-KEY": KEY}, timeout=20)
                assert answer.status_code == 404
        process.terminate()
        process.wait(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
        os.close(reading)
