"""``callproof`` as a process that begins with what it imports: a fork of one that has imported it.

Half of what starting two ends costs is importing them. What is tested of a start itself, or of how an
interpreter ends, is not started so.
"""

import logging
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import connection, get_context
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["callproof.cli.serve", "callproof.running.serve", "tests.forking"])


class _Files:
    """Open files that go to the fork, as its standard ones."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = numbers

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _received, tuple(DupFd(number) for number in self.numbers)


def _received(*files: "DupFd") -> _Files:  # type: ignore[valid-type]
    return _Files([file.detach() for file in files])  # type: ignore[attr-defined]


class Forked(subprocess.Popen[str]):
    """``python -m callproof`` with these arguments, its output as text."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        stdout: int | IO[str] | None = None,
        stderr: int | IO[str] | None = None,
        env: Mapping[str, str] | None = None,
        start_new_session: bool = False,
    ) -> None:
        super().__init__(
            list(arguments), stdout=stdout, stderr=stderr, env=env, text=True,
            start_new_session=start_new_session,
        )  # fmt: skip

    # What Popen asks of the system, asked of the server of forks instead, whose children they are.

    def _execute_child(self, args, *rest) -> None:  # type: ignore[no-untyped-def]
        env, pipes, new_session = rest[5], rest[9:15], rest[20]
        read, _, _, write, _, errors = pipes
        files = [0 if read == -1 else read, 1 if write == -1 else write, 2 if errors == -1 else errors]
        environment = dict(os.environ if env is None else env)
        self._process = _CONTEXT.Process(
            target=_run, args=(args, environment, str(Path.cwd()), _Files(files), new_session)
        )
        self._process.start()
        self._child_created = True
        assert self._process.pid is not None
        self.pid = self._process.pid
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _internal_poll(self, *_rest: object, **_more: object) -> int | None:
        if self.returncode is None:
            self.returncode = self._process.exitcode
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None and not connection.wait([self._process.sentinel], timeout):
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self._internal_poll()
        return self.returncode


def _run(
    arguments: list[str], environment: dict[str, str], folder: str, files: _Files, new_session: bool
) -> None:
    for number, file in enumerate(files.numbers):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    if new_session:
        os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["callproof", *arguments]
    try:
        runpy.run_module("callproof", run_name="__main__", alter_sys=True)
    finally:
        # As at the end of an interpreter, which a fork does not come to.
        logging.shutdown()
