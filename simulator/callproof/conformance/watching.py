"""What the sides do while a scenario is played: read from both journals, and from what the ends keep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from callproof.conformance.evidence import Book, Seen, read
from callproof.conformance.filling import Names
from callproof.conformance.judge import UnderTest
from callproof.conformance.matching import EXACT, Leeway, differences
from callproof.conformance.patterns import EndlessPattern
from callproof.conformance.scenario import (
    ANYTHING,
    BESIDE,
    BODY,
    CDR,
    HEADERS,
    METHOD,
    PATH,
    STATUS,
    Expect,
    Verb,
)
from callproof.conformance.stimuli import Misconfigured
from callproof.conformance.uploads import UPLOAD, Uploads, uploads
from callproof.contract.jsontypes import Json, JsonObject, merged, reached
from callproof.contract.operations import BY_NAME, Side
from callproof.control.client import Ends
from callproof.exchange.over_budget import STATUSES


@dataclass(frozen=True)
class Candidate:
    """Something that a step could mean: what an end keeps, or one half of an exchange."""

    value: Json
    seen: Seen | None = None

    @property
    def members(self) -> JsonObject:
        """What later steps can name of it."""
        if self.seen is None:
            return {"value": self.value}
        return {
            "id": self.seen.id,
            "value": self.value,
            "status": self.seen.status,
            "headers": dict(self.seen.headers),
            "path": dict(self.seen.parts),
            "size": self.seen.answer_size,
            "body": self.seen.answer_bytes,
            "ref": self.seen.ref,
            "unanswered": self.seen.error,
        }


class Journals:
    """Both journals from the beginning of a scenario on, as far as they were read. Of what a CRM with
    ``budgets`` of its own refused, and was asked again, only the last answer is there."""

    def __init__(self, ends: Ends, *, budgets: bool) -> None:
        self.seen: list[Seen] = []
        self._ends = ends
        self._budgets = budgets
        self._book = Book()
        self._last = {Side.CRM: 0, Side.PBX: 0}

    def reset(self) -> None:
        """Take both ends back to their beginning."""
        for side in Side:
            self._last[side] = self._ends.of(side).reset()

    def read(self) -> list[Seen]:
        """Everything that is there by now."""
        # The CRM's journal first: from it the book learns which addresses are call-backs.
        for side in (Side.CRM, Side.PBX):
            newest = self._last[side] + 1
            while self._last[side] < newest:
                page = self._ends.of(side).journal(self._last[side])
                newest = page.last_id
                for one in read(page.entries, side, self._book):
                    if self._budgets and side is Side.PBX:
                        self._forget_refused(one)
                    self.seen.append(one)
                self._last[side] = page.entries[-1].id if page.entries else newest
        return self.seen

    def _forget_refused(self, again: Seen) -> None:
        """What is asked ``again``, and was refused because of a budget until now."""
        for place, one in enumerate(self.seen):
            if one.status in STATUSES and one.exchange.request == again.exchange.request:
                del self.seen[place]
                return

    def numbers(self) -> JsonObject:
        """The last number in each journal by now."""
        self.read()
        return {str(side): last for side, last in self._last.items()}

    def registered(self) -> JsonObject:
        """Code and clientId of the newest registration that the CRM took, as far as it names them."""
        edits = [
            seen
            for seen in self.read()
            if seen.is_of("module-edit") and not seen.by_bench and seen.status in (200, 201)
        ]
        if not edits:
            return {}
        sent = {"code": edits[-1].parts.get("code"), "clientId": reached(edits[-1].params, "clientId")}
        return {name: str(value) for name, value in sent.items() if value is not None}

    def lacks(self, offered: Sequence[str]) -> bool:
        """Whether the newest registration is of a telephony that is off or has not all that is named."""
        edits = [
            seen.params
            for seen in self.read()
            if seen.is_of("module-edit") and not seen.by_bench and seen.status in (200, 201)
        ]
        if not edits or not offered:
            return False
        there = (reached(edits[-1], "integrations", "telephony", name) for name in offered)
        return reached(edits[-1], "active") is False or not all(there)

    def codes(self) -> list[str]:
        """Of the modules whose settings the CRM took, in order."""
        edits = (seen for seen in self.read() if seen.is_of("module-edit"))
        taken = (seen.parts.get("code", "") for seen in edits if seen.status in (200, 201))
        return list(dict.fromkeys(taken))

    def told(self, code: str, journal: Side) -> JsonObject:
        """The settings of which a module was told and that the CRM took, each as it was told last."""
        settings: JsonObject = {}
        for seen in self.read():
            of_module = seen.is_of("module-edit") and seen.parts.get("code") == code
            taken = seen.seen_by is journal and seen.status in (200, 201)
            if of_module and taken and isinstance(seen.params, Mapping):
                settings = merged(settings, seen.params)
        return settings

    def wait(self, side: Side, seconds: float) -> bool:
        """Until this end's journal grows, at most so many real seconds; whether it was to grow by what a
        fault of this end holds back."""
        return bool(self._ends.of(side).journal(self._last[side], wait=seconds, limit=1).held)


class Watch:
    """Finds what a step means. ``slack`` says by how many seconds times of an exchange may be off, or of
    what is kept."""

    def __init__(
        self,
        ends: Ends,
        journals: Journals,
        names: Names,
        judged: UnderTest,
        slack: Callable[[Seen | None], Leeway],
    ) -> None:
        self._ends = ends
        self._journals = journals
        self._names = names
        self._judged = judged
        self._slack = slack

    def matches(self, step: Expect, matching: Json) -> list[Candidate]:
        return [found for found in self.candidates(step) if not self.misses(step, matching, found)]

    def misses(self, step: Expect, matching: Json, found: Candidate) -> list[str]:
        """What keeps the candidate from being meant."""
        seen = found.seen
        missed = (
            _differences(matching, found.value, slack=self._slack(seen)) if matching is not None else []
        )
        journal = self._judged.faces(step.side)
        if step.after and (seen.id if seen else 0) <= self._names.number(step.after, journal):
            missed.append(f"it came before {step.after}")
        if step.status is not None:
            missed += _differences(step.status, seen.status if seen else None, "status")
        if step.headers:
            wanted = {name.lower(): value for name, value in step.headers.items()}
            missed += _differences(wanted, seen.headers if seen else {}, "headers")
        return missed

    def differing(self, about: Mapping[str, JsonObject], found: Candidate) -> dict[str, list[str]]:
        """For each row what is other than it is to be; a row without a difference is not there."""
        every = {row: self._unlike(pattern, found) for row, pattern in about.items()}
        return {row: unlike for row, unlike in every.items() if unlike}

    def _unlike(self, pattern: JsonObject, found: Candidate) -> list[str]:
        seen = found.seen
        members = {name: value for name, value in pattern.items() if name not in BESIDE}
        unlike = _differences(members, found.value, slack=self._slack(seen)) if members else []
        if STATUS in pattern:
            unlike += _differences(pattern[STATUS], seen.status if seen else None, "the status")
        if isinstance(headers := pattern.get(HEADERS), Mapping):
            wanted = {name.lower(): value for name, value in headers.items()}
            unlike += _differences(wanted, seen.headers if seen else {}, "headers")
        if METHOD in pattern:
            unlike += _differences(pattern[METHOD], seen.method if seen else None, "the verb")
        if BODY in pattern:
            unlike += _differences(pattern[BODY], seen.answer_bytes if seen else None, "the body")
        if PATH in pattern:
            unlike += _differences(pattern[PATH], dict(seen.parts) if seen else {}, "the path")
        return unlike

    def candidates(self, step: Expect) -> list[Candidate]:
        """Raises Misconfigured when the step asks for what the end has no view of."""
        if step.verb is Verb.KEEPS:
            return self._kept(step)
        facing = self._judged.faces(step.side)
        if step.subject == CDR:
            return self._uploaded(facing)
        sends = step.verb is Verb.SENDS
        asked_by = step.side if sends else step.side.other
        late = self._uploads(facing).late if sends and step.subject == UPLOAD else ()
        return [
            Candidate(seen.params if sends else seen.answer, seen)
            for seen in self._journals.read()
            if seen.seen_by is facing
            and seen.asked_by is asked_by
            and (step.subject == ANYTHING or seen.operation is BY_NAME[step.subject])
            and not (seen.by_bench and sends)
            and seen.id not in late
        ]

    def _uploaded(self, facing: Side) -> list[Candidate]:
        return [Candidate(row.value, row.seen) for row in self._uploads(facing).rows]

    def _uploads(self, facing: Side) -> Uploads:
        return uploads(seen for seen in self._journals.read() if seen.seen_by is facing)

    def _kept(self, step: Expect) -> list[Candidate]:
        kept = self._ends.of(step.side).state().get(step.subject)
        if kept is None:
            raise Misconfigured(
                f"there is no view {step.subject!r}; write one, or name "
                f"'{step.side} keeps {step.subject}' under absent"
            )
        return [Candidate(item) for item in kept]


def _differences(expected: Json, actual: Json, what: str = "", *, slack: Leeway = EXACT) -> list[str]:
    """As ``differences``; raises Misconfigured for a pattern without end."""
    try:
        return differences(expected, actual, what, slack=slack)
    except EndlessPattern as error:
        raise Misconfigured(str(error)) from None
