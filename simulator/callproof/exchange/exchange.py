"""What went over the wire at one end: request and answer whole, in either direction, with the findings."""

import base64
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import msgspec
from msgspec.structs import replace

from callproof import kinds
from callproof.contract.findings import Finding
from callproof.contract.jsontypes import JsonObject

# Audio is told by its beginning, its size and its headers; text is kept whole.
MAX_BINARY = 16 * 1024

Headers = tuple[tuple[str, str], ...]
_T = TypeVar("_T")


class Body:
    """``size`` counts the bytes of the wire, of which ``content`` may be the beginning.

    ``chunks`` are set instead of content where a body leaves piece by piece.
    """

    __slots__ = ("chunks", "content", "size")

    def __init__(
        self, content: bytes = b"", size: int | None = None, chunks: Iterable[bytes] | None = None
    ) -> None:
        self.content = content
        self.size = len(content) if size is None else size
        self.chunks = chunks

    @property
    def text(self) -> str | None:
        """The content as text, None where it is none, as audio is; also that of silence, which is zeros."""
        if self.chunks is not None or b"\0" in self.content:
            return None
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and (self.content, self.size) == (other.content, other.size)

    def __hash__(self) -> int:
        return hash((self.content, self.size))

    def __repr__(self) -> str:
        return f"Body({self.content!r}, {self.size})"


class Request(msgspec.Struct, frozen=True):
    """``url`` is absolute; ``headers`` keep the order and spelling of the wire."""

    method: str
    url: str
    headers: Headers = ()
    body: Body = Body()

    def header(self, name: str) -> str:
        """The last value of a header, in whatever spelling; empty when there is none."""
        return _header(self.headers, name)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Headers = ()
    body: Body = Body()

    def header(self, name: str) -> str:
        """The last value of a header, in whatever spelling; empty when there is none."""
        return _header(self.headers, name)


class Exchange(msgspec.Struct, frozen=True, rename="camel"):
    """One request and what came of it. ``answer`` is None and ``error`` says why when none arrived.

    ``at`` is in seconds since 1970. ``direction`` is ``in`` for a request to this end and ``out`` for one
    that this end made. ``by_bench`` marks what the runner itself sent to prepare a scenario; nobody is
    judged by it.
    """

    at: float
    direction: str
    request: Request
    answer: Answer | None
    error: str = ""
    findings: tuple[Finding, ...] = ()
    by_bench: bool = False
    id: int = 0

    @property
    def size(self) -> int:
        """About how many bytes it takes to keep."""
        request, answer = self.request, self.answer
        told = [*request.headers, *(answer.headers if answer else ())]
        found = sum(finding.size for finding in self.findings)
        bodies = len(request.body.content) + (len(answer.body.content) if answer else 0)
        return (
            1024 + len(request.url) + sum(len(name) + len(value) for name, value in told) + bodies + found
        )

    def kept(self) -> "Exchange":
        """The same without what a journal does not keep of long audio."""
        if self.answer is None or len(self.answer.body.content) <= MAX_BINARY:
            return self
        body = self.answer.body
        if body.text is not None:
            return self
        short = replace(self.answer, body=Body(body.content[:MAX_BINARY], body.size))
        return replace(self, answer=short)

    def as_json(self) -> JsonObject:
        """As journals tell it; of binary bodies the beginning, in base64."""
        return cast(JsonObject, msgspec.to_builtins(self, enc_hook=_body_as_json))

    def encoded(self) -> bytes:
        """``as_json`` as text."""
        return _ENCODER.encode(self)

    @classmethod
    def of_json(cls, sent: JsonObject) -> "Exchange":
        """The inverse of ``as_json``. Raises msgspec.ValidationError for anything else."""
        return kinds.convert(sent, cls, dec_hook=_body_of_json)

    @classmethod
    def decoded(cls, text: str) -> "Exchange":
        """The inverse of ``encoded``."""
        return _DECODER.decode(text)


def decoder(kind: type[_T]) -> msgspec.json.Decoder[_T]:
    """Of JSON that holds exchanges as ``as_json`` has them."""
    return kinds.decoder(kind, dec_hook=_body_of_json)


def _header(headers: Headers, name: str) -> str:
    wanted = name.lower()
    for known, value in reversed(headers):
        if known.lower() == wanted:
            return value
    return ""


def _body_as_json(body: Any) -> JsonObject:
    if not isinstance(body, Body):
        raise NotImplementedError
    if (text := body.text) is not None:
        return {"text": text, "size": body.size}
    return {"base64": base64.b64encode(body.content[:MAX_BINARY]).decode(), "size": body.size}


class _SentBody(msgspec.Struct):
    size: int
    text: str = ""
    base64: bytes = b""


def _body_of_json(_kind: type, sent: Any) -> Body:
    found = kinds.convert(sent, _SentBody)
    return Body(found.base64 or found.text.encode(), found.size)


_ENCODER = msgspec.json.Encoder(enc_hook=_body_as_json)
_DECODER = decoder(Exchange)
