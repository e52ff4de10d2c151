"""The journal as a stream: whoever listens hears what happens, and keeps nobody waiting."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from signal import SIGTERM
from urllib.parse import urlsplit

import orjson
import pytest
import requests

from callproof.contract.operations import Side
from callproof.control import following
from callproof.control.client import ActionRefused, End, Missed
from callproof.control.following import Followers
from callproof.exchange.counting import Counts
from callproof.exchange.exchange import Exchange, Request
from callproof.exchange.journal import Journal
from callproof.limits import USUAL
from callproof.running.pair import BuiltIn
from tests.support import KEY

SERVERS: Sequence[Sequence[str]] = (
    ["--clock", "manual"],
    [],
    ["--db", "sqlite:///FOLDER/state.db", "--workers", "2"],
)


def entry(path: str = "/") -> Exchange:
    return Exchange(0.0, "in", Request("GET", f"http://crm{path}"), None)


def lines(journal: Journal, since: int | None = None) -> Iterator[object]:
    """What a listener reads, without the signs of life."""
    stream = Followers(journal, Counts()).follow(since, events=False)
    assert stream is not None
    return (orjson.loads(line) for line in stream if line.strip())


def numbers(journal: Journal, many: int, since: int | None = None) -> list[object]:
    heard = lines(journal, since)
    return [orjson.loads(orjson.dumps(next(heard)))["id"] for _ in range(many)]


def test_a_listener_begins_with_what_comes_next_or_where_it_says() -> None:
    journal = Journal()
    journal.write(entry())
    journal.write(entry())
    assert numbers(journal, 2, since=0) == [1, 2]
    heard = lines(journal)
    stream = Followers(journal, Counts()).follow(None, events=False)
    assert stream is not None
    assert next(stream) == b"\n"
    journal.write(entry("/later"))
    assert orjson.loads(next(stream))["request"]["url"] == "http://crm/later"
    del heard


def test_who_is_too_slow_is_told_how_many_are_gone() -> None:
    journal = Journal(max_entries=2)
    for _ in range(5):
        journal.write(entry())
    heard = lines(journal, since=1)
    assert next(heard) == {"missed": 2}
    assert numbers(journal, 1, since=3) == [4]


def test_events_carry_their_numbers() -> None:
    journal = Journal(max_entries=1)
    stream = Followers(journal, Counts()).follow(0, events=True)
    assert stream is not None
    for _ in range(2):
        journal.write(entry())
    assert next(stream) == b":\n\n"
    assert next(stream) == b'event: missed\nid: 1\ndata: {"missed":1}\n\n'
    assert next(stream).startswith(b'id: 2\ndata: {"at":')


def test_a_sign_of_life_comes_where_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SIGN_OF_LIFE", 0.01)
    stream = Followers(Journal(), Counts()).follow(None, events=False)
    assert stream is not None
    assert [next(stream) for _ in range(3)] == [b"\n"] * 3


def test_the_stream_ends_with_the_end() -> None:
    journal = Journal()
    stream = Followers(journal, Counts()).follow(None, events=False)
    assert stream is not None
    next(stream)
    journal.interrupt()
    assert list(stream) in ([], [b"\n"])
    assert journal.since(0, wait=60) == []


def test_listeners_are_counted() -> None:
    followers = Followers(Journal(), Counts())
    found = [followers.follow(None, events=False) for _ in range(USUAL.listeners + 1)]
    assert [stream is None for stream in found] == [False] * USUAL.listeners + [True]
    assert found[0] is not None
    for _ in range(2):
        found[0].close()
    assert followers.follow(None, events=False) is not None
    assert followers.follow(None, events=False) is None


def test_one_listener_too_many_is_refused_in_a_sentence(
    pair: BuiltIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Followers, "follow", lambda *_, **__: None)
    with (
        closing(End(Side.CRM, pair.crm_url)) as end,
        pytest.raises(ActionRefused, match="listeners follow"),
    ):
        next(end.follow())


def test_a_browser_gets_events_and_goes_on_where_it_was(pair: BuiltIn) -> None:
    for _ in range(2):
        requests.get(f"{pair.crm_url}/api/v5/user-groups", timeout=9)
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "1"}
    url = f"{pair.crm_url}/_bench/journal?follow"
    with requests.get(url, headers=headers, stream=True, timeout=9) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        found = [line for line, _ in zip(answer.iter_lines(chunk_size=1), range(4), strict=False)]
    assert found[2] == b"id: 2"


@contextmanager
def served(folder: Path, options: Sequence[str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    options = [option.replace("FOLDER", str(folder)) for option in options]
    command = [sys.executable, "-m", "callproof", "serve", "--only", "crm", "--crm-port", "0"]
    with subprocess.Popen(
        [*command, "--api-key", KEY, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Serving"):
                break
        found = re.search(r"CRM +(\S+)", said)
        assert found, said
        yield found[1], process
        process.terminate()


def ask(url: str, path: str) -> None:
    requests.get(f"{url}/api/v5/{path}", headers={"X-API-KEY": KEY}, timeout=20)


@pytest.mark.parametrize("options", SERVERS, ids=["manual clock", "one worker", "shared journal"])
def test_what_happens_is_heard_at_once_and_the_stream_ends_with_the_server(
    tmp_path: Path, options: Sequence[str]
) -> None:
    with served(tmp_path, options) as (url, process), closing(End(Side.CRM, url)) as end:
        # One who never reads is nobody's trouble.
        deaf = socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0))
        deaf.sendall(b"GET /_bench/journal?follow HTTP/1.1\r\nHost: crm\r\n\r\n")
        heard = end.follow(0)
        for number in range(1, 6):
            ask(url, f"user-groups?n={number}")
            found = next(heard)
            assert not isinstance(found, Missed)
            assert (found.id, found.request.url.partition("?")[2]) == (number, f"n={number}")
        process.send_signal(SIGTERM)
        assert list(heard) == []
        assert process.wait(20) == 0
        deaf.close()
