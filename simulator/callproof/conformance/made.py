"""What a run made at a CRM under test: its owner may have to tidy up afterwards."""

from typing import cast
from urllib.parse import urlsplit

import orjson

from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import BY_NAME
from callproof.control.client import End

_UPLOAD = BY_NAME["calls-upload"].path


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
        while entries := cast(list[JsonObject], self._pbx.get("/journal", since=self._seen)["entries"]):
            self._seen = cast(int, entries[-1]["id"])
            for entry in entries:
                if entry["direction"] == "out" and entry["answer"]:
                    self._read(cast(JsonObject, entry["request"]), cast(JsonObject, entry["answer"]))

    def _read(self, request: JsonObject, answer: JsonObject) -> None:
        path = urlsplit(str(request["url"])).path
        said = str(cast(JsonObject, answer["body"]).get("text") or "")
        if answer["status"] == 201:
            self.note(path, said)
        elif path == _UPLOAD and answer["status"] == 200:
            self._calls += _processed(said)


def _processed(said: str) -> int:
    try:
        count = orjson.loads(said)["processedCallsCount"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return count if isinstance(count, int) else 0
