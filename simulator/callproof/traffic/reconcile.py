"""Both ends against each other: every call once, the same at both, with a recording that is one.

What the CRM's history must say is worked out here from the PBX's record of the call, not taken from what
the PBX reported.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import ceil

from callproof.control.client import Ends
from callproof.traffic import audio, records
from callproof.traffic.records import CrmCall, PbxCall
from callproof.traffic.run import Log

RESULTS = {
    "answered": "answered",
    "busy": "busy",
    "refused": "busy",
    "no answer": "no answer",
    "cancelled": "no answer",
    "failed": "failed",
}
LISTENERS = 4


@dataclass(frozen=True)
class Books:
    """What both ends have kept, and what does not fit together: one sentence each."""

    pbx: Sequence[PbxCall]
    crm: Sequence[CrmCall]
    mismatches: Sequence[str]
    recordings: int


def reconcile(ends: Ends, log: Log, pbx_from: int = 0, crm_from: int = 0) -> Books:
    """Compare what both ends keep of the calls after these positions."""
    at_pbx = list(records.calls(ends.pbx, pbx_from, PbxCall))
    at_crm = list(records.calls(ends.crm, crm_from, CrmCall))
    recorded = [row for row in at_crm if row.record_url]
    found = [
        *_left_over(ends),
        *_lost(log, at_pbx),
        *_played(log, at_pbx),
        *_different(at_pbx, at_crm),
        *_listen(ends, {call.id: call for call in at_pbx}, recorded),
    ]
    return Books(at_pbx, at_crm, found, len(recorded))


def _left_over(ends: Ends) -> Iterable[str]:
    pbx, crm = ends.pbx.get("/counts"), ends.crm.get("/counts")
    for count, what in (
        (pbx["openCalls"], "calls of the PBX have not ended"),
        (pbx["waiting"], "reports wait in the PBX's outbox"),
        (pbx["refused"], "reports were refused by the CRM"),
        (crm["openCards"], "call cards are still open in the CRM"),
    ):
        if count:
            yield f"{count} {what}."


def _lost(log: Log, at_pbx: Sequence[PbxCall]) -> Iterable[str]:
    known = {call.id for call in at_pbx}
    for call_id in log.acknowledged:
        if call_id not in known:
            yield f"Call {call_id} was acknowledged by the PBX and is not there."
    others = Counter(
        (call.extensions[0], call.phone)
        for call in at_pbx
        if call.id not in log.acknowledged and call.extensions
    )
    for (extension, phone), count in (log.clicked - _by_digits(others, log.clicked)).items():
        yield f"{count} clicks of {extension} on {phone} began and are not at the PBX."


def _played(log: Log, at_pbx: Sequence[PbxCall]) -> Iterable[str]:
    """Whether an answered call lasted as long as it was to, give or take a second."""
    for call in at_pbx:
        talk = log.acknowledged.get(call.id, {}).get("talk")
        if call.cause != "answered" or not isinstance(talk, int | float):
            continue
        # A hold or a call passed on begins halfway and may take longer than the rest of the talk.
        longer = bool(call.holds or call.transfers)
        if call.duration < talk - 1 or (call.duration > talk + 1 and not longer):
            yield f"Call {call.id} lasted {call.duration} s, it was to last {talk} s."


def _by_digits(
    found: Counter[tuple[str, str]], clicked: Counter[tuple[str, str]]
) -> Counter[tuple[str, str]]:
    """The CRM may dial a number in another notation than it was clicked in."""
    spelled = {(extension, _digits(phone)): phone for extension, phone in clicked}
    counted: Counter[tuple[str, str]] = Counter()
    for (extension, phone), count in found.items():
        counted[extension, spelled.get((extension, _digits(phone)), phone)] += count
    return counted


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-10:]


def _different(at_pbx: Sequence[PbxCall], at_crm: Sequence[CrmCall]) -> Iterable[str]:
    times = Counter(row.external_id for row in at_crm)
    rows = {row.external_id: row for row in at_crm}
    for call_id, count in times.items():
        if count > 1:
            yield f"Call {call_id} is in the CRM's history {count} times."
    for call in at_pbx:
        row = rows.pop(call.id, None)
        if row is None:
            if call.direction == "in" or call.told:
                yield f"Call {call.id} is not in the CRM's history."
            continue
        for name, found, expected in _compared(call, row):
            if found != expected:
                yield f"Call {call.id} has {name} {found!r} in the CRM, expected {expected!r}."
        if bool(row.record_url) is not bool(call.recorded):
            yield f"Call {call.id} has recordUrl {row.record_url!r} and {call.recorded} s of recording."
    for call_id in rows:
        yield f"Call {call_id} of the CRM's history is not at the PBX."


def _compared(call: PbxCall, row: CrmCall) -> Iterable[tuple[str, object, object]]:
    """What the history row of a call says and what it must, by name: the measure is the PBX's record of
    the call, in the contract's words."""
    yield "type", row.type, call.direction
    yield "phone", row.phone, call.phone
    yield "externalPhone", row.external_phone, call.line
    yield "result", row.result, RESULTS.get(str(call.cause))
    yield "duration", row.duration, call.duration if call.cause == "answered" else 0
    yield "durationWaiting", row.duration_waiting, call.duration_waiting
    if call.answered_by:
        yield "code", row.code, call.answered_by


def _listen(ends: Ends, at_pbx: Mapping[str, PbxCall], rows: Sequence[CrmCall]) -> Iterable[str]:
    """Who answers without a socket has nothing to wait for, so one listener does for it."""
    listeners = 1 if ends.nearby.app(f"{ends.pbx.url}/") else LISTENERS
    share = ceil(len(rows) / listeners) or 1
    shares = [rows[place : place + share] for place in range(0, len(rows), share)]
    with ThreadPoolExecutor(listeners) as pool:
        return [*chain.from_iterable(pool.map(partial(_heard, ends, at_pbx), shares))]


def _heard(ends: Ends, at_pbx: Mapping[str, PbxCall], rows: Sequence[CrmCall]) -> list[str]:
    found = []
    with closing(audio.Listener(ends.trust, ends.nearby)) as listener:
        for row in rows:
            call, url = at_pbx.get(row.external_id), row.record_url or ""
            if call is None:
                continue
            if not url.startswith(f"{ends.pbx.url}/"):
                found.append(f"The recording of call {call.id} is at {url}, which is not the PBX.")
            elif wrong := listener.problem(url, call.recorded):
                found.append(f"The recording of call {call.id}, {url}, {wrong}.")
    return found
