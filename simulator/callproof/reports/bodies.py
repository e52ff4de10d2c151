"""Requests and answers for a reader: structures laid out, forms taken apart, a curl line to try again."""

import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

import orjson

from callproof.conformance.evidence import Seen
from callproof.contract.secrets import MASKED, is_secret_header
from callproof.exchange.exchange import Answer, Request

# How many characters of a body are shown.
LONGEST = 4000
# What curl says by itself, or what has nothing to do with the question.
_OF_CLIENTS = ("user-agent", "accept-encoding", "accept-language", "sec-fetch-mode", "priority")
UNSAID = frozenset({"host", "connection", "content-length", *_OF_CLIENTS})
FORM = "application/x-www-form-urlencoded"

_PART = re.compile(r'name="([^"]*)"[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n(.*?)\r?\n--', re.DOTALL)
_PLAIN = re.compile(r"\w+", re.ASCII)
# What stands in a line for a secret that was taken out, by the end of its name without signs.
_VARIABLES = {
    "apikey": "API_KEY",
    "clientid": "CLIENT_ID",
    "callprooftoken": "CONTROL_TOKEN",
    "token": "TOKEN",
    "password": "PASSWORD",
}
# One of which nothing tells what it is.
_UNNAMED = "SECRET"
# Where it stood: after its name, in whatever notation.
_KEY = re.compile(
    rf"(?i)(?:(api[_-]?key|client[_-]?id|token|password)(?:%[0-9a-f]{{2}}|[^&*\w%])+)?({MASKED})"
)


def readable(message: Request | Answer, query: str = "") -> list[tuple[str, str]]:
    """The parameters of the query and the fields of the body by their names, or the body alone under no
    name; each bounded, JSON indented."""
    found = parse_qsl(query, keep_blank_values=True)
    if message.body.text is None:
        return [*found, ("", f"{message.body.size} bytes that are no text")]
    if not message.body.text:
        return found
    return [(name, _laid_out(value)) for name, value in [*found, *_fields(message)]]


def curl(exchange: Seen) -> str:
    """A line for a POSIX shell that asks the same again. The key is ``$API_KEY``, other secrets that were
    taken out are variables named by what they are, the ends ``$CRM_URL`` and ``$PBX_URL``; all else is
    quoted."""
    words = ["curl"]
    message = exchange.request
    names = _names_of_masks(message)
    if exchange.method != ("POST" if message.body.text else "GET"):
        words.append(f"-X {_quoted(exchange.method, names)}")
    words.append(_address(exchange.url, names))
    kind = message.header("content-type")
    multipart = kind.startswith("multipart/")
    for name, value in message.headers:
        if name.lower() in UNSAID or (name.lower(), value) in (("accept", "*/*"), ("content-type", FORM)):
            continue
        if name.lower() == "content-type" and multipart:
            continue
        words.append("-H " + _header(name, value, names))
    if multipart:
        words += [f"--form-string {_quoted(f'{name}={value}', names)}" for name, value in _fields(message)]
    elif message.body.text:
        words += [f"{option} {_quoted(text, names)}" for option, text in _body(message.body.text, kind)]
    return " ".join(words)


def _body(text: str, kind: str) -> list[tuple[str, str]]:
    """For curl: a form in the open where curl makes the same of it, and else as it was."""
    found = parse_qsl(text, keep_blank_values=True) if kind == FORM else []
    same = any(urlencode(found, quote_via=way) == text for way in (quote_plus, quote))
    if found and same and all(_PLAIN.fullmatch(name) for name, _ in found):
        return [("--data-urlencode", f"{name}={value}") for name, value in found]
    return [("--data-raw", text)]


def query_of(url: str) -> str:
    return urlsplit(url).query


def _fields(message: Request | Answer) -> list[tuple[str, str]]:
    text, kind = message.body.text or "", message.header("content-type")
    if kind.startswith("multipart/"):
        return _PART.findall(text)
    if kind.startswith(FORM):
        return parse_qsl(text, keep_blank_values=True) or [("", text)]
    return [("", text)]


def _laid_out(value: str) -> str:
    if value[:1] in ("{", "["):
        with suppress(orjson.JSONDecodeError):
            value = orjson.dumps(orjson.loads(value), option=orjson.OPT_INDENT_2).decode()
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}\n… and {len(value) - LONGEST} characters more"


def _address(url: str, names: Mapping[str, str]) -> str:
    for side in ("crm", "pbx"):
        if url.startswith(f"http://{side}/"):
            return f'"${side.upper()}_URL"{_quoted(url.removeprefix(f"http://{side}"), names)}'
    return _quoted(url, names)


def _header(name: str, value: str, names: Mapping[str, str]) -> str:
    found = re.fullmatch(f"(.*?){MASKED}", value) if is_secret_header(name) else None
    if found is None:
        return _quoted(f"{name}: {value}", names)
    said = f"{name}: {found[1]}"
    return f'{shlex.quote(said)}"${_variable(name)}"' if found[1] else f'"{said}${_variable(name)}"'


def _names_of_masks(message: Request) -> dict[str, str]:
    """The variable for each mask of the request that stands after the name of a secret somewhere in it."""
    found: dict[str, str] = {}
    for name, value in message.headers:
        mask = re.search(f"{MASKED}$", value) if is_secret_header(name) else None
        found |= {mask[0]: _variable(name)} if mask else {}
    for text in (message.url, message.body.text or ""):
        found |= {one[2]: _variable(one[1]) for one in _KEY.finditer(text) if one[1]}
    return found


def _quoted(text: str, names: Mapping[str, str]) -> str:
    """Quoted for the shell, with a variable wherever a secret was taken out; ``names`` are those of masks
    that stand after no name."""
    pieces, end = [], 0
    for found in _KEY.finditer(text):
        variable = _variable(found[1]) if found[1] else names.get(found[2], _UNNAMED)
        pieces.append(f'{shlex.quote(text[end : found.start(2)])}"${variable}"')
        end = found.end()
    rest = text[end:]
    return "".join([*pieces, shlex.quote(rest) if rest or not pieces else ""])


def _variable(name: str) -> str:
    """Of a member, a parameter or a header."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return next((shown for known, shown in _VARIABLES.items() if plain.endswith(known)), plain.upper())
