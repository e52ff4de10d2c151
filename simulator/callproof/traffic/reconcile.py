"""Both ends against each other: every call once, the same at both, with a recording that is one.

What the CRM's history must say is worked out here from the PBX's record of the call, not taken from what
the PBX reported.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from callproof.contract.jsontypes import Json, JsonObject
from callproof.control.client import Ends
from callproof.traffic import audio, records
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

    pbx: Sequence[JsonObject]
    crm: Sequence[JsonObject]
    mismatches: Sequence[str]
    recordings: int


def reconcile(ends: Ends, log: Log, pbx_from: int = 0, crm_from: int = 0) -> Books:
    """Compare what both ends keep of the calls after these positions."""
    at_pbx, at_crm = list(records.calls(ends.pbx, pbx_from)), list(records.calls(ends.crm, crm_from))
    recorded = [row for row in at_crm if row.get("recordUrl")]
    found = [
        *_left_over(ends),
        *_lost(log, at_pbx),
        *_played(log, at_pbx),
        *_different(at_pbx, at_crm),
        *_listen(ends, {str(call["id"]): call for call in at_pbx}, recorded),
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


def _lost(log: Log, at_pbx: Sequence[JsonObject]) -> Iterable[str]:
    known = {str(call["id"]) for call in at_pbx}
    for call_id in log.acknowledged:
        if call_id not in known:
            yield f"Call {call_id} was acknowledged by the PBX and is not there."
    others = Counter(
        (str(extensions[0]), str(call["phone"]))
        for call in at_pbx
        if call["id"] not in log.acknowledged and (extensions := cast(list[str], call["extensions"]))
    )
    for (extension, phone), count in (log.clicked - _by_digits(others, log.clicked)).items():
        yield f"{count} clicks of {extension} on {phone} began and are not at the PBX."


def _played(log: Log, at_pbx: Sequence[JsonObject]) -> Iterable[str]:
    """Whether an answered call lasted as long as it was to, give or take a second."""
    for call in at_pbx:
        script = log.acknowledged.get(str(call["id"]), {})
        if call["cause"] != "answered" or "talk" not in script:
            continue
        talk, lasted = cast(float, script["talk"]), cast(float, call["duration"])
        # A hold or a call passed on begins halfway and may take longer than the rest of the talk.
        longer = bool(call["holds"] or call["transfers"])
        if lasted < talk - 1 or (lasted > talk + 1 and not longer):
            yield f"Call {call['id']} lasted {lasted:.0f} s, it was to last {talk} s."


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


def _different(at_pbx: Sequence[JsonObject], at_crm: Sequence[JsonObject]) -> Iterable[str]:
    times = Counter(str(row["externalId"]) for row in at_crm)
    rows = {str(row["externalId"]): row for row in at_crm}
    for call_id, count in times.items():
        if count > 1:
            yield f"Call {call_id} is in the CRM's history {count} times."
    for call in at_pbx:
        call_id = str(call["id"])
        row = rows.pop(call_id, None)
        if row is None:
            if call["direction"] == "in" or call["told"]:
                yield f"Call {call_id} is not in the CRM's history."
            continue
        for name, expected in _expected(call).items():
            if row.get(name) != expected:
                yield f"Call {call_id} has {name} {row.get(name)!r} in the CRM, expected {expected!r}."
        if bool(row.get("recordUrl")) is not bool(call["recorded"]):
            kept = f"{call['recorded']} s of recording"
            yield f"Call {call_id} has recordUrl {row.get('recordUrl')!r} and {kept}."
    for call_id in rows:
        yield f"Call {call_id} of the CRM's history is not at the PBX."


def _expected(call: JsonObject) -> Mapping[str, Json]:
    """The history row of a call: the measure is the PBX's record of it, in the contract's words."""
    answered = call["cause"] == "answered"
    return {
        "type": call["direction"],
        "phone": call["phone"],
        "externalPhone": call["line"],
        "result": RESULTS.get(str(call["cause"])),
        "duration": call["duration"] if answered else 0,
        "durationWaiting": call["durationWaiting"],
        **({"code": call["answeredBy"]} if call["answeredBy"] else {}),
    }


def _listen(ends: Ends, at_pbx: Mapping[str, JsonObject], rows: Sequence[JsonObject]) -> Iterable[str]:
    def problem(row: JsonObject) -> str | None:
        call, url = at_pbx.get(str(row["externalId"])), str(row["recordUrl"])
        if call is None:
            return None
        if not url.startswith(f"{ends.pbx.url}/"):
            return f"The recording of call {call['id']} is at {url}, which is not the PBX."
        wrong = audio.problem(url, cast(int, call["recorded"]))
        return f"The recording of call {call['id']}, {url}, {wrong}." if wrong else None

    with ThreadPoolExecutor(LISTENERS) as pool:
        return [found for found in pool.map(problem, rows) if found]
