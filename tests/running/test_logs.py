"""The log of a process: its lines, and that nobody waits for who reads them."""

import fcntl
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callproof.contract.secrets import Masks
from callproof.running import logs
from callproof.running.logs import Lines, as_json, as_text


def record(message: str, *calls: str, name: str = "callproof.crm.exchange") -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, "", 0, "%s", (message,), None)
    made.created, made.process = 1_700_000_000.25, 77
    made.calls = calls
    return made


def test_a_line_of_text_has_time_level_end_worker_and_calls() -> None:
    said = as_text(record("this is odd", "a-1", "a-2"), "crm")
    assert said == "2023-11-14T22:13:20.250Z WARNING crm/77 [a-1 a-2] this is odd"
    assert as_text(record("this is odd"), "") == "2023-11-14T22:13:20.250Z WARNING -/77 this is odd"


def test_a_line_of_json_has_them_as_members() -> None:
    assert json.loads(as_json(record("this is odd", "a-1"), "crm")) == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "end": "crm",
        "worker": 77,
        "logger": "callproof.crm.exchange",
        "calls": ["a-1"],
        "message": "this is odd",
    }


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_whatever_was_sent_is_one_line_and_one_object(message: str, call: str) -> None:
    for said in (as_json(record(message, call), "crm"), as_text(record(message, call), "crm")):
        assert said.isprintable()
    assert set(json.loads(as_json(record(message, call), "crm"))) >= {"calls", "message"}


def test_a_failure_is_told_with_its_trace_on_one_line_of_json() -> None:
    lines = Collected(as_json)
    try:
        raise RuntimeError("broken \x1b[31m")
    except RuntimeError:
        lines.logger.exception("A request failed")
    [told] = map(json.loads, lines.all())
    assert told["exception"].startswith("Traceback")
    assert told["exception"].endswith("RuntimeError: broken \\x1b[31m")


class Collected:
    """A log that is written into a list, once ``free``."""

    def __init__(self, form: object = as_text) -> None:
        self.lines: list[str] = []
        self.free = Event()
        self.free.set()
        self.handler = Lines(form, self._write)  # type: ignore[arg-type]
        self.handler.end = "pbx"
        self.logger = logging.Logger("callproof.storage")
        self.logger.addHandler(self.handler)

    def _write(self, line: bytes) -> None:
        assert self.free.wait(30)
        self.lines.append(line.decode())

    def all(self) -> list[str]:
        self.handler.flush()
        return self.lines


def test_what_belongs_to_no_end_belongs_to_that_of_the_process() -> None:
    lines = Collected()
    lines.logger.warning("one")
    lines.logger.handle(record("two"))
    assert [line.split()[2].split("/")[0] for line in lines.all()] == ["pbx", "crm"]


@pytest.mark.parametrize("form", [as_text, as_json])
def test_secrets_that_callers_sent_or_that_are_known_stand_in_no_line(form: object) -> None:
    lines = Collected(form)
    lines.handler.masks = Masks(["known-and-sent-by-somebody"])
    lines.logger.info("not wanted")
    lines.logger.warning("/x?clientId=%s&a=1: apiKey is %r", "client-of-nobody-0815", "key-of-nobody-4711")
    lines.logger.handle(record("known-and-sent-by-somebody", "known-and-sent-by-somebody"))
    try:
        raise RuntimeError("token=a-token-that-nobody-sees&x")
    except RuntimeError:
        lines.logger.exception("failed")
    told = "\n".join(lines.all())
    for secret in ("of-nobody", "known-and", "a-token"):
        assert secret not in told
    for masked in ("***0815", "***4711", "***body", "***sees"):
        assert masked in told
    assert len(lines.all()) >= 3


def test_lines_that_nobody_reads_are_counted_and_dropped() -> None:
    lines = Collected()
    lines.free.clear()
    for number in range(logs.MOST + 100):
        lines.logger.warning("line %d", number)
    lines.free.set()
    told = lines.all()
    # The one that was being written does not wait.
    kept = [line for line in told if "line" in line.split()[3:4]]
    missing = [line for line in told if "were" in line]
    assert len(kept) in (logs.MOST, logs.MOST + 1)
    dropped = logs.MOST + 100 - len(kept)
    assert f"{dropped} lines of the log were dropped" in missing[0]


def test_what_other_libraries_close_goes_on() -> None:
    lines = Collected()
    lines.handler.close()
    lines.logger.warning("one")
    assert len(lines.all()) == 1


CHATTY = """
import logging, os, sys, time
from callproof.running import logs
logs.begin("text", verbose=False)
for number in range(20_000):
    logging.getLogger("callproof").warning("line %d of many, as long as lines of a log are", number)
print("served")
sys.stdout.flush()
"""
FORKED = """
import logging, os
from multiprocessing import get_context
from multiprocessing.util import Finalize
from callproof.running import logs
logs.begin("text", verbose=False)
logging.getLogger("callproof").warning("before")
def child():
    logs.belong_to("crm")
    Finalize(None, logs.flush, exitpriority=0)
    logging.getLogger("callproof").warning("in the child")
process = get_context("fork").Process(target=child)
process.start()
process.join()
logging.getLogger("callproof").warning("after")
"""


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """The end of a pipe that nobody reads and that takes nothing more."""
    reading, writing = os.pipe()
    flags = fcntl.fcntl(writing, fcntl.F_GETFL)
    fcntl.fcntl(writing, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        fcntl.fcntl(writing, fcntl.F_SETFL, flags)
    yield writing
    os.close(reading)
    os.close(writing)


def test_nobody_waits_for_a_stderr_that_nobody_reads(full_pipe: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHATTY], stdout=subprocess.PIPE, stderr=full_pipe, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"served\n")


def test_a_process_that_was_forked_writes_its_lines_before_it_ends() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, timeout=60, check=True)
    said = [line.split(maxsplit=3) for line in done.stderr.decode().splitlines()]
    assert sorted(line[2].partition(" ")[0].partition("/")[0] for line in said) == ["-", "-", "crm"]
    assert {line[1] for line in said} == {"WARNING"}
    assert b"in the child" in done.stderr
