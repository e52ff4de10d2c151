import os
import sys
from pathlib import Path

import pytest

from benchmarks.processes import NotStarted, Server, pinned

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)"])
child.wait()
"""


def test_a_server_that_ends_at_once_is_named_with_what_it_printed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such option'); raise SystemExit(2)"]
    server = Server(command, tmp_path / "log", os.sched_getaffinity(0))
    with pytest.raises(NotStarted, match="no such option"):
        server.wait_until(lambda: False)


def test_children_count_and_end_with_the_server(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = Server([sys.executable, "-c", PARENT], log, os.sched_getaffinity(0))
    server.wait_until(lambda: "ready" in log.read_text("utf-8"))
    try:
        parent, child = server.tree()
        assert server.cpu() > 0
        assert server.memory() > 1_000_000
    finally:
        server.stop()
    assert not [pid for pid in (parent, child) if _alive(pid)]


def _alive(pid: int) -> bool:
    """A process that ended but was not waited for is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_is_started_in_the_block_is_pinned_and_this_process_is_not() -> None:
    before = os.sched_getaffinity(0)
    with pinned({min(before)}):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before
