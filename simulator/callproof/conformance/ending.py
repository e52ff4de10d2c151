"""What holds at the end of every scenario, whatever it is about: the stories of its calls, what the CRM
keeps of them and whom it asks, and that an hour later nothing comes that was there already.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from callproof.conformance import arrival, coherence, keeping, statuses, story
from callproof.conformance.calls import Act, Call, made
from callproof.conformance.evidence import Seen
from callproof.conformance.judge import UnderTest
from callproof.conformance.matching import Leeway
from callproof.conformance.patience import be_patient
from callproof.conformance.story import Told
from callproof.conformance.verdict import Check
from callproof.conformance.watching import Journals
from callproof.contract.jsontypes import Json
from callproof.contract.operations import Side
from callproof.control.client import Ends
from callproof.exchange.faults import Fault, Seam

# How long, on clocks that are moved, a side may send what nobody waits for any more, in seconds.
DRAINED = 3600.0
# One look into a journal, in real seconds.
LOOK = 0.25


@dataclass(frozen=True)
class Ending:
    """``where`` is the file of the scenario. ``faults`` are those that ends of ours have for the whole run,
    ``broken`` those that the scenario gave them: what it breaks on purpose is nobody's fault.

    A CRM that only hears or answers wrongly makes no story untrue: what is told of calls is held against
    what happened all the same, but not whether it was told too often."""

    ends: Ends
    journals: Journals
    judged: UnderTest
    where: str
    broken: Sequence[Fault]
    faults: Sequence[Fault]

    def checks(self, acts: Sequence[Act], periodic: bool, slack: Callable[[], Leeway]) -> list[Check]:
        """Time goes on for an hour first, where it does not have to be waited for."""
        self.ends.leap(DRAINED)
        self.journals.read()
        found: list[Check] = []
        trouble = [fault for fault in (*self.faults, *self.broken) if fault.side is Side.CRM]
        asks = any(fault.seam is Seam.ASKS for fault in trouble)
        if self.judged.side is not Side.CRM and not asks and Side.PBX not in self._spoilt:
            if trouble:
                found += self._of_pbx_in_trouble(acts, trouble, slack)
            else:
                found += self._of_pbx(acts, periodic, slack)
        if self.judged.side is not Side.PBX and Side.CRM not in self._spoilt:
            found += self._of_crm(acts)
        return found

    @property
    def _spoilt(self) -> set[Side]:
        return {fault.side for fault in self.broken}

    def _seen(self, side: Side) -> list[Seen]:
        """The journal from which the side is judged."""
        return [one for one in self.journals.seen if one.seen_by is self.judged.faces(side)]

    def _of_pbx(self, acts: Sequence[Act], periodic: bool, slack: Callable[[], Leeway]) -> Iterator[Check]:
        seen = self._seen(Side.PBX)
        calls = made(acts, self.ends.pbx.state().get("calls") or [], seen)
        if self.ends.manual:
            self._patiently(
                Side.PBX,
                lambda: list(story.missing(calls, story.told(self._seen(Side.PBX)), self.where)),
            )
            seen = self._seen(Side.PBX)
        reports = story.told(seen)
        yield from self._in_whatever(calls, reports, slack())
        if self.ends.manual and all(report.taken for report in reports):
            yield from story.missing(calls, reports, self.where)
        yield from statuses.rung(calls, reports, seen, slack().times, self.where)
        played = [one for one in seen if one.is_of("record")]
        passed_on = {str(act.args.get("call")) for act in acts if act.action == "transfer"}
        for check in coherence.coherent(reports, played, self.where, passed_on):
            yield check
            if check.requirement == coherence.REPEATED and periodic and "upload" in check.problem:
                yield replace(check, requirement="PBX-HISTORY-04")

    def _of_pbx_in_trouble(
        self, acts: Sequence[Act], trouble: Sequence[Fault], slack: Callable[[], Leeway]
    ) -> Iterator[Check]:
        seen = self._seen(Side.PBX)
        calls, reports = made(acts, self.ends.pbx.state().get("calls") or [], seen), story.told(seen)
        yield from self._in_whatever(calls, reports, slack())
        # A PBX that was told that its module stands still owes nothing more.
        still = any(act.action == "switch module" for act in acts)
        if self.ends.manual and not still and all(map(arrival.passes, trouble)):
            yield from arrival.arrived(calls, reports, self.where)

    def _in_whatever(
        self, calls: Sequence[Call], reports: Sequence[Told], slack: Leeway
    ) -> Iterator[Check]:
        """What holds of a PBX's reports also where a CRM is in trouble."""
        yield from story.true(calls, reports, self.where, slack)
        yield from story.linked(calls, reports, self.where)
        yield from coherence.doubled(reports, self.where)

    def _patiently(self, side: Side, look: Callable[[], list[Check]]) -> list[Check]:
        """What is seen once all of it holds, or when patience is over: a side, or a view of it, may come
        a moment later."""
        found = look()

        def holds() -> bool:
            nonlocal found
            found = look()
            return not any(check.problem for check in found)

        if any(check.problem for check in found):
            be_patient(self.ends.patience, self.journals, self.judged.faces(side), holds)
        return found

    def _of_crm(self, acts: Sequence[Act]) -> Iterator[Check]:
        seen = self._seen(Side.CRM)
        yield from keeping.asking(seen, self.where)
        if self.ends.manual:
            yield from statuses.lookups(acts, seen, self.where)
        names = {one.operation.name for one in seen if one.operation}
        if not names & {"call-event", "calls-upload"}:
            return
        yield from self._patiently(Side.CRM, lambda: self._of_views(seen, _by_hand(acts)))

    def _of_views(self, seen: Sequence[Seen], by_hand: Sequence[Json]) -> list[Check]:
        state = self.ends.crm.state()
        calls: list[Json] | None = state.get("calls")
        cards: list[Json] | None = state.get("cards")
        checks: list[Check] = []
        if calls is not None:
            checks += keeping.kept(seen, calls, self.where)
        if cards is not None:
            checks += keeping.shown(seen, cards, self.where, by_hand)
            checks += keeping.closed(seen, cards, self.where, by_hand)
        return checks


def _by_hand(acts: Sequence[Act]) -> list[Json]:
    """The extensions that users tied on the settings page."""
    given = (act.args.get("extensions") for act in acts if act.action == "set mapping")
    return [pair for pairs in given if isinstance(pairs, list) for pair in pairs]
