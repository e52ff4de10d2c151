"""Requests that are a little, or very, wrong. Everything is drawn by the dice that are given."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson

from callproof.contract.jsontypes import Json
from tools.torture.messages import Message

# What a value may be instead of what it should be.
VALUES: tuple[Json, ...] = (
    *(None, True, 0, -1, 1.5, 1.0, 1e30, 1e308, -0.0, 2**31, 2**53, 2**63 - 1, -(2**63), [], {}, "", " "),
    *("0", "-1", "1e5", "²", "٣", "9" * 400, "x" * 5000, "null", "true", "[]", "{}", "\x00", "\r\nX: y"),
    *("💥" * 50, "\ufeff", "\u202e", "../../etc/passwd", "%00", "%", "+", "+7" * 200, "'; --", "<b>&amp;"),
    *(
        "2024-13-45 99:99:99",
        "0000-00-00 00:00:00",
        "9999-12-31 23:59:59",
        "http://[",
        "http://\\@10.0.0.1",
    ),
    *(
        orjson.loads(text)
        for text in ("[[[[[[]]]]]]", '{"a":{"b":{"c":[{}]}}}', '{"":""}', '["100",100,null]')
    ),
    orjson.loads(f"[{'1,' * 500}1]"),
)
RAW: tuple[bytes, ...] = (
    *(
        b"NaN",
        b"1e400",
        b"\xff\xfe",
        b"\x00",
        b"[" * 500,
        b'{"a":' * 300,
        b'"\\ud800"',
        b"{}}",
        b"9" * 5000,
    ),
    *(b"1" * 500 + b".0", b'{"a":1,"a":2}', b"%", b"%zz", b"&" * 100, b"=" * 100, b"[]" * 100, b"\r\n\r\n"),
)
TYPES = (
    *(
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain",
        "",
        "x",
    ),
    *(
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "text/plain; charset=nonsense",
    ),
)
HEADERS: tuple[tuple[str, str], ...] = (
    *(("Range", "bytes=0-0"), ("Range", "bytes=-1,5-"), ("Range", "bytes=" + "0-1," * 500), ("Range", "x")),
    *(("Accept", "text/event-stream"), ("Accept-Language", "ru;q=x," * 200), ("Cookie", "a=" + "b" * 4000)),
    *(
        ("Content-Encoding", "gzip"),
        ("Content-Encoding", "br, gzip"),
        ("Host", "evil.example"),
        ("Host", ""),
    ),
    *(
        ("Origin", "null"),
        ("Origin", "http://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("X-API-KEY", ""),
    ),
    *(
        ("If-None-Match", "*"),
        ("If-Modified-Since", "x"),
        ("Cookie", "session=x.y.z"),
        ("X_API_KEY", "K" * 32),
    ),
    *(
        ("Expect", "100-continue"),
        ("Upgrade", "h2c"),
        ("Connection", "upgrade"),
        ("Last-Event-ID", "9" * 30),
    ),
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY", "get", "G=T")
PIECES = (
    "/",
    "//",
    "/..",
    "/.",
    "%2F",
    "%00",
    ";a=b",
    "/%E2%98%83",
    "/" + "x" * 300,
    "?",
    "/²",
    "/%FF",
    "/0",
    "*",
)

Mutation = Callable[[Message, random.Random], Message]


def other_value(message: Message, dice: random.Random) -> Message:
    """Another value in the query, the form, or a structure in either."""
    if message.body[:1] in (b"{", b"["):
        return message.with_body(_changed(message.body, dice))
    in_query = not message.body
    parts = urlsplit(message.target)
    text = parts.query if in_query else message.body.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1") or [("limit", "1")]
    place = dice.randrange(len(pairs))
    name, value = pairs[place]
    if value[:1] in ("{", "["):
        pairs[place] = name, _changed(value.encode("latin-1"), dice).decode("latin-1")
    else:
        pairs[place] = dice.choice([(name, _text(dice)), (_text(dice), value), (f"{name}[]", value)])
    coded = urlencode(pairs, encoding="latin-1", errors="replace")
    if in_query:
        return replace(message, target=f"{parts.path}?{coded}")
    return message.with_body(coded.encode("latin-1"))


def _text(dice: random.Random) -> str:
    value = dice.choice(VALUES)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text.encode("utf-8").decode("latin-1")


def _changed(text: bytes, dice: random.Random) -> bytes:
    """JSON with one part changed; bytes where it is none, and sometimes where it is."""
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return bytes_in(text, dice)
    if dice.random() < 0.1:
        return dice.choice(RAW)
    changed = _part(value, dice)
    try:
        return orjson.dumps(changed)
    except TypeError:
        return text


def _part(value: Json, dice: random.Random) -> Json:
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(list(value))
        kind = dice.randrange(8)
        if kind == 0:
            return {key: one for key, one in value.items() if key != name}
        if kind == 1:
            return {**value, _text(dice): dice.choice(VALUES)}
        return {**value, name: _part(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        return [*value[:place], _part(value[place], dice), *value[place + (dice.random() < 0.8) :]]
    return [value] if dice.random() < 0.1 else dice.choice(VALUES)


def bytes_in(text: bytes, dice: random.Random) -> bytes:
    """Some bytes are other ones, are gone, or are there twice."""
    changed = bytearray(text)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(changed) + 1)
        kind = dice.randrange(4)
        if kind == 0 and place < len(changed):
            changed[place] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del changed[place : place + dice.randint(1, 20)]
        elif kind == 2:
            changed[place:place] = changed[place : place + 40]
        else:
            changed[place:place] = dice.choice(RAW)
    return bytes(changed)


def other_body(message: Message, dice: random.Random) -> Message:
    return message.with_body(bytes_in(message.body, dice))


def other_header(message: Message, dice: random.Random) -> Message:
    kind, headers = dice.randrange(4), list(message.headers)
    if kind == 0:
        del headers[dice.randrange(len(headers))]
    elif kind == 1:
        headers.append(dice.choice(headers))
    elif kind == 2:
        headers = [one for one in headers if one[0] != "Content-Type"]
        headers.append(("Content-Type", dice.choice(TYPES)))
    else:
        headers.append(dice.choice(HEADERS))
    return replace(message, headers=tuple(headers))


def other_path(message: Message, dice: random.Random) -> Message:
    path, mark, query = message.target.partition("?")
    parts = path.split("/")
    place = dice.randrange(1, len(parts)) if len(parts) > 1 else 0
    parts[place] = dice.choice(
        [dice.choice(PIECES), quote(_text(dice), encoding="latin-1")[:2000], parts[place] * 2]
    )
    return replace(message, target=(f"{'/'.join(parts)}{mark}{query}").replace(" ", "%20"))


def other_method(message: Message, dice: random.Random) -> Message:
    return replace(message, method=dice.choice(METHODS))


MUTATIONS: Sequence[Mutation] = (
    *(other_value, other_value, other_value, other_value, other_body, other_header, other_header),
    *(other_path, other_method),
)


def mutated(message: Message, dice: random.Random) -> tuple[bytes, bool]:
    """The request as bytes, and whether it surely is a whole one."""
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        message = dice.choice(MUTATIONS)(message, dice)
    if dice.random() > 0.08:
        # A header that asks to wait, or a sign that ends one, may have made another request of it.
        raw = message.raw()
        return raw, raw.count(b"\r\n\r\n") == 1 and b"Expect" not in raw and message.method != "HEAD"
    return framed(message, dice), False


def framed(message: Message, dice: random.Random) -> bytes:
    """With another length than the body has, or in chunks that are none."""
    body, kind = message.body, dice.randrange(6)
    if kind == 0:
        return message.raw(length=False)
    if kind == 1:
        length = dice.choice((0, 1, len(body) + 7, 10**12, -1, "0x10", "1,1", "+5", "5 5", "٣"))
        headers = (*message.headers, ("Content-Length", str(length)))
        return replace(message, headers=headers).raw(length=False)
    if kind == 2:
        return bytes_in(message.raw(), dice)
    size = dice.choice((f"{len(body):x}", "0", "ffffffffffffffff1", "-1", f"{len(body):x};a=b", "g", " 5"))
    headers = (
        *message.headers,
        ("Transfer-Encoding", dice.choice(("chunked", "Chunked", "gzip, chunked", "x"))),
    )
    chunks = f"{size}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    return replace(message, headers=headers, body=chunks).raw(length=kind == 5)
