"""A request as text that a person can edit: verb and address, headers, an empty line, the body.

The body of a form stands as one field a line, not encoded. A key or token stands as ``***``, with a number
where there are several; what is left so is sent as it was.
"""

import re

from callproof.errors import Misuse
from callproof.exchange.exchange import Body, Request
from callproof.reports.forms import form_body, form_text
from callproof.reports.stands import Stands

# What belongs to the connection, and is made anew for each.
OF_CONNECTION = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive"}
)
_HEAD = re.compile(r"([A-Za-z]+) (https?://\S+)")


def written(request: Request, *, shown: bool = False) -> str:
    """Raises Misuse where the body is no text or is kept only in part."""
    body = request.body.text
    if body is None or request.body.size != len(request.body.content):
        raise Misuse("Its body is no text, or was not kept whole, so it cannot be edited.")
    masks = Stands(request, shown=shown)
    lines = [f"{request.method} {masks.hide(request.url)}"]
    lines += [f"{name}: {masks.hide(value)}" for name, value in request.headers]
    return "\n".join([*lines, "", masks.hide(form_text(request) or body)]) + "\n"


def read(text: str, original: Request, *, shown: bool = False) -> Request:
    """The request that was written and perhaps edited. Raises Misuse with the line that is wrong."""
    masks = Stands(original, shown=shown)
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
