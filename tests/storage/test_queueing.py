"""Processes that write one SQLite file wait for each other by locks that end with their holder."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from callproof.crm.rules.model import HistoryCall
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import ShortSession
from callproof.storage import queueing
from callproof.storage.queueing import Queue

HOLD = """
import sys
from callproof.storage.queueing import Queue
with Queue(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "state.db"
    CrmStore(f"sqlite:///{file}").close()
    return file


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "PATIENCE", 30.0)


@pytest.fixture
def stopped(file: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has the turn and does not go on."""
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def is_held(file: Path, which: str) -> bool:
    with file.with_name(f"{file.name}-{which}").open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def until_held(file: Path, which: str, held: bool = True) -> None:
    for _ in range(3000):
        if is_held(file, which) == held:
            return
        Event().wait(0.01)
    pytest.fail(f"{which} is still {'free' if held else 'held'}")


def keep(session: ShortSession) -> list[bool]:
    return session.add_calls([HistoryCall("a", {"externalId": "a"}, "+7", None, None, 0.0)])


def test_who_waits_comes_before_who_has_just_written(file: Path) -> None:
    order: list[str] = []

    def write(queue: Queue, name: str) -> None:
        with queue:
            order.append(name)

    with (
        closing(Queue(str(file))) as one,
        closing(Queue(str(file))) as other,
        ThreadPoolExecutor(1) as threads,
    ):
        with one:
            waiting = threads.submit(write, other, "other")
            until_held(file, "next")
        write(one, "one")
        waiting.result(30)
    assert order == ["other", "one"]


def test_a_killed_holder_keeps_nobody_waiting(file: Path, stopped: "subprocess.Popen[str]") -> None:
    with closing(Queue(str(file))) as queue, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(queue.__enter__)
        until_held(file, "next")
        stopped.kill()
        waiting.result(20)
        assert is_held(file, "turn")
        queue.__exit__()


def test_a_holder_that_stands_still_is_not_waited_for_without_end(
    file: Path, stopped: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CrmStore(f"sqlite:///{file}")
    monkeypatch.setattr(queueing, "PATIENCE", 0.01)
    assert store.share(keep, writes=True) == [True]
    monkeypatch.setattr(queueing, "PATIENCE", 30.0)
    stopped.kill()
    # What was waited for in vain is let go once it comes.
    until_held(file, "turn", held=False)
    assert store.share(keep, writes=True) == [False]
    store.close()


def test_who_only_reads_waits_for_nobody(file: Path, stopped: "subprocess.Popen[str]") -> None:
    store = CrmStore(f"sqlite:///{file}")
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(store.share, keep, writes=True)
        until_held(file, "next")
        assert store.share(lambda session: session.call("a"), writes=False) is None
        stopped.kill()
        assert writing.result(30) == [True]
    store.close()


def test_the_last_one_takes_the_files_of_the_queue_away(file: Path) -> None:
    first, last = CrmStore(f"sqlite:///{file}"), CrmStore(f"sqlite:///{file}")
    first.close()
    assert is_held(file, "turn") is False
    last.close()
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name]
