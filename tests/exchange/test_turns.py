"""Who works upon something large lets others have their turn sooner, and only for so long."""

import sys
from threading import Barrier, Thread

import pytest

from callproof.exchange.turns import LARGE, Turns
from tests.support import Account


def test_turns_are_short_until_the_last_one_has_left() -> None:
    turns, usual, barrier = Turns(), sys.getswitchinterval(), Barrier(2, timeout=20)
    seen = []

    def other() -> None:
        with turns.short():
            barrier.wait()
            barrier.wait()

    thread = Thread(target=other)
    thread.start()
    with turns.short():
        barrier.wait()
    seen.append(sys.getswitchinterval())
    barrier.wait()
    thread.join()
    assert seen[0] < usual
    assert sys.getswitchinterval() == usual


@pytest.mark.parametrize(("size", "short"), [(LARGE, True), (100, False)])
def test_only_large_requests_are_worked_upon_in_short_turns(
    account: Account, monkeypatch: pytest.MonkeyPatch, size: int, short: bool
) -> None:
    usual, seen = sys.getswitchinterval(), list[float]()
    monkeypatch.setattr(type(account.crm.pace), "count", lambda *_: seen.append(sys.getswitchinterval()))
    account.post("telephony/call/event", event="x" * size)
    assert [one < usual for one in seen] == [short]
    assert sys.getswitchinterval() == usual
