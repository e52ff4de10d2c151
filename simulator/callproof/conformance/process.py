"""The process of a side under test: started before the run, waited for, ended after it."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import requests

from callproof.conformance.target import Start
from callproof.control.client import Unreachable

LOOK = 0.05
GRACE = 5.0
SHOWN = 2000


@contextmanager
def running(start: Start, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Raises Unreachable, with the end of what it printed, when the process does not get ready."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                start.command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise Unreachable(
                f"The side under test cannot be started: {start.command[0]}: {error.strerror}"
            ) from None
        try:
            if problem := _unready(process, start):
                output.seek(0)
                printed = output.read()[-SHOWN:].decode(errors="replace").strip()
                raise Unreachable(f"The side under test {problem}. It printed:\n{printed or '(nothing)'}")
            yield
        finally:
            _end(process)


def _unready(process: "subprocess.Popen[bytes]", start: Start) -> str:
    until = monotonic() + start.within
    session = requests.Session()
    session.trust_env = False  # no proxy stands between us and the side under test
    while monotonic() < until:
        if process.poll() is not None:
            return f"ended with {process.returncode} before it was ready"
        try:
            session.get(start.ready, timeout=1)
        except requests.RequestException:
            Event().wait(LOOK)
        else:
            return ""
    return f"does not answer at {start.ready} within {start.within:g} s"


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
