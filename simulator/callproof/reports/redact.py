"""Takes the secrets out of what is shown of exchanges and of what came of them.

Every secret that an exchange tells by a name is learned, and taken out of whatever is shown after it, so
that an answer that repeats it does not tell it either.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import orjson
from msgspec import structs

from callproof.conformance.evidence import Half, Seen, reworded
from callproof.conformance.verdict import Check, ScenarioResult, retold
from callproof.contract.findings import Finding
from callproof.contract.secrets import Masks, is_secret_header, secret_in_header, secrets_in
from callproof.exchange.exchange import Answer, Body, Exchange, Request


class Redactor:
    """``secrets`` are the keys and tokens of the run, by their values; with ``shown`` all is left."""

    def __init__(self, secrets: Iterable[str] = (), *, shown: bool = False) -> None:
        self._masks = Masks(secrets, shown=shown)
        self.shown = shown
        self.text = self._masks.text

    def scenario(self, result: ScenarioResult) -> ScenarioResult:
        """The result as it may be shown: its checks, its exchanges, and why it broke off."""
        if self.shown:
            return result
        # All of them first: an answer may repeat what only a later request tells by its name.
        for seen in result.exchanges:
            self.learn(seen.exchange)
        return replace(
            result,
            title=self.text(result.title),
            broken=self.text(result.broken),
            checks=[self._check(check) for check in result.checks],
            exchanges=[self._seen(seen) for seen in result.exchanges],
        )

    def exchange(self, seen: Seen) -> Seen:
        if self.shown:
            return seen
        self.learn(seen.exchange)
        return self._seen(seen)

    def _seen(self, seen: Seen) -> Seen:
        return structs.replace(
            seen,
            exchange=self._entry(seen.exchange),
            params=self._masks.value(seen.params),
            findings=self._findings(seen.findings),
            refused=self.text(seen.refused),
        )

    def entry(self, entry: Exchange) -> Exchange:
        """One of a journal."""
        if self.shown:
            return entry
        self.learn(entry)
        return self._entry(entry)

    def _entry(self, entry: Exchange) -> Exchange:
        request = structs.replace(entry.request, url=self._masks.form(entry.request.url))
        return structs.replace(
            entry,
            request=self._message(request),
            answer=self._message(entry.answer) if entry.answer else None,
            error=self.text(entry.error),
            findings=self._findings(entry.findings),
        )

    def learn(self, entry: Exchange) -> None:
        """Its secrets are in nothing that is shown from now on."""
        self._masks.learn(secrets_in_entry(entry))

    def _check(self, check: Check) -> Check:
        return structs.replace(retold(check, self.text), subject=self.text(check.subject))

    def _findings(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        text = self.text
        return tuple(
            replace(one, pointer=text(one.pointer), message=text(one.message), remedy=text(one.remedy))
            for one in found
        )

    def _message(self, message: Half) -> Half:
        headers = tuple((name, self._masks.header(name, value)) for name, value in message.headers)
        text = message.body.text
        if text is not None:
            return reworded(message, headers, self._body(message, text))
        # What is packed cannot be looked through.
        packed = message.header("content-encoding") not in ("", "identity")
        content = b"" if packed else self._bytes(message.body.content)
        return structs.replace(message, headers=headers, body=Body(content, message.body.size))

    def _body(self, message: Half, text: str) -> str:
        if text.startswith("--") or message.header("content-type").startswith("multipart/"):
            return self._masks.parts(text)
        return self.text(text) if text.lstrip()[:1] in ("{", "[", "<") else self._masks.form(text)

    def _bytes(self, content: bytes) -> bytes:
        """Of what is no text, such as audio."""
        return self.text(content.decode("latin-1")).encode("latin-1", "replace")


def secrets_in_entry(entry: Exchange) -> Iterator[str]:
    """Those of the request and those of the answer."""
    yield from secrets_of(entry.request)
    if entry.answer:
        yield from _in_message(_without_reasons(entry.answer))


def _without_reasons(answer: Answer) -> Answer:
    """What ``errors`` says of a member with the name of a secret is a sentence, which others say too."""
    if b'"errors"' not in answer.body.content:
        return answer
    try:
        found = orjson.loads(answer.body.content)
    except orjson.JSONDecodeError:
        return answer
    if not isinstance(found, dict):
        return answer
    kept = {name: value for name, value in found.items() if name != "errors"}
    return structs.replace(answer, body=Body(orjson.dumps(kept)))


def secrets_of(request: Request) -> Iterator[str]:
    """Wherever a request of the contract can carry them, decoded."""
    yield from secrets_in(request.url)
    try:
        parts = urlsplit(request.url)
        yield from filter(None, (parts.password or parts.username,))
    except ValueError:
        pass
    yield from _in_message(request)


def _in_message(message: Request | Answer) -> Iterator[str]:
    for name, value in message.headers:
        yield from secret_in_header(name, value) if is_secret_header(name) else ()
    text = message.body.text
    yield from secrets_in(message.body.content.decode("latin-1") if text is None else text)
