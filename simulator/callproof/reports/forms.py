"""The body of a form as text that a person can edit: one field a line, not encoded."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from callproof.exchange.exchange import Request
from callproof.reports.bodies import FORM

_NAME = r"[\w.\[\]-]+"


def form_text(request: Request) -> str:
    """Empty where the body is no form, or one that does not come out the same when it is encoded again."""
    text = request.body.text or ""
    if not request.header("content-type").startswith(FORM) or not text:
        return ""
    found = parse_qsl(text, keep_blank_values=True)
    plain = all("\n" not in value and "\r" not in value for _, value in found)
    again = parse_qsl(urlencode(found), keep_blank_values=True) == found
    named = all(re.fullmatch(_NAME, name) for name, _ in found)
    if not (plain and again and named):
        return ""
    return "\n".join(f"{name}={value}" for name, value in found)


def form_body(text: str) -> str:
    """What is sent of a text that was perhaps edited."""
    return urlencode([(name, value) for name, _, value in (row.partition("=") for row in _rows(text))])


def _rows(text: str) -> Iterator[str]:
    """The fields; a line that names none goes on with the one before, as a structure does in lines."""
    row = ""
    for line in text.split("\n"):
        if re.match(f"{_NAME}=", line):
            yield from [row] if row else []
            row = line
        elif line.strip():
            row = f"{row}\n{line}" if row else line
    yield from [row] if row else []
