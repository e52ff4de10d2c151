"""What a peer is: where it comes from, how it is started, what it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workload import Workload


@dataclass(frozen=True)
class Place:
    """``tools`` is where the peer is installed, ``work`` its own folder for this run.

    ``description`` is callproof's OpenAPI document, cut to the requests that are measured, and
    ``plain`` the same in OpenAPI 3.0 with the form fields as text and with answers as examples.
    """

    tools: Path
    work: Path
    description: Path
    plain: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Peer:
    """``home`` is ``node`` or ``python``, and ``package`` what is installed there.

    ``command`` may write files into the place and returns what starts the server. ``asked`` makes the
    peer's own requests from the contract's, or leaves them as they are; ``introduce`` prepares a running
    server. ``keeps`` says what it keeps of a request.
    """

    name: str
    home: str
    package: str
    keeps: str
    how: str
    command: Callable[[Place], list[str]]
    env: Callable[[Place], dict[str, str]] = lambda place: {}
    introduce: Callable[[str], None] = lambda url: None
    asked: Callable[[dict[str, Workload]], dict[str, Workload]] = lambda requests: requests
    validates: bool = True
