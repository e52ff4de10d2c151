"""A type is worked out by one thread at a time."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import callproof

# The first thread is stopped while msgspec works the type out, the second one reads it meanwhile.
_AT_ONCE = """
from threading import Event, Thread
from typing import Annotated
import msgspec
from callproof import kinds

begun, read = Event(), Event()

class Held:
    def __hash__(self):
        begun.set()
        read.wait(0.2)
        return 1

class Kind(msgspec.Struct):
    first: Annotated[int, Held()] | None
    second: Annotated[str, Held()] | None

found = []

def look():
    found.append({how})
    read.set()

threads = [Thread(target=look) for _ in range(4)]
threads[0].start()
begun.wait()
for thread in threads[1:]:
    thread.start()
for thread in threads:
    thread.join()
assert found == [Kind(1, "x")] * 4, found
"""


@pytest.mark.parametrize(
    "how",
    [
        'kinds.convert({"first": 1, "second": "x"}, Kind)',
        """kinds.decode('{"first": 1, "second": "x"}', Kind)""",
        """kinds.decoder(list[Kind]).decode('[{"first": 1, "second": "x"}]')[0]""",
    ],
)
def test_threads_that_read_the_first_of_a_type_at_once_all_have_it(how: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _AT_ONCE.replace("{how}", how)], capture_output=True, text=True
    )
    assert (told.returncode, told.stderr) == (0, "")


def test_nothing_else_has_msgspec_read_as_a_type() -> None:
    package = Path(callproof.__file__).parent
    found = [
        f"{file.relative_to(package)}:{node.lineno}"
        for file in package.rglob("*.py")
        if file.name != "kinds.py"
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Call) and _reads(node)
    ]
    assert found == []


def _reads(call: ast.Call) -> bool:
    called = ast.unparse(call.func)
    typed = any(given.arg == "type" for given in call.keywords)
    return called in ("msgspec.convert", "msgspec.json.Decoder") or (
        called == "msgspec.json.decode" and typed
    )
