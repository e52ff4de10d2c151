"""What the room pulls in."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
import callproof.conformance as room

for module in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"{room.__name__}.{module.name}")
print(*sorted({"flask", "sqlalchemy", "jinja2"} & set(sys.modules)))
"""


def test_a_runner_needs_neither_a_server_nor_a_database() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
