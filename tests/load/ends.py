"""Ends that run by themselves, for locust to load."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from callproof.contract.operations import Side
from callproof.control.client import End
from callproof.crm.account import api_key
from tests.forking import Forked

ROOT = Path(__file__).resolve().parent.parent.parent
LOCUST = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py")]
KEY = api_key(1)


class Server:
    """``callproof serve`` in a process of its own."""

    def __init__(self, *options: str, stack: ExitStack) -> None:
        process = Forked(["serve", "--seed", "1", *options], stdout=subprocess.PIPE)
        stack.callback(process.communicate)
        stack.callback(process.terminate)
        assert process.stdout is not None
        self.urls: dict[str, str] = {}
        for line in process.stdout:
            if "http://" in line:
                self.urls[line.split()[0]] = f"http://{line.split('http://')[1].split()[0]}"
            if line.startswith("Serving"):
                break

    def end(self, stack: ExitStack) -> End:
        end = End(Side.CRM, self.urls["CRM"])
        stack.callback(end.close)
        return end


def crm_with_managers() -> Iterator[End]:
    """A CRM with fifty managers."""
    with ExitStack() as stack:
        server = Server("--only", "crm", "--crm-port", "0", "--managers", "50", stack=stack)
        yield server.end(stack)
