"""Several workers on one database are one CRM, whichever answers."""

import os
import random
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import NullPool, create_engine, make_url, text

from callproof.cli import main
from tests.served import RINGING, Served, served
from tests.support import KEY

WORKERS = 3


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Served]:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    with served(tmp_path, database, options=["--workers", str(WORKERS)]) as (crm,):
        crm.register()
        yield crm
        crm.stop()


def test_each_call_is_kept_once_and_each_exchange_is_in_the_journal(crm: Served) -> None:
    batches = [[f"c-{n}" for n in random.Random(seed).sample(range(200), 20)] for seed in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(crm.upload, batches))
    distinct = {name for batch in batches for name in batch}
    assert sum(answer["processedCallsCount"] for answer in answers) == len(distinct)
    assert sum(len(answer.get("duplicateCalls", [])) for answer in answers) == 60 * 20 - len(distinct)
    assert Counter(call["externalId"] for call in crm.state()["calls"]) == Counter(distinct)
    # Another worker writes its entries a moment later.
    entries: list[Any] = []
    until = monotonic() + 20
    while len(entries) < 61 and monotonic() < until:
        entries += crm.journal(since=len(entries), wait=5)
    assert [entry["id"] for entry in entries] == list(range(1, 62))
    sent = Counter(entry["request"]["body"]["size"] for entry in entries)
    assert len(sent) > 1


def test_one_call_that_sixteen_upload_at_once_is_kept_once(crm: Served) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(crm.upload, [["the-same"]] * 16))
    assert sum(answer["processedCallsCount"] for answer in answers) == 1
    assert sum(answer.get("duplicateCalls", []) == ["the-same"] for answer in answers) == 15
    assert [call["externalId"] for call in crm.state()["calls"]] == ["the-same"]


def descendants(process: int) -> list[int]:
    found = [process]
    for one in found:
        for thread in Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


@pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="there is one core for all")
def test_pinned_workers_keep_to_a_core_each(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    with served(tmp_path, database, options=["--workers", "2", "--pin"]) as (crm,):
        until, kept = monotonic() + 20, list[int]()
        # One of them answers before the other has begun.
        while len(kept) < 2 and monotonic() < until:
            crm.journal()
            allowed = [os.sched_getaffinity(process) for process in descendants(crm.process.pid)]
            kept = sorted(min(cores) for cores in allowed if len(cores) == 1)
        crm.stop()
    assert kept == sorted(os.sched_getaffinity(0))[:2]


def test_an_event_that_comes_at_once_everywhere_opens_one_card(crm: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert all(answer["success"] for answer in pool.map(crm.event, [RINGING] * 16))
    assert len(crm.state()["cards"]) == 1


def test_what_a_tester_turns_holds_for_every_worker(crm: Served) -> None:
    crm.bench("keys", {"key": "second", "scopes": []})
    crm.bench("readings", {"account": "unknown"})
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(crm.event, [RINGING] * 24))
    assert {answer["errorMsg"] for answer in refused} == {"Account does not exist."}
    crm.bench("reset", {})

    def second_key(_: int) -> str:
        answer = requests.get(f"{crm.url}/api/v5/users", headers={"X-API-KEY": "second"}, timeout=30).json()
        return str(answer["errorMsg"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(second_key, range(24))) == {'Wrong "apiKey" value.'}


def test_a_budget_is_one_for_all_workers(crm: Served) -> None:
    crm.bench("budgets", {"telephony": 5})
    began = monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(crm.event, [RINGING] * 40))
    seconds = int(monotonic() - began) + 1
    assert 5 <= sum(answer["success"] for answer in answers) <= 5 * (seconds + 1)


def test_faults_want_one_worker(crm: Served) -> None:
    answer = crm.bench("faults", {"fault": "crm-down"})
    assert (answer.status_code, answer.json()["error"]) == (409, "Faults want an end with one worker.")


def test_nothing_listens_on_after_the_parent_was_killed(crm: Served) -> None:
    crm.process.send_signal(signal.SIGKILL)
    crm.process.wait()
    port = int(crm.url.rsplit(":", 1)[1])
    until = monotonic() + 20
    while monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
    pytest.fail("a worker still listens")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "2"], "cannot share a state in memory"),
        (["--pin", "--clock", "manual"], "--pin wants Linux and the machine's clock"),
        (["--workers", "2", "--db", "sqlite:///x.db", "--clock", "manual"], "cannot share a manual clock"),
        (
            ["--workers", "2", "--db", "sqlite:///x.db", "--fault", "crm-down"],
            "Faults want an end with one",
        ),
        (["--journal", "some"], "neither all, nor off, nor a number"),
        (["--journal", "0"], "neither all, nor off, nor a number"),
    ],
)
def test_what_workers_cannot_share_is_told(options: list[str], words: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--only", "crm", "--crm-port", "0", *options])
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


def test_a_journal_that_is_off_keeps_nothing(tmp_path: Path) -> None:
    with served(tmp_path, "sqlite://", options=["--journal", "off"]) as (crm,):
        crm.register()
        assert crm.event(RINGING)["success"]
        assert crm.journal() == []
        crm.stop()


def test_a_connection_is_broken_off_by_a_fault(tmp_path: Path) -> None:
    with served(tmp_path, "sqlite://", options=["--fault", "crm-down"]) as (crm,):
        with pytest.raises(requests.RequestException):
            crm.event(RINGING)
        crm.stop()


@pytest.mark.parametrize(
    "spelled", ["sqlite:///:memory:", "sqlite+pysqlite://", "sqlite:///file::memory:?uri=true"]
)
def test_memory_may_be_spelled_as_sqlalchemy_does(tmp_path: Path, spelled: str) -> None:
    with served(tmp_path, spelled) as (crm,):
        crm.register()
        assert crm.event(RINGING) == {"success": True}
        crm.stop()


def test_workers_know_the_variables_of_the_databases_driver(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server lets its own role in alone, which the address does not name."""
    named = make_url(postgres_url)
    monkeypatch.setenv("PGUSER", str(named.username))
    monkeypatch.setenv("PGAPPNAME", "named-by-libpq")
    url = f"postgresql://{named.host}:{named.port}/{named.database}"
    with served(tmp_path, url, options=["--workers", "2"]) as (crm,):
        crm.register()
        assert crm.event(RINGING) == {"success": True}
        with create_engine(postgres_url, poolclass=NullPool).connect() as connection:
            seen = connection.execute(
                text("SELECT DISTINCT application_name FROM pg_stat_activity")
            ).scalars()
            assert "named-by-libpq" in set(seen)
        crm.stop()


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_kept_account_is_seeded_anew(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = (
        request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path / 's.db'}"
    )
    with served(tmp_path, str(url), options=["--workers", "2"]) as (crm,):
        crm.register()
        told = crm.bench("seed", {"seed": 2, "users": [{"id": 7}]}).json()
        assert told["counts"]["modules"] == 0
        crm.register()
        assert crm.event(RINGING) == {"success": True}
        crm.stop()


def test_slow_senders_and_readers_of_the_journal_keep_nobody_waiting(tmp_path: Path) -> None:
    with served(tmp_path, "sqlite://") as (crm,), ExitStack() as stack:
        where = urlsplit(crm.url)
        slow = f"POST /api/v5/users/1/status?apiKey={KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ns"
        polls = "GET /_bench/journal?since=99999&wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for sent in [slow, polls] * 100:
            peer = socket.create_connection((where.hostname, where.port))
            stack.callback(peer.close)
            peer.sendall(sent.encode())
        crm.register()
        for _ in range(10):
            assert crm.event(RINGING) == {"success": True}


def pinned(process: int) -> list[int]:
    """Which of its descendants keep to one core, as workers do; one that ends meanwhile does not count."""
    found: list[int] = []
    with suppress(FileNotFoundError):
        for one in descendants(process):
            with suppress(ProcessLookupError):
                found += [one] if len(os.sched_getaffinity(one)) == 1 else []
    return found


def test_a_worker_that_dies_is_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'state.db'}"
    with served(tmp_path, database, options=["--workers", "2", "--pin"]) as (crm,):
        crm.register()
        assert crm.upload(["before"])["processedCallsCount"] == 1
        kept: list[int] = []
        until = monotonic() + 20
        while len(kept) < 2 and monotonic() < until:
            crm.journal()
            kept = pinned(crm.process.pid)
        os.kill(kept[0], signal.SIGKILL)
        uploaded, replaced = 0, list[int]()
        while len(set(replaced) - set(kept)) < 1 and monotonic() < until + 20:
            with suppress(requests.ConnectionError):  # what it had taken in is refused
                uploaded += crm.upload([f"after-{uploaded}"])["processedCallsCount"]
            replaced = pinned(crm.process.pid)
        assert len(replaced) == 2
        kept_calls: list[object] = []
        while not kept_calls and monotonic() < until + 20:
            with suppress(requests.ConnectionError):
                kept_calls = crm.state()["calls"]
        assert len(kept_calls) == uploaded + 1
        crm.stop()
        assert crm.process.returncode == 0
    assert "A worker of the CRM has died" in (tmp_path / "0.log").read_text()
