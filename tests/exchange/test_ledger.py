"""Numbers that several processes add to."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing import get_context

import pytest

from callproof.exchange import ledger
from callproof.exchange.ledger import Ledger


def in_processes(*jobs: Callable[[], object], killed: bool = False) -> None:
    """Each in a process of its own, all at once."""

    def run(job: Callable[[], object]) -> None:
        job()
        if killed:
            os._exit(9)

    processes = [get_context("fork").Process(target=run, args=(job,)) for job in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == (9 if killed else 0)


@pytest.fixture
def shared() -> Iterator[Ledger]:
    with closing(Ledger(4)) as made:
        yield made


def test_what_processes_add_is_summed_by_its_labels(shared: Ledger) -> None:

    def add(name: str) -> None:
        mine = shared.claim()
        for _ in range(1000):
            mine.add(("all", "together"))
            mine.add(("of", name), 2)

    in_processes(*[lambda name=name: add(name) for name in "abcd"])
    assert shared.sums()["all", "together"] == 4000
    assert {name: shared.sums()["of", name] for name in "abcd"} == dict.fromkeys("abcd", 2000)
    assert shared.processes == 0


def test_what_a_process_counted_stays_when_it_is_killed_and_another_goes_on(shared: Ledger) -> None:
    mine = shared.claim()
    mine.add(("requests", "one"))
    for _ in range(5):

        def die() -> None:
            other = shared.claim([("open", "polls")])
            assert shared.processes == 2
            other.add(("requests", "one"))
            other.add(("open", "polls"))

        in_processes(die, killed=True)
    assert shared.sums()["requests", "one"] == 6
    assert shared.sums()["open", "polls"] == 1
    assert shared.processes == 1
    shared.claim([("open", "polls")])
    assert shared.sums()["open", "polls"] == 0


def test_numbers_of_a_block_stand_one_after_the_other() -> None:
    numbers = Ledger().claim()
    numbers.add(("before",))
    labels = [("bucket", str(number)) for number in range(5)]
    first = numbers.block(labels)
    assert [numbers.place(label) for label in labels] == list(range(first, first + 5))
    assert numbers.block(labels) == first


def test_what_there_is_no_room_for_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Ledger()
    numbers = shared.claim()
    for number in range(ledger.MOST - 3):
        numbers.add(("number", str(number)))
    labels = [("bucket", str(number)) for number in range(5)]
    nowhere = numbers.block(labels)
    for place in range(nowhere, nowhere + 5):
        numbers.all[place] += 1
    for number in range(10):
        numbers.add(("more", str(number)))
    numbers.add(("x" * 200,))
    sums = shared.sums()
    assert len(sums) == ledger.MOST
    assert sum(sums.values()) == ledger.MOST
    assert not any(first in ("bucket", "x" * 200) for first, *_ in sums)
