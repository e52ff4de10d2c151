"""A side that is still busy gets more time, one that is quiet does not, and none gets it for ever."""

import pytest

from callproof.conformance import patience
from callproof.conformance.evidence import Seen
from callproof.conformance.watching import Journals
from callproof.contract.operations import Side
from callproof.exchange.exchange import Exchange, Request

ONE = Seen(Exchange(0.0, "in", Request("GET", "http://pbx/"), None), Side.PBX, None, {})


class Busy(Journals):
    """Something comes every half second, ``messages`` times, on a clock of its own; an answer is ``held``
    back for so many seconds."""

    def __init__(self, messages: int, held: float = 0.0) -> None:
        self.seen: list[Seen] = []
        self.now, self._left, self._held = 0.0, messages, held

    def wait(self, side: Side, seconds: float) -> bool:
        self.now += 0.25
        return self.now < self._held

    def read(self) -> list[Seen]:
        if self._left and not self.now % 0.5:
            self._left -= 1
            self.seen.append(ONE)
        return self.seen


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "crowd", lambda: 1.0)


@pytest.mark.parametrize(("messages", "lasted"), [(0, 1.0), (1, 1.5), (3, 2.5), (100, 5.0)])
def test_what_stands_in_a_queue_is_waited_for(
    messages: int, lasted: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = Busy(messages)
    monkeypatch.setattr(patience, "monotonic", lambda: journals.now)
    patience.be_patient(1.0, journals, Side.PBX, lambda: False)
    assert journals.now == lasted


def test_an_answer_that_is_held_back_is_none_of_the_sides_time(monkeypatch: pytest.MonkeyPatch) -> None:
    journals = Busy(0, held=12.0)
    monkeypatch.setattr(patience, "monotonic", lambda: journals.now)
    patience.be_patient(1.0, journals, Side.PBX, lambda: False)
    assert 12.0 <= journals.now <= 13.0


def test_where_several_want_a_core_only_the_share_of_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    journals = Busy(0)
    monkeypatch.setattr(patience, "monotonic", lambda: journals.now)
    monkeypatch.setattr(patience, "crowd", lambda: 4.0)
    patience.be_patient(1.0, journals, Side.PBX, lambda: False)
    assert journals.now == 4.0


def test_nothing_is_waited_for_that_is_there() -> None:
    journals = Busy(9)
    patience.be_patient(1.0, journals, Side.PBX, lambda: True)
    assert journals.now == 0
