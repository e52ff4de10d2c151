"""Threads as granian starts them: each takes a request when it has answered the last one."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from queue import SimpleQueue
from threading import Barrier, Event, Thread, get_ident
from traceback import extract_stack
from typing import TYPE_CHECKING

import pytest
import requests

from callproof.running import crew
from callproof.running.crew import HELD_UP, RESTED, Crew
from callproof.running.processes import Made, Workers, answering
from callproof.running.threads import Address

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

THREADS = 5
PATIENCE = 20


def _played(request: "Callable[[], None]", _environ: "WSGIEnvironment") -> None:
    request()


def _met(own: Event, events: list[Event], answered: SimpleQueue[bool]) -> None:
    """One of several requests of which each waits until all have begun."""
    own.set()
    answered.put(all(event.wait(PATIENCE) for event in events))


class Pool:
    """Some threads that answer as a crew; a request is a function."""

    def __init__(self) -> None:
        self.crew = Crew(1)
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        answer = self.crew.around(_played)
        self._threads = [Thread(target=self._work, args=(answer,), daemon=True) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()
        everybody = Barrier(THREADS + 1)
        for _ in self._threads:
            self._queue.put(lambda: (everybody.wait(PATIENCE), None)[1])
        everybody.wait(PATIENCE)

    def _work(self, answer: "crew.Callback[Callable[[], None]]") -> None:
        while request := self._queue.get():
            answer(request, {})

    def ask(self, request: "Callable[[], None]") -> None:
        self._queue.put(request)

    def who(self) -> int:
        """The thread that answers next."""
        found: SimpleQueue[int] = SimpleQueue()
        self.ask(lambda: found.put(get_ident()))
        return found.get(timeout=PATIENCE)

    def settled(self) -> None:
        """Until all but one sleep."""
        everybody, known = Event(), {self.who()}
        while len(self.crew._asleep) < THREADS - 1:
            everybody.wait(0.001)
            known.add(self.who())

    def end(self) -> None:
        for _ in self._threads:
            self._queue.put(None)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says to the crew."""
    time = [1000.0]
    monkeypatch.setattr(crew, "monotonic", lambda: time[0])
    return time


@pytest.fixture
def pool(now: list[float]) -> Iterator[Pool]:
    pool = Pool()
    pool.settled()
    yield pool
    pool.end()


def test_of_threads_that_all_had_a_request_one_answers_the_next(pool: Pool) -> None:
    assert len({pool.who() for _ in range(50)}) == 1


def test_a_request_that_waits_is_answered_beside(pool: Pool, now: list[float]) -> None:
    began, awaited, ended = Event(), Event(), Event()

    def wait() -> None:
        began.set()
        awaited.wait(PATIENCE)
        ended.set()

    pool.ask(wait)
    assert began.wait(PATIENCE)
    now[0] += HELD_UP / 2
    pool.crew.look()
    assert len(pool.crew._asleep) == THREADS - 1  # it may still be at work
    now[0] += HELD_UP
    pool.crew.look()
    pool.crew.look()
    first = pool.who()
    assert {pool.who() for _ in range(20)} == {first}
    assert len(pool.crew._asleep) == THREADS - 2
    awaited.set()
    assert ended.wait(PATIENCE)
    pool.settled()


def test_requests_that_wait_for_one_another_all_end() -> None:
    pool = Pool()
    Thread(target=pool.crew.watch, daemon=True).start()
    for _ in range(10):
        events = [Event() for _ in range(THREADS)]
        answered: SimpleQueue[bool] = SimpleQueue()
        for event in events:
            pool.ask(partial(_met, event, events, answered))
        assert all(answered.get(timeout=PATIENCE) for _ in range(THREADS))
    pool.end()


def test_a_thread_that_may_have_left_is_replaced(pool: Pool, now: list[float]) -> None:
    pool.who()
    now[0] += RESTED + 1
    pool.crew.look()
    assert len(pool.crew._asleep) == THREADS - 2
    assert pool.who()  # whichever of them takes it
    pool.settled()


def test_an_error_of_a_request_leaves_its_thread_at_work() -> None:
    hands = Crew(1)

    def fail(_request: str, _environ: "WSGIEnvironment") -> object:
        raise ValueError("of the app")

    with pytest.raises(ValueError, match="of the app"):
        hands.around(fail)("", {})
    assert [since < 0 for since in hands._since.values()] == [True]


@pytest.mark.parametrize("at_once", [False, True])
def test_granian_calls_the_app_of_a_worker_by_its_crew(at_once: bool) -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [])
        files = [frame.filename for frame in extract_stack()]
        return [str(crew.__file__ in files).encode()]

    address = Address()
    end = Workers("CRM", address, 1, lambda: Made(app, lambda: None, lambda: None), at_once=at_once)
    with closing(address.hold()), answering(end):
        assert requests.get(address.url, timeout=30).text == str(not at_once)
