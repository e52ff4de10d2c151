"""A request as text that a person can edit: verb and address, headers, an empty line, the body.

The body of a form stands as one field a line, not encoded. A key or token stands as ``***``, with a number
where there are several; what is left so is sent as it was.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from callproof.errors import Misuse
from callproof.exchange.exchange import Body, Request
from callproof.reports.forms import form_body, form_text
from callproof.reports.redact import HEADERS, MASK, NAMES, SHORTEST

# What belongs to the connection, and is made anew for each.
OF_CONNECTION = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"}
)
_MEMBER = re.compile(rf"""(?i)["'](?:{"|".join(NAMES)})["']\s*:\s*["']([^"'\\]+)["']""")
_NAMED = re.compile(rf"(?i)(?:^|\[)(?:{'|'.join(NAMES)})\]?$")
_HEAD = re.compile(r"([A-Za-z]+) (https?://\S+)")


class Masks:
    """The keys of a request and what stands for each."""

    def __init__(self, request: Request) -> None:
        forms = dict.fromkeys(form for secret in _secrets(request) for form in _forms(secret))
        # The longest first, as one may stand within another.
        found = sorted(forms, key=len, reverse=True)
        numbered = len(found) > 1
        self._pairs = [(key, f"{MASK}{place if numbered else ''}") for place, key in enumerate(found, 1)]

    def hide(self, text: str) -> str:
        for secret, mask in self._pairs:
            text = text.replace(secret, mask)
        return text

    def show(self, text: str) -> str:
        for secret, mask in reversed(self._pairs):
            text = text.replace(mask, secret)
        return text


def written(request: Request) -> str:
    """Raises Misuse where the body is no text or is kept only in part."""
    body = request.body.text
    if body is None or request.body.size != len(request.body.content):
        raise Misuse("Its body is no text, or was not kept whole, so it cannot be edited.")
    masks = Masks(request)
    lines = [f"{request.method} {masks.hide(request.url)}"]
    lines += [f"{name}: {masks.hide(value)}" for name, value in request.headers]
    return "\n".join([*lines, "", masks.hide(form_text(request) or body)]) + "\n"


def read(text: str, original: Request) -> Request:
    """The request that was written and perhaps edited. Raises Misuse with the line that is wrong."""
    masks = Masks(original)
    head, _, body = masks.show(text.replace("\r\n", "\n")).partition("\n\n")
    first, *rest = head.lstrip("\n").splitlines() or [""]
    found = _HEAD.fullmatch(first.strip())
    if not found:
        raise Misuse(
            f"The first line has to be a verb and an address, such as POST http://..., not {first!r}."
        )
    headers = tuple(_header(number, line) for number, line in enumerate(rest, 2) if line.strip())
    body = body.removesuffix("\n")
    if form_text(original):
        body = form_body(body)
    return Request(found[1].upper(), found[2], headers, Body(body.encode()))


def _header(number: int, line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip() or " " in name.strip():
        raise Misuse(f"Line {number} has to be a header, such as X-API-KEY: ..., or empty, not {line!r}.")
    return name.strip(), value.strip()


def _secrets(request: Request) -> Iterator[str]:
    """Keys and tokens, wherever a request of the contract can carry them."""
    body = request.body.text or ""
    found = [value for name, value in request.headers if name.lower() in HEADERS]
    pairs = [*parse_qsl(urlsplit(request.url).query), *parse_qsl(body)]
    for name, value in pairs:
        found += [value] if _NAMED.search(name) else _MEMBER.findall(value)
    found += _MEMBER.findall(body)
    yield from (secret for secret in found if len(secret) >= SHORTEST)


def _forms(secret: str) -> list[str]:
    """As it is, and as it stands in addresses and forms."""
    return [secret, quote_plus(secret), quote(secret, safe="")]
