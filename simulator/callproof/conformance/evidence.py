"""The journals of both ends, read as exchanges of the contract.

A journal is bytes and addresses; here they get the name of their method, their parameters with
canonical types, and everything that the schemas say of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import urlsplit

import orjson

from callproof.contract import decoding, payloads, routes
from callproof.contract.errors import ApiError
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Operation, Side
from callproof.contract.schemas import Violation


@dataclass(frozen=True)
class Message:
    """One half of an exchange as it went over the wire: headers in their order and spelling, and the body.

    ``text`` is None where the body is no text, as audio is; ``size`` counts the bytes.
    """

    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = ""
    size: int = 0

    def header(self, name: str) -> str:
        """The last value of a header, in whatever spelling; empty when there is none."""
        return next((value for known, value in reversed(self.headers) if known.lower() == name), "")

    def saying(self, text: str | None) -> "Message":
        """The same with another text; what counts its bytes follows."""
        if text is None or text == self.text:
            return self
        size = len(text.encode())
        headers = tuple(
            (name, str(size) if name.lower() == "content-length" else value) for name, value in self.headers
        )
        return replace(self, headers=headers, text=text, size=size)


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as the end ``seen_by`` wrote them down.

    ``asked_by`` made the request. ``params`` is the structure or the plain parameters; ``refused`` says
    why they could not even be decoded. ``by_bench`` marks a request that only prepared or probed, ``keyed``
    one that carries an API key in any of its three places. ``request`` and ``reply`` are what they were
    read from; there is no reply where an ``error`` says why none came.
    """

    id: int
    seen_by: Side
    asked_by: Side
    at: float
    method: str
    url: str
    operation: Operation | None
    params: Json
    status: int | None
    headers: Mapping[str, str]
    answer: Json
    answer_size: int
    error: str
    by_bench: bool
    keyed: bool = False
    findings: tuple[Finding, ...] = ()
    violations: tuple[Violation, ...] = ()
    refused: str = ""
    request: Message = Message()
    reply: Message | None = None

    @property
    def ref(self) -> str:
        """What reports call it: whose journal, and its number there."""
        return f"{self.seen_by}-{self.id}"

    def __str__(self) -> str:
        return f"{self.method} {self.url} -> {self.status or self.error}"


@dataclass
class Book:
    """Which addresses at the PBX are call-backs: learned from what the PBX itself sent."""

    addresses: dict[str, str] = field(default_factory=dict)

    def learn(self, exchange: Exchange) -> None:
        if exchange.operation is None or exchange.status not in (200, 201):
            return
        if exchange.operation.name == "module-edit":
            self._learn_settings(exchange.params)
        elif exchange.operation.name == "calls-upload":
            for item in cast(list[JsonObject], exchange.params):
                self._add(item.get("recordUrl"), "record")

    def find(self, url: str) -> Operation | None:
        name = self.addresses.get(url.partition("?")[0])
        return BY_NAME[name] if name else None

    def _learn_settings(self, module: Json) -> None:
        settings = cast(JsonObject, module)
        actions = cast(JsonObject, settings.get("actions") or {})
        if actions.get("activity") and settings.get("baseUrl"):
            path = str(actions["activity"]).lstrip("/")
            self._add(f"{str(settings['baseUrl']).rstrip('/')}/{path}", "activity")
        self._add(settings.get("accountUrl"), "account")
        integrations = cast(JsonObject, settings.get("integrations") or {})
        telephony = cast(JsonObject, integrations.get("telephony") or {})
        self._add(telephony.get("makeCallUrl"), "make-call")
        self._add(telephony.get("changeUserStatusUrl"), "status-notice")

    def _add(self, url: Json, name: str) -> None:
        if isinstance(url, str) and url:
            self.addresses[url.partition("?")[0]] = name


def read(entries: Iterable[JsonObject], seen_by: Side, book: Book) -> list[Exchange]:
    """The entries of one end's journal, in order; ``book`` learns on the way."""
    found = []
    for entry in entries:
        exchange = _read(entry, seen_by, book)
        book.learn(exchange)
        found.append(exchange)
    return found


def _read(entry: JsonObject, seen_by: Side, book: Book) -> Exchange:
    request = cast(JsonObject, entry["request"])
    answer = cast("JsonObject | None", entry["answer"])
    method, url = str(request["method"]), str(request["url"])
    other = Side.PBX if seen_by is Side.CRM else Side.CRM
    asked_by = other if entry["direction"] == "in" else seen_by
    to_crm = asked_by is Side.PBX
    operation = routes.find(method, urlsplit(url).path) if to_crm else book.find(url)
    params, findings, violations, refused = _params(operation, request)
    return Exchange(
        id=cast(int, entry["id"]),
        seen_by=seen_by,
        asked_by=asked_by,
        at=cast(float, entry["at"]),
        method=method,
        url=url,
        operation=operation,
        params=params,
        status=cast(int, answer["status"]) if answer else None,
        headers=_headers(answer) if answer else {},
        answer=_json(answer) if answer else None,
        answer_size=cast(int, cast(JsonObject, answer["body"])["size"]) if answer else 0,
        error=str(entry["error"]),
        by_bench=bool(entry["byBench"]),
        keyed=_has_key(request),
        findings=tuple(findings),
        violations=tuple(violations),
        refused=refused,
        request=_message(request),
        reply=_message(answer) if answer else None,
    )


def _message(sent: JsonObject) -> Message:
    body = cast(JsonObject, sent["body"])
    text = body.get("text")
    headers = tuple((name, value) for name, value in cast(list[tuple[str, str]], sent["headers"]))
    return Message(headers, None if text is None else str(text), cast(int, body["size"]))


def _params(
    operation: Operation | None, request: JsonObject
) -> tuple[Json, list[Finding], list[Violation], str]:
    """Decode and judge the request as the contract has it, leniently, whatever the end made of it."""
    query = urlsplit(str(request["url"])).query
    content_type = _headers(request).get("content-type", "")
    body = str(cast(JsonObject, request["body"]).get("text") or "").encode()
    try:
        decoded = decoding.decode(query, content_type, body)
        if operation is None:
            return {**decoded.query, **decoded.fields}, [], [], ""
        findings = list(decoded.findings)
        if operation.entity:
            raw, more = decoding.structure(decoded, operation.entity)
            findings += more
            schema, where, plain = operation.entity_schema, operation.entity, False
        else:
            raw = {n: v for n, v in {**decoded.query, **decoded.fields}.items() if n != "apiKey"}
            schema, where, plain = operation.query_schema, "query", True
    except ApiError as error:
        return None, [], [], f"{error} {decoding.explain(error)}".strip()
    if not schema:
        return raw, findings, [], ""
    judged = payloads.read(schema, raw, where, plain=plain)
    return judged.value, findings + judged.findings, judged.violations, ""


def _has_key(request: JsonObject) -> bool:
    sent = urlsplit(str(request["url"])).query + str(cast(JsonObject, request["body"]).get("text") or "")
    return "x-api-key" in _headers(request) or "apiKey" in sent


def _headers(message: JsonObject) -> dict[str, str]:
    return {name.lower(): value for name, value in cast(list[tuple[str, str]], message["headers"])}


def _json(answer: JsonObject) -> Json:
    text = cast(JsonObject, answer["body"]).get("text")
    try:
        return cast(Json, orjson.loads(str(text)))
    except orjson.JSONDecodeError:
        return None


def is_remark(finding: Finding) -> bool:
    """Whether the finding says that a row was not kept to the letter."""
    return finding.kind in (Kind.FORGIVEN, Kind.IGNORED, Kind.MISPLACED) and bool(finding.requirement)
