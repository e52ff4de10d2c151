"""The journals of both ends, read as exchanges of the contract.

A journal is bytes and addresses; here they get the name of their method, their parameters with
canonical types, and everything that the schemas say of them.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import orjson
from msgspec import Struct
from msgspec.structs import replace

from callproof.contract import decoding, payloads, routes
from callproof.contract.coerce import taking_empty
from callproof.contract.errors import ApiError
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject, reached, without_nobody, without_nulls
from callproof.contract.operations import BY_NAME, Operation, Side
from callproof.contract.schemas import Violation
from callproof.exchange.exchange import MAX_BINARY, Answer, Body, Exchange, Headers, Request

# Whom an event is for (evidence#event-codes).
ADDRESSEES = ("codes", "userIds")
# One of the two that an exchange has.
Half = TypeVar("Half", Request, Answer)


class Seen(Struct, frozen=True, dict=True):
    """An exchange as the end ``seen_by`` wrote it down, and what the contract says of it.

    ``params`` is the structure or the plain parameters; ``refused`` says why they could not even be
    decoded. ``findings`` are of this reading; what the end itself found stands in the exchange.
    ``file`` says that a user's browser reads something there, such as a logo.
    """

    exchange: Exchange
    seen_by: Side
    operation: Operation | None = None
    params: Json = None
    findings: tuple[Finding, ...] = ()
    violations: tuple[Violation, ...] = ()
    refused: str = ""
    file: bool = False

    @property
    def id(self) -> int:
        return self.exchange.id

    def is_of(self, method: str) -> bool:
        """Whether it is one of this method of the contract, as in ``call-event``."""
        return self.operation is not None and self.operation.name == method

    @property
    def ref(self) -> str:
        """What reports call it: whose journal, and its number there."""
        return f"{self.seen_by}-{self.id}"

    @property
    def asked_by(self) -> Side:
        """Who made the request."""
        return _asked_by(self.exchange, self.seen_by)

    @property
    def at(self) -> float:
        return self.exchange.at

    @property
    def by_bench(self) -> bool:
        """Whether it only prepared or probed."""
        return self.exchange.by_bench

    @property
    def error(self) -> str:
        """Why no answer came."""
        return self.exchange.error

    @property
    def request(self) -> Request:
        return self.exchange.request

    @property
    def reply(self) -> Answer | None:
        return self.exchange.answer

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def url(self) -> str:
        return self.request.url

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def parts(self) -> Mapping[str, str]:
        """The ``{names}`` of the method's path, as they stand in this one."""
        found = routes.OF_CRM.match(self.method, self.path)
        return found[1] if found and found[0] is self.operation else {}

    @property
    def instead(self) -> Operation | None:
        """The method of the CRM that another verb would have meant at this path."""
        verbs = routes.OF_CRM.verbs(self.path) if self.asked_by is Side.PBX else []
        return next(filter(None, (routes.find(verb, self.path) for verb in verbs)), None)

    @property
    def keyed(self) -> bool:
        """Whether the request carries an API key in any of its three places."""
        sent = urlsplit(self.url).query + (self.request.body.text or "")
        return any(name.lower() == "x-api-key" for name, _ in self.request.headers) or "apiKey" in sent

    @property
    def status(self) -> int | None:
        return self.reply.status if self.reply else None

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the answer, by their names in small letters."""
        return {name.lower(): value for name, value in self.reply.headers} if self.reply else {}

    @cached_property
    def answer(self) -> Json:
        """The body of the answer as data, without members that are null; None where it is no JSON."""
        try:
            found: Json = orjson.loads(self.reply.body.content) if self.reply else None
        except orjson.JSONDecodeError:
            return None
        told = without_nulls(found)
        return without_nobody(told) if self.is_of("manager-lookup") else told

    @property
    def taken(self) -> bool:
        """Whether the CRM answered with success."""
        return self.status in (200, 201) and reached(self.answer, "success") is True

    @property
    def answer_size(self) -> int:
        """In bytes."""
        return self.reply.body.size if self.reply else 0

    @property
    def answer_bytes(self) -> JsonObject:
        """The beginning of the answer's body as the journal keeps it, in base64, its size in bytes and its
        Content-Type."""
        content = self.reply.body.content[:MAX_BINARY] if self.reply else b""
        kind = self.headers.get("content-type", "")
        return {"base64": b64encode(content).decode(), "size": self.answer_size, "type": kind}

    def __str__(self) -> str:
        return f"{self.method} {self.url} -> {self.status or self.error}"


def reworded(message: Half, headers: Headers, text: str | None) -> Half:
    """The same with other headers and another text, None for the old; what counts its bytes follows."""
    if text is None or text == message.body.text:
        return replace(message, headers=headers)
    body = Body(text.encode())
    sized = tuple(
        (name, str(body.size) if name.lower() == "content-length" else value) for name, value in headers
    )
    return replace(message, headers=sized, body=body)


@dataclass
class Book:
    """Which addresses at the PBX are call-backs: learned from what the PBX itself sent, and to where a
    recording is redirected."""

    addresses: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def learn(self, seen: Seen) -> None:
        if seen.operation is None or seen.status is None:
            return
        if seen.operation.name == "record" and 300 < seen.status < 400:
            self._add(urljoin(seen.url, seen.headers.get("location", "")), "record")
        if seen.status not in (200, 201):
            return
        if seen.operation.name == "module-edit":
            self._learn_settings(seen.params)
        elif seen.operation.name == "calls-upload" and isinstance(seen.params, list):
            for item in seen.params:
                self._add(reached(item, "recordUrl"), "record")

    def find(self, url: str) -> Operation | None:
        name = self.addresses.get(url.partition("?")[0])
        return BY_NAME[name] if name else None

    def has_file(self, url: str) -> bool:
        """Whether it is an address of the settings that is no call-back of the contract."""
        return url.partition("?")[0] in self.files

    def _learn_settings(self, module: Json) -> None:
        base = str(reached(module, "baseUrl") or "").rstrip("/")
        actions = reached(module, "actions")
        for action, path in actions.items() if base and isinstance(actions, Mapping) else ():
            address = f"{base}/{str(path).lstrip('/')}"
            if action == "activity":
                self._add(address, "activity")
            else:
                self.files.add(address.partition("?")[0])
        if isinstance(logo := reached(module, "logo"), str):
            self.files.add(logo.partition("?")[0])
        self._add(reached(module, "accountUrl"), "account")
        telephony = reached(module, "integrations", "telephony")
        self._add(reached(telephony, "makeCallUrl"), "make-call")
        self._add(reached(telephony, "changeUserStatusUrl"), "status-notice")

    def _add(self, url: Json, name: str) -> None:
        if isinstance(url, str) and url:
            self.addresses[url.partition("?")[0]] = name


def read(entries: Iterable[Exchange], seen_by: Side, book: Book) -> list[Seen]:
    """The entries of one end's journal, in order; ``book`` learns on the way, and first from what told
    addresses: they may be asked before an end has written down its own request."""
    entries = list(entries)
    for entry in entries:
        if entry.request.method == "POST" and _asked_by(entry, seen_by) is Side.PBX:
            book.learn(_read(entry, seen_by, book))
    found = []
    for entry in entries:
        seen = _read(entry, seen_by, book)
        book.learn(seen)
        found.append(seen)
    return found


def _read(exchange: Exchange, seen_by: Side, book: Book) -> Seen:
    """Decode and judge the request as the contract has it, leniently, whatever the end made of it."""
    request = exchange.request
    address = urlsplit(request.url)
    to_crm = _asked_by(exchange, seen_by) is Side.PBX
    operation = routes.find(request.method, address.path) if to_crm else book.find(request.url)
    seen = Seen(exchange, seen_by, operation, file=not to_crm and book.has_file(request.url))
    body = b"" if request.body.text is None else request.body.content
    unread: list[str] = []
    try:
        decoded = decoding.decode(
            address.query,
            request.header("content-type"),
            body,
            method=request.method,
            coding=request.header("content-encoding"),
        )
        if operation is None:
            return replace(seen, params={**decoded.query, **decoded.fields})
        unread = [finding.message for finding in decoded.findings if finding.kind is Kind.VIOLATION]
        return _judged(seen, operation, decoded)
    except ApiError as error:
        return replace(seen, refused=" ".join([f"{error} {decoding.explain(error)}".strip(), *unread]))


def _judged(seen: Seen, operation: Operation, decoded: decoding.Decoded) -> Seen:
    findings = decoded.findings
    if operation.entity:
        raw, more = decoding.structure(decoded, operation.entity)
        findings = [*findings, *more]
        schema, where, plain = operation.entity_schema, operation.entity, False
    else:
        # The key is no parameter; of a call-back it is to be seen.
        to_crm = operation.asked_by is Side.PBX
        schema, where, plain = operation.query_schema, "query", True
        raw = decoded.plain(empty=taking_empty(schema)) if to_crm else {**decoded.query, **decoded.fields}
    if not schema:
        return replace(seen, params=raw, findings=tuple(findings))
    judged = payloads.read(schema, raw, where, plain=plain)
    return replace(
        seen,
        params=_addressed(judged.value) if operation.name == "call-event" else judged.value,
        findings=(*findings, *judged.findings),
        violations=tuple(judged.violations),
    )


def _addressed(event: Json) -> Json:
    """An event that names each manager once; an empty list names nobody, as one that is not there."""
    if not isinstance(event, Mapping):
        return event
    named = {name: _once(who) for name in ADDRESSEES if isinstance(who := event.get(name), list)}
    return {name: named.get(name, value) for name, value in event.items() if value or name not in named}


def _once(values: list[Json]) -> list[Json]:
    return [value for index, value in enumerate(values) if value not in values[:index]]


def _asked_by(exchange: Exchange, seen_by: Side) -> Side:
    return seen_by.other if exchange.direction == "in" else seen_by


def is_remark(finding: Finding) -> bool:
    """Whether the finding says that a row was not kept to the letter."""
    return finding.kind in (Kind.FORGIVEN, Kind.IGNORED, Kind.MISPLACED) and bool(finding.requirement)
