"""Whether what a CRM in trouble could not take was taken in the end: each call's end, and its row."""

from collections.abc import Collection, Iterator, Sequence

from callproof.conformance.calls import Call
from callproof.conformance.story import Told
from callproof.conformance.verdict import Check
from callproof.contract.jsontypes import reached
from callproof.contract.phones import phone_key
from callproof.exchange.faults import Fault

BUSY, NO_ANSWER, UNREADABLE = ROWS = ("PBX-TROUBLE-01", "PBX-TROUBLE-02", "PBX-TROUBLE-03")

TOO_MANY = 429


def passes(fault: Fault) -> bool:
    """Whether what is said meanwhile has to be said again, and a moment comes when it is taken."""
    return fault.first is not None and fault.every == 1 and not {*ROWS}.isdisjoint(fault.challenges)


def arrived(calls: Sequence[Call], reports: Sequence[Told], where: str) -> Iterator[Check]:
    """What was not taken at once of each call that was answered and is over, long after the trouble; by the
    row of what it was answered."""
    known = {call.id for call in calls}
    for call in calls:
        if call.odd or not phone_key(call.phone) or call.answered is None or call.ended is None:
            continue
        of_it = [report for report in reports if report.id == call.id]
        ends = [report for report in of_it if report.is_event and report.ends]
        rows = [report for report in of_it if not report.is_event]
        for said, what in ((ends, "the end"), (rows, "the history")):
            if untaken := [report for report in said if not (report.taken or _is_refused(report))]:
                last, lost = untaken[-1], ""
                if len(untaken) == len(said):
                    lost = f"{what} of {call} was never taken{_instead(call, last, reports, known)}"
                yield Check(_row(last), str(call), where, lost, exchanges=(last.seen.ref,))


def _instead(call: Call, untaken: Told, reports: Sequence[Told], known: Collection[str]) -> str:
    """What was taken in its place, where each attempt has an id of its own."""
    key = phone_key(call.phone)
    for report in reports:
        same = (report.is_event, report.ends) == (untaken.is_event, untaken.ends)
        if same and report.taken and report.id not in known and phone_key(report.phone()) == key:
            return f"; what was taken instead has another externalId, {report.id}"
    return ""


def _is_refused(last: Told) -> bool:
    """For good: the CRM understood, and said no."""
    status = last.seen.status
    no = reached(last.seen.answer, "success") is False
    return no and status is not None and status < 500 and status != TOO_MANY


def _row(last: Told) -> str:
    if last.seen.status in (TOO_MANY, 503):
        return BUSY
    return NO_ANSWER if last.seen.status is None else UNREADABLE
