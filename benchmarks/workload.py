"""The requests that all servers are asked, and the script that makes wrk ask them.

A text holds a token wherever each request differs; wrk's script and ``example`` fill them in.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

CALL, PHONE, KNOWN = "CALLID", "TELEPHONE", "KNOWNPHONE"
_TOKENS = re.compile(f"({CALL}|{PHONE}|{KNOWN})")


class Ids(StrEnum):
    """How external ids of calls are made: one after another, or UUIDs as many PBXs send."""

    ASCENDING = "ascending"
    RANDOM = "random"


class Notation(StrEnum):
    """How telephone numbers are written: as clients in the field do, or all alike."""

    MIXED = "mixed"
    PLUS = "+7 alone"


# As a form has them, of two, one, two, two and two digits; a mixture has each as often as any other.
_PLUS = "%%2B79%1%2%3%4%5"
_FORMS = {
    Notation.PLUS: [_PLUS],
    Notation.MIXED: [
        _PLUS,
        "79%1%2%3%4%5",
        "89%1%2%3%4%5",
        "%%2B375291%3%4%5",
        "%%2B7-9%1-%2%3-%4-%5",
        "8+%%289%1%%29+%2%3-%4-%5",
    ],
}


@dataclass(frozen=True)
class Workload:
    """One kind of request. The body is ``head``, ``item`` as many ``times``, ``tail``; none without a head.

    ``known`` are telephone numbers of customers, quoted for a URL; lookups go through them in turn.
    """

    name: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    head: str = ""
    item: str = ""
    separator: str = ""
    times: int = 0
    tail: str = ""
    known: Sequence[str] = ()

    def example(self) -> tuple[str, str]:
        """Path and body of one such request, with ids that no script makes."""
        items = self.separator.join(self._filled(self.item, f"example-{n}") for n in range(self.times))
        return self._filled(self.path, "example"), self.head + items + self.tail

    def _filled(self, text: str, call: str) -> str:
        known = self.known[0] if self.known else ""
        return text.replace(CALL, call).replace(PHONE, "%2B79000000000").replace(KNOWN, known)


def script(
    work: Workload,
    start: int,
    ids: Ids = Ids.ASCENDING,
    limit: int = 0,
    notation: Notation = Notation.MIXED,
) -> str:
    """wrk's script in Lua. Calls are numbered from ``start``; after ``limit`` requests the run ends."""
    return "\n".join(
        [
            f"wrk.method = {json.dumps(work.method)}",
            *(f"wrk.headers[{json.dumps(n)}] = {json.dumps(v)}" for n, v in work.headers.items()),
            f"local known = {{{', '.join(json.dumps(phone) for phone in work.known)}}}",
            f"local n, limit = {start}, {limit}",
            "sent = 0",
            f"math.randomseed({start})",
            "local random, format = math.random, string.format",
            f"local function call() return {_CALL_IDS[ids]} end",
            f"local forms = {{{', '.join(json.dumps(form) for form in _FORMS[notation])}}}",
            _TELEPHONE,
            f"local function item() n = n + 1; return {_lua(work.item)} end",
            _REQUEST.format(
                path=_lua(work.path),
                head=json.dumps(work.head),
                tail=json.dumps(work.tail),
                times=work.times,
                has_body="true" if work.head else "false",
                separator=json.dumps(work.separator),
            ),
            _LIMIT if limit else "",
            _DONE,
        ]
    )


def _lua(text: str) -> str:
    pieces = [piece for piece in _TOKENS.split(text) if piece]
    return " .. ".join(_EXPRESSIONS.get(piece, json.dumps(piece)) for piece in pieces) or '""'


_EXPRESSIONS = {CALL: "call()", PHONE: "phone()", KNOWN: "known[sent % #known + 1]"}
_CALL_IDS = {
    Ids.ASCENDING: 'format("call-%012d", n)',
    Ids.RANDOM: 'format("%08x-%04x-4%03x-%04x-%012x", random(0, 0xffffffff), random(0, 0xffff), '
    "random(0, 0xfff), random(0x8000, 0xbfff), random(0, 0xffffffffffff))",
}
_TELEPHONE = """
local function phone()
  local digits = format("%09d", n * 7919 % 1000000000)
  return (digits:gsub("(..)(.)(..)(..)(..)", forms[n % #forms + 1]))
end"""
# Whoever asks for leave to send after the last request waits longer than the run. wrk's main thread
# sleeps for the whole duration; only a signal to itself wakes it when the last answer is there.
_LIMIT = """
local ffi = require("ffi")
ffi.cdef("int kill(int, int); int getpid(void);")
local allowed, answered = 0, 0
delay = function()
  allowed = allowed + 1
  return allowed > limit and 1000000 or 0
end
response = function()
  answered = answered + 1
  if answered == limit then wrk.thread:stop(); ffi.C.kill(ffi.C.getpid(), 2) end
end"""
_REQUEST = """
local items = {{}}
request = function()
  sent = sent + 1
  for i = 1, {times} do items[i] = item() end
  local body = {has_body} and {head} .. table.concat(items, {separator}) .. {tail} or nil
  return wrk.format(nil, {path}, nil, body)
end"""
_DONE = """
local threads = {}
setup = function(thread) threads[#threads + 1] = thread end
done = function(summary, latency, requests)
  local e, sent = summary.errors, 0
  for _, thread in ipairs(threads) do sent = sent + thread:get("sent") end
  print(string.format('{"answered": %d, "sent": %d, "microseconds": %d, "p50": %d, "p99": %d, ' ..
    '"refused": %d, "broken": %d, "late": %d}', summary.requests, sent, summary.duration,
    latency:percentile(50), latency:percentile(99), e.status, e.connect + e.read + e.write, e.timeout))
end"""
