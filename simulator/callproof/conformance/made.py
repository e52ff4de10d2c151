"""What a run made at a CRM under test: its owner may have to tidy up afterwards."""

from urllib.parse import urlsplit

import msgspec

from callproof import kinds
from callproof.contract.operations import BY_NAME
from callproof.control.client import End
from callproof.exchange.exchange import Answer

_UPLOAD = BY_NAME["calls-upload"].path


class _Taken(msgspec.Struct, rename="camel"):
    processed_calls_count: int = 0


class Made:
    """``pbx`` is our end; what it asked of the CRM is read from its journal, which a reset forgets."""

    def __init__(self, pbx: End) -> None:
        self._pbx = pbx
        self._seen = 0
        self._lines: dict[str, None] = {}
        self._calls = 0

    def note(self, path: str, said: str) -> None:
        self._lines[f"{path}: {said.strip()[:200]}"] = None

    def lines(self) -> list[str]:
        """One for each different answer, and how many calls were put into the history."""
        self.read()
        return [*self._lines, *([f"{_UPLOAD}: {self._calls} calls"] if self._calls else [])]

    def read(self) -> None:
        """Look at what is new in the journal."""
        while entries := self._pbx.journal(self._seen).entries:
            self._seen = entries[-1].id
            for entry in entries:
                if entry.direction == "out" and entry.answer:
                    self._read(urlsplit(entry.request.url).path, entry.answer)

    def _read(self, path: str, answer: Answer) -> None:
        if answer.status == 201:
            self.note(path, answer.body.text or "")
        elif path == _UPLOAD and answer.status == 200:
            self._calls += _processed(answer.body.content)


def _processed(said: bytes) -> int:
    try:
        return kinds.decode(said, _Taken).processed_calls_count
    except msgspec.DecodeError:
        return 0
