"""The messages that a scenario looked for in vain, where they were missed in the ladders of its calls."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from callproof.conformance.exhibits import Exhibit
from callproof.conformance.ladder import OF_SIDE, Arrow, Ladder
from callproof.conformance.scenario import CDR, Verb
from callproof.conformance.verdict import Check, Looked
from callproof.conformance.wording import parts_of
from callproof.contract.operations import Side


def with_missed(found: Sequence[Ladder], shown: Sequence[Exhibit], checks: Sequence[Check]) -> list[Ladder]:
    """The ladders with a dashed arrow for each message that did not come, at the moment when nobody waited
    for it any more. One that names no call of them is drawn in the last that had begun by then; where there
    is no ladder there is one with what is missing alone."""
    began = shown[0].exchange.at if shown else 0.0
    ladders = list(found)
    for side, name, looked in _missing(checks):
        since = max(looked.at - began, 0.0)
        label = f"{name}{f', {looked.wanted}' if looked.wanted else ''}: missing"
        arrow = Arrow(OF_SIDE[side], OF_SIDE[side.other], label, since, "", 0, missing=True)
        place = _place(ladders, shown, looked, since)
        if place is None:
            ladders.append(Ladder("", "", (replace(arrow, at=0.0),)))
        else:
            ladders[place] = _added(
                ladders[place], replace(arrow, at=since - _begin(ladders[place], shown))
            )
    return ladders


def _missing(checks: Sequence[Check]) -> Iterator[tuple[Side, str, Looked]]:
    """Each once, however many rows are about it."""
    told: set[tuple[str, str]] = set()
    for check in checks:
        side, verb, name = parts_of(check.what)
        looked = check.looked
        if not check.problem or looked is None or not looked.too_few or verb != Verb.SENDS:
            continue
        if (check.what, looked.wanted) not in told:
            told.add((check.what, looked.wanted))
            yield Side(side), "call in the history" if name == CDR else name, looked


def _place(ladders: Sequence[Ladder], shown: Sequence[Exhibit], looked: Looked, since: float) -> int | None:
    named = [
        place
        for place, ladder in enumerate(ladders)
        if any(text and text in looked.wanted for text in (ladder.call, ladder.phone))
    ]
    begun = [place for place, ladder in enumerate(ladders) if _begin(ladder, shown) <= since]
    return next(iter([*named, *reversed(begun)]), 0 if ladders else None)


def _begin(ladder: Ladder, shown: Sequence[Exhibit]) -> float:
    first = next((arrow.exhibit for arrow in ladder.arrows if arrow.exhibit), 0)
    return shown[first - 1].since if first else 0.0


def _added(ladder: Ladder, arrow: Arrow) -> Ladder:
    """In the order of time; what came at the same moment comes before what did not."""
    before = [one for one in ladder.arrows if one.at <= arrow.at]
    after = ladder.arrows[len(before) :]
    return replace(ladder, arrows=(*before, arrow, *after))
