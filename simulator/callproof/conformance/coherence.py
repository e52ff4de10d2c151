"""Whether the reports of a PBX fit each other: one story for each call, told once and in its order."""

from collections.abc import Collection, Iterator, Sequence

import orjson

from callproof.conformance import bodies
from callproof.conformance.comparing import Compares
from callproof.conformance.evidence import Seen
from callproof.conformance.story import ANSWERED, CDR, EVENT, Told
from callproof.conformance.uploads import is_link_alone
from callproof.conformance.verdict import Check
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.phones import digits, same_phone

STORY, ORDER, REPEATED = "PBX-EVENT-13", "PBX-EVENT-12", "PBX-TROUBLE-07"
COMPARES = (
    Compares(STORY, EVENT, ("phone", "externalPhone", "type", "hangupStatus", "codes[]")),
    Compares(STORY, CDR, ("phone", "externalPhone", "type", "result", "code", "duration")),
    Compares(STORY, "pbx answers record", ("the body",)),
)
ROWS = (STORY, ORDER, REPEATED)
# Whatever a recording may have before the talk, in seconds.
BEFORE_TALK = 120.0


def coherent(
    reports: Sequence[Told], played: Sequence[Seen], where: str, passed_on: Collection[str] = ()
) -> Iterator[Check]:
    """``played`` are the recordings that were asked for, ``passed_on`` the ids of calls that were
    transferred: that whoever took one over was named in an event, nobody demands."""
    of_id: dict[str, list[Told]] = {}
    for report in reports:
        of_id.setdefault(report.id, []).append(report)
    of_id.pop("", None)
    for call_id, of_it in of_id.items():
        refs = tuple(dict.fromkeys(report.seen.ref for report in of_it))
        about = f"call {call_id}"
        if len(of_it) > 1:
            unlike = list(_unlike(of_it, passed_on=call_id in passed_on))
            told, members = "; ".join(text for _, text in unlike), tuple(member for member, _ in unlike)
            yield Check(STORY, about, where, told, exchanges=refs, members=members)
        events = [report for report in of_it if report.is_event and report.taken]
        if events:
            yield Check(ORDER, about, where, _disorder(events), exchanges=refs)
        yield from _repeats(of_it, about, where)
        for report in of_it:
            yield from _recorded(report, played, where)


def _unlike(of_it: Sequence[Told], *, passed_on: bool = False) -> Iterator[tuple[str, str]]:
    """How the reports of one call contradict each other, each with the member of an event that does."""
    events, rows = [one for one in of_it if one.is_event], [one for one in of_it if not one.is_event]
    for name in ("phone", "externalPhone"):
        numbers = list(dict.fromkeys(one.phone(name) for one in of_it if digits(one.phone(name))))
        if any(not same_phone(numbers[0], other) for other in numbers[1:]):
            yield name, f"{name} is {' and '.join(numbers)}"
    kinds = {str(one.value.get("type")) for one in of_it if not one.ends}
    if len(kinds) > 1:
        yield "type", f"type is {' and '.join(sorted(kinds))}"
    ends = {str(one.value["hangupStatus"]) for one in events if "hangupStatus" in one.value}
    codes = set() if passed_on else {code for one in events for code in _codes(one.value)}
    for row in rows:
        result = row.value.get("result")
        if ends and (ANSWERED in ends) != (result == ANSWERED):
            told = f"it ended {' and '.join(sorted(ends))} in events, and {result} in the history"
            yield "hangupStatus", told
        if result == ANSWERED and codes and "code" in row.value and str(row.value["code"]) not in codes:
            named = ", ".join(sorted(codes))
            yield "codes", f"{row.value['code']} answered in the history, events name {named}"


def _codes(value: JsonObject) -> list[str]:
    codes = value.get("codes")
    return [str(code) for code in codes] if isinstance(codes, list) else []


def _disorder(events: Sequence[Told]) -> str:
    if any(event.ends for event in events) and not events[-1].ends:
        return "a beginning is told after the end"
    return ""


def _repeats(of_it: Sequence[Told], about: str, where: str) -> Iterator[Check]:
    """What says the same as a report that was taken before it was sent."""
    taken: set[bytes] = set()
    for report in of_it:
        said = orjson.dumps([report.is_event, report.value], option=orjson.OPT_SORT_KEYS)
        again = f"{report.seen} says again what was taken" if said in taken else ""
        yield Check(REPEATED, about, where, again, exchanges=(report.seen.ref,))
        if report.taken:
            taken.add(said)


def doubled(reports: Sequence[Told], where: str) -> Iterator[Check]:
    """Whether an upload has a call more than once; a second row may bring its link."""
    known: dict[tuple[str, str], JsonObject] = {}
    for report in reports:
        if report.is_event or not report.id:
            continue
        first = known.setdefault((report.seen.ref, report.id), report.value)
        again = first is not report.value and not is_link_alone(report.value, first)
        problem = f"{report.seen} has it more than once" if again else ""
        yield Check(REPEATED, f"call {report.id}", where, problem, exchanges=(report.seen.ref,))


def _recorded(report: Told, played: Sequence[Seen], where: str) -> Iterator[Check]:
    url, lasted = report.value.get("recordUrl"), report.value.get("duration")
    if not isinstance(url, str) or not isinstance(lasted, int) or report.value.get("result") != ANSWERED:
        return
    for one in played:
        if one.url.partition("?")[0] == url.partition("?")[0] and one.status == 200:
            sound: Json = {"seconds": lasted, "waiting": BEFORE_TALK}
            unlike = "; ".join(bodies.unlike_sound(sound, one.answer_bytes, "the recording", 0.0))
            yield Check(STORY, f"call {report.id}", where, unlike, exchanges=(one.ref, report.seen.ref))
