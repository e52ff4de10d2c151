"""Takes the secrets out of what reports show: API keys and tokens, wherever a request can carry them.

Ours, because only this contract says where that is: a header, a query, a form, JSON inside a form.

What a header, a parameter or a member says by its name is always taken out. The keys that are known by
their value are taken out of any other text as well, as sent or as they stand in a form.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote, quote_plus, unquote_plus

from msgspec import structs

from callproof.conformance.evidence import Half, Seen, reworded
from callproof.conformance.steady import mapped
from callproof.conformance.verdict import ScenarioResult, retold
from callproof.contract.jsontypes import Json

MASK = "***"
HEADERS = frozenset({"x-api-key", "x-callproof-token", "authorization"})
# Members and parameters, among them those of ``register``.
NAMES = ("apiKey", "token")
# A shorter key would be found in words that have nothing to do with it; a stranger's must look like one.
SHORTEST, SHORTEST_SEEN = 8, 16

_NAMES = "|".join(NAMES)
_PARAMETER = re.compile(rf"(?i)((?:{_NAMES})(?:\]|%5D)?=)[^&\s\"'<>]*")
_MEMBER = re.compile(
    rf"""(?ix)( \\?["'] (?:{_NAMES}) \\?["'] \s*:\s* )
    (?: "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [^\s,}}\]]+ )"""
)
_PART = re.compile(
    rf"""(?ixs)( \bname="?(?:[^"\r\n]*\[)?(?:{_NAMES})\]?"?[^\r\n]* (?:\r?\n[^\r\n]+)* \r?\n\r?\n )
    .*? (?=\r?\n--|\Z)"""
)


class Redactor:
    """``secrets`` are the keys and tokens of the run, by their values."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._forms: list[str] = []
        self._learn(secret for secret in secrets if len(secret) >= SHORTEST)

    def scenario(self, result: ScenarioResult) -> ScenarioResult:
        """The result as it may be shown: its checks, its exchanges, and why it broke off."""
        for exchange in result.exchanges:
            sent = (value for name, value in exchange.request.headers if name.lower() in HEADERS)
            self._learn(value for value in sent if len(value) >= SHORTEST_SEEN)
        return replace(
            result,
            broken=self.text(result.broken),
            checks=[retold(check, self.text) for check in result.checks],
            exchanges=[self.exchange(exchange) for exchange in result.exchanges],
        )

    def exchange(self, exchange: Seen) -> Seen:
        return replace(
            exchange,
            exchange=structs.replace(
                exchange.exchange,
                request=self._message(structs.replace(exchange.request, url=self._form(exchange.url))),
                answer=self._message(exchange.reply) if exchange.reply else None,
                error=self.text(exchange.error),
            ),
            params=self._value(exchange.params),
            refused=self.text(exchange.refused),
        )

    def text(self, text: str) -> str:
        """Any text, with what it says of keys taken out."""
        text = _PARAMETER.sub(rf"\1{MASK}", text)
        text = _MEMBER.sub(rf'\1"{MASK}"', text)
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def _learn(self, secrets: Iterable[str]) -> None:
        """The longest are taken out first, as one may stand within another."""
        new = set(secrets) - self._secrets
        if new:
            self._secrets |= new
            ordered = sorted(self._secrets, key=len, reverse=True)
            written = ((secret, quote_plus(secret), quote(secret, safe="")) for secret in ordered)
            self._forms = list(dict.fromkeys(form for forms in written for form in forms))

    def _message(self, message: Half) -> Half:
        headers = tuple(
            (name, MASK if name.lower() in HEADERS else self.text(value)) for name, value in message.headers
        )
        text = message.body.text
        if text is not None:
            parts = text.startswith("--") or message.header("content-type").startswith("multipart/")
            text = self.text(_PART.sub(rf"\1{MASK}", text)) if parts else self._form(text)
        return reworded(message, headers, text)

    def _form(self, text: str) -> str:
        """An address or a form: structures inside it are encoded once more."""
        pairs = []
        for pair in text.split("&"):
            name, equals, value = pair.partition("=")
            plain = unquote_plus(value)
            redacted = _MEMBER.sub(rf'\1"{MASK}"', plain)
            pairs.append(pair if redacted == plain else f"{name}{equals}{quote_plus(redacted, safe='*')}")
        return self.text("&".join(pairs))

    def _value(self, value: Json) -> Json:
        if isinstance(value, dict):
            known = {name.lower() for name in NAMES}
            return {
                name: MASK if name.lower() in known and inner else self._value(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return mapped(value, self.text)
