"""What came to the CRM beside the calls of the virtual PBX, as steps of a scenario: what was sent by hand
or by a program, and the registration, where the session began without one."""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlsplit

from callproof.bench.retelling import Deed
from callproof.conformance.evidence import Seen
from callproof.conformance.exhibits import Exhibit, exhibits
from callproof.contract.jsontypes import JsonObject, reached
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.reports.bodies import FORM

# The row that says what a method answers, where it is not the one of all answers.
_ANSWERS = {
    "call-event": "CRM-EVENT-01",
    "calls-upload": "CRM-HISTORY-01",
    "manager-lookup": "CRM-MANAGER-08",
}
_ALL_ANSWERS = "CRM-API-01"
# What the CRM takes from a registered telephony alone.
_OF_TELEPHONY = ("call-event", "call-event-v3", "calls-upload")
_DONE = (200, 201)


class Heard:
    """``deeds`` in the order of the journal; ``registered`` says whether a telephony was there from the
    beginning, and ``left_out`` what no step can send, a line each."""

    def __init__(self, crm: Sequence[Seen], pbx: Sequence[Seen], key: str) -> None:
        self._key = key
        to_crm = [one for one in exhibits([*crm, *pbx]) if _is_to_crm(one.exchange)]
        self.registered = _registered(to_crm)
        # A notice tells of the status as well, and is told by itself.
        self._noticed = any(seen.is_of("status-notice") for seen in crm)
        self.left_out: list[str] = []
        self.deeds = [deed for one in to_crm for deed in self._told(one)]

    def _told(self, one: Exhibit) -> Iterator[Deed]:
        seen = one.exchange
        if not _is_by_hand(one):
            if not self.registered and seen.is_of("module-edit") and seen.status in _DONE:
                yield Deed(seen.at, {"do": "register"})
        elif not (seen.is_of("user-status") and self._noticed):
            step, problem = _sent(seen, self._key)
            if problem:
                where = printable(f"{seen.ref}, {seen.method} {seen.path}")
                self.left_out.append(f"{where}, was left out: {problem}")
            else:
                yield from (Deed(seen.at, step), Deed(seen.at, _answered(seen)))


def _is_to_crm(seen: Seen) -> bool:
    return seen.asked_by is Side.PBX and not seen.by_bench


def _is_by_hand(one: Exhibit) -> bool:
    """Whether the CRM alone knows of it."""
    return len(one.refs) == 1 and one.exchange.seen_by is Side.CRM


def _registered(to_crm: Sequence[Exhibit]) -> bool:
    """The first message that needs a telephony, or makes one, tells."""
    for one in to_crm:
        seen = one.exchange
        if str(reached(seen.answer, "errorMsg") or "").startswith("Telephony not enabled"):
            return False
        if seen.status in _DONE and any(map(seen.is_of, _OF_TELEPHONY)):
            return True
        if seen.status in _DONE and seen.is_of("module-edit"):
            # That of the virtual PBX is what the runner does before a scenario.
            return not _is_by_hand(one)
    return True


def _sent(seen: Seen, key: str) -> tuple[JsonObject, str]:
    """The step, or why none can send it."""
    body, kind = seen.request.body.text, seen.request.header("content-type")
    if seen.method not in ("GET", "POST"):
        return {}, "a step sends GET and POST alone."
    if body is None or (body and not kind.startswith(FORM)):
        return {}, "a step sends forms alone, and this body is none."
    step: JsonObject = {"send": f"{seen.method} {seen.path}"}
    given = seen.request.header("x-api-key")
    for name, text in (("query", urlsplit(seen.url).query), ("form", body)):
        pairs = dict(parse_qsl(text, keep_blank_values=True))
        given = pairs.pop("apiKey", "") or given
        if any("$" in part for pair in pairs.items() for part in pair):
            return {}, "a $ in it would stand for something else."
        if pairs:
            step[name] = {**pairs}
    if given == key:
        return step, ""
    if seen.status in (401, 403):
        return {**step, "api-key": given and "wrong"}, ""
    return {}, "it has another key, which was taken and which no other account has."


def _answered(seen: Seen) -> JsonObject:
    name = seen.operation.name if seen.operation else "anything"
    row = _ANSWERS.get(name, _ALL_ANSWERS) if seen.status in _DONE else _ALL_ANSWERS
    return {
        "expect": f"crm answers {name}",
        "status": seen.status,
        "at-least": 1,
        "within": 5,
        "proves": row,
    }
