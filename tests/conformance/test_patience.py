"""A side that is still busy gets more time, one that is quiet does not, and none gets it for ever."""

import pytest

from callproof.conformance import patience
from callproof.conformance.evidence import Seen
from callproof.conformance.watching import Journals
from callproof.contract.operations import Side
from callproof.exchange.exchange import Exchange, Request

ONE = Seen(Exchange(0.0, "in", Request("GET", "http://pbx/"), None), Side.PBX, None, {})


class Busy(Journals):
    """Something comes every half second, ``messages`` times, on a clock of its own."""

    def __init__(self, messages: int) -> None:
        self.seen: list[Seen] = []
        self.now, self._left = 0.0, messages

    def wait(self, side: Side, seconds: float) -> None:
        self.now += 0.25

    def read(self) -> list[Seen]:
        if self._left and not self.now % 0.5:
            self._left -= 1
            self.seen.append(ONE)
        return self.seen


@pytest.mark.parametrize(("messages", "lasted"), [(0, 1.0), (1, 1.5), (3, 2.5), (100, 5.0)])
def test_what_stands_in_a_queue_is_waited_for(
    messages: int, lasted: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = Busy(messages)
    monkeypatch.setattr(patience, "monotonic", lambda: journals.now)
    patience.be_patient(1.0, journals, Side.PBX, lambda: False)
    assert journals.now == lasted


def test_nothing_is_waited_for_that_is_there() -> None:
    journals = Busy(9)
    patience.be_patient(1.0, journals, Side.PBX, lambda: True)
    assert journals.now == 0
