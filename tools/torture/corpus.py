"""Requests that once were answered in a way of their own, kept in tests/fuzz/corpus and tried again."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

FOLDER = Path(__file__).resolve().parent.parent.parent / "tests" / "fuzz" / "corpus"
# Bytes of a request that is kept, and how many of them for an end.
SMALL, MOST = 1200, 300
# What is of one run only; a request gets its own again.
_HOST, _COOKIE = re.compile(r"(Host: 127\.0\.0\.1):\d+"), re.compile(r"Cookie: callproof_[^\r]*\r\n")
# What tells one request of a kind from another, and no answer.
_OWN = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"|«[^»]*»|[A-Za-z0-9_-]{24,}")


class Entry(msgspec.Struct, frozen=True):
    """``said`` is what kind of answer it was; the request is in base64 where it is no text."""

    route: str
    status: int
    said: str
    request: str = ""
    base64: str = ""

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.base64) if self.base64 else self.request.encode("latin-1")

    @property
    def key(self) -> tuple[str, int, str]:
        return self.route, self.status, self.said


def entry(route: str, status: int, body: bytes, raw: bytes) -> Entry:
    text = _COOKIE.sub("", _HOST.sub(r"\1", raw.decode("latin-1")))
    said = _OWN.sub("_", body[:400].decode("utf-8", "replace"))[:80] if body[:1] == b"{" else ""
    if text.isascii():
        return Entry(route, status, said, request=text)
    return Entry(route, status, said, base64=base64.b64encode(text.encode("latin-1")).decode())


def kept(side: str) -> list[Entry]:
    file = FOLDER / f"{side}.jsonl"
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=Entry) for line in lines]


def keep(side: str, found: Iterable[Entry]) -> int:
    """Those that are small and of a kind that is not kept yet; returns how many."""
    old = kept(side)
    known = {one.key for one in old}
    new: list[Entry] = []
    for one in found:
        if one.key not in known and len(one.raw) <= SMALL and len(old) + len(new) < MOST:
            known.add(one.key)
            new.append(one)
    FOLDER.mkdir(exist_ok=True)
    lines = [msgspec.json.encode(one) + b"\n" for one in sorted([*old, *new], key=lambda one: one.key)]
    (FOLDER / f"{side}.jsonl").write_bytes(b"".join(lines))
    return len(new)
