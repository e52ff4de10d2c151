"""An exchange as the journal takes it down: under load nobody reads it, so it is built when somebody does.

Until then it is a few texts that the collector of garbage does not look at. Of things that it does, some
ten thousand entries are so many that every look at them holds up all requests for as long as 40 ms.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Final, cast

import msgspec
import orjson

from callproof.contract.findings import Finding
from callproof.exchange.exchange import Answer, Body, Exchange, Headers, Request
from callproof.exchange.incoming import ADDRESS, Incoming, headers_of, url_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What an entry takes beside the two bodies, about, in bytes.
_ENTRY: Final = 2048
# Clients that send other headers each time are not remembered beyond so many.
_SHAPES: Final = 1000

Names = tuple[str, ...]
Pick = Callable[["WSGIEnvironment"], tuple[str, ...]]


class Draft(msgspec.Struct, frozen=True, gc=False):
    """``told`` is what the request told under these ``names`` of its environment, as JSON; ``size`` is
    about the bytes of all. ``lost`` says why no answer went."""

    size: int
    names: Names
    told: bytes
    method: str
    body: bytes
    status: int
    headers: Headers
    answered: Body
    lost: str
    findings: tuple[Finding, ...]
    by_bench: bool
    at: float

    def __call__(self) -> Exchange:
        environ = dict(zip(self.names, orjson.loads(self.told), strict=True))
        return Exchange(
            at=self.at,
            direction="in",
            request=Request(self.method, url_of(environ), headers_of(environ), Body(self.body)),
            answer=None if self.lost else Answer(self.status, self.headers, self.answered),
            error=self.lost,
            findings=self.findings,
            by_bench=self.by_bench,
        )


class Drafting:
    def __init__(self) -> None:
        self._shapes: dict[Names, tuple[Names, Pick]] = {}

    def draft(
        self,
        sent: Incoming,
        answer: Answer,
        headers: Headers,
        lost: str,
        findings: tuple[Finding, ...],
        now: float,
    ) -> Draft:
        """``headers`` are those that go out with the answer."""
        environ = sent.environ
        names, pick = self._shapes.get(shape := tuple(environ)) or self._learn(shape)
        body = answer.body if answer.body.chunks is None else Body(b"", answer.body.size)
        told = orjson.dumps(pick(environ))
        size = _ENTRY + len(sent.body) + len(body.content) + len(told)
        if findings:
            size += sum(finding.size for finding in findings)
        return Draft(
            size,
            names,
            told,
            sent.method,
            sent.body,
            answer.status,
            headers,
            body,
            lost,
            findings,
            sent.by_bench,
            now,
        )

    def _learn(self, shape: Names) -> tuple[Names, Pick]:
        """How to pick out of an environment of this shape what the journal keeps: clients send the same
        headers again and again."""
        names = tuple(n for n in shape if n.startswith(("HTTP_", "CONTENT_")) or n in ADDRESS)
        if len(self._shapes) >= _SHAPES:
            self._shapes.clear()
        # There are always several, so it always gives a tuple.
        return self._shapes.setdefault(shape, (names, cast(Pick, itemgetter(*names))))
