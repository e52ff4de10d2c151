"""The requests of a call and what their answers mean, as the contract has them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlencode

import orjson

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME
from callproof.control.wire import TOKEN_HEADER
from callproof.exchange.names import BENCH_HEADER

BUSY = 409
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Response:
    """``status`` None when none came, for the reason in ``error``; it ``took`` seconds from sending."""

    status: int | None
    content: bytes = b""
    error: str = ""
    took: float = 0.0

    @cached_property
    def json(self) -> JsonObject:
        """The body, or nothing when it is no JSON object."""
        try:
            body: Json = orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def final(self) -> bool:
        """Whether a repeat would only earn the same: a success, or a refusal that is not for the rate."""
        if self.status is None or self.status >= 500 or self.status == 429:
            return False
        return self.status >= 400 or "success" in self.json


def api_problem(answer: Response) -> str:
    """What is wrong with an answer of the CRM's API, "" when it says success."""
    if answer.status is None:
        return answer.error or "no answer"
    if answer.status not in (200, 201):
        return str(answer.status)
    return "" if answer.json.get("success") is True else f"{answer.status} without success"


def plain_problem(answer: Response) -> str:
    """The same for an answer of which the status alone counts."""
    if answer.status is None:
        return answer.error or "no answer"
    return "" if answer.status in (200, 206) else str(answer.status)


def click_problem(answer: Response) -> str:
    """The same for a click: a PBX may say that the extension is busy, 409, and has kept the contract."""
    return "" if answer.status == BUSY else plain_problem(answer)


@dataclass(frozen=True)
class Ask:
    """``operation`` is the name in the contract's table, ``url`` a path below the target's address or a
    whole address, ``wanted`` the moment of the run from which its latency counts."""

    operation: str
    method: str
    url: str
    wanted: float
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: Callable[[Response], str] = api_problem


class CrmAsks:
    """The requests of a PBX to the CRM's API."""

    def __init__(self, api_key: str, client_id: str) -> None:
        self._key = {"X-API-KEY": api_key}
        self._form = {**self._key, "Content-Type": _FORM}
        self._client_id = client_id

    def lookup(self, phone: str, wanted: float) -> Ask:
        query = urlencode({"phone": phone, "clientId": self._client_id})
        path = BY_NAME["manager-lookup"].path
        return Ask("manager-lookup", "GET", f"{path}?{query}", wanted, headers=self._key)

    def event(self, event: JsonObject, wanted: float) -> Ask:
        return self._post("call-event", event, wanted)

    def upload(self, rows: Sequence[JsonObject], wanted: float) -> Ask:
        return self._post("calls-upload", list(rows), wanted)

    def _post(self, name: str, structure: Json, wanted: float) -> Ask:
        operation = BY_NAME[name]
        form = {operation.entity: orjson.dumps(structure).decode(), "clientId": self._client_id}
        return Ask(name, "POST", operation.path, wanted, urlencode(form).encode(), self._form)


class PbxCallbacks:
    """The requests of a CRM to a PBX: the addresses of its registration."""

    def __init__(self, make_call: str, status: str, client_id: str) -> None:
        self._make_call, self._status, self._client_id = make_call, status, client_id

    def make_call(self, code: str, user: int, phone: str, wanted: float) -> Ask:
        query = {"clientId": self._client_id, "code": code, "userId": str(user), "phone": phone}
        return _plain("make-call", self._make_call, query, wanted, click_problem)

    def status(self, code: str, user: int, status: str, wanted: float) -> Ask:
        query = {"clientId": self._client_id, "code": code, "userId": str(user), "status": status}
        return _plain("status-notice", self._status, query, wanted)

    def record(self, url: str, wanted: float) -> Ask:
        return _plain("record", url, {"clientId": self._client_id}, wanted)


def _plain(
    name: str,
    url: str,
    query: Mapping[str, str],
    wanted: float,
    problem: Callable[[Response], str] = plain_problem,
) -> Ask:
    joint = "&" if "?" in url else "?"
    return Ask(name, "GET", f"{url}{joint}{urlencode(query)}", wanted, problem=problem)


def control(name: str, method: str, path: str, body: JsonObject, token: str, wanted: float) -> Ask:
    """A request to the control API of one of our own ends; ``name`` is how it is counted."""
    headers = {BENCH_HEADER: "runner"} | ({TOKEN_HEADER: token} if token else {})
    return Ask(
        name, method, f"/_bench{path}", wanted, orjson.dumps(body) if body else b"", headers, plain_problem
    )
