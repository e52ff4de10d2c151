"""Bodies that do not come hold up nobody but, at worst, the few that were there before anybody knew."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from werkzeug.exceptions import RequestTimeout

from callproof.exchange import arriving
from callproof.exchange.arriving import MANY, Arriving, Timely


class Late:
    """A body that comes when it is told to; ``awaited`` once somebody reads."""

    def __init__(self) -> None:
        self.awaited, self.come = Event(), Event()

    def read(self, size: int = -1, /) -> bytes:
        self.awaited.set()
        self.come.wait()
        return b"x" * size


@contextmanager
def waiting(bodies: Arriving, number: int) -> Iterator[list[bytes]]:
    """So many threads wait for bodies, directly."""
    late, found = [Late() for _ in range(number)], list[bytes]()
    threads = [Thread(target=lambda one=one: found.append(bodies.read(one, 3))) for one in late]
    for thread, one in zip(threads, late, strict=True):
        thread.start()
        one.awaited.wait()
    yield found
    for one in late:
        one.come.set()
    for thread in threads:
        thread.join()
    assert found == [b"xxx"] * number


def test_what_comes_at_once_is_read_by_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "Thread", None)
    bodies = Arriving()
    assert [bodies.read(io.BytesIO(b"abcd"), 3) for _ in range(MANY + 1)] == [b"abc"] * (MANY + 1)


def test_behind_one_that_is_slow_nobody_waits_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arriving, "SLOW", 0.0)
    bodies, late = Arriving(0.05), Late()
    with waiting(bodies, 1):
        assert bodies.read(io.BytesIO(b"abc"), 3) == b"abc"
        with pytest.raises(RequestTimeout):
            bodies.read(late, 3)
        late.come.set()


def test_of_very_many_at_once_the_last_wait_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arriving, "SLOW", 1000.0)
    bodies, late = Arriving(0.05), Late()
    with waiting(bodies, MANY):
        with pytest.raises(RequestTimeout):
            bodies.read(late, 3)
        late.come.set()


def test_what_goes_wrong_in_reading_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise ConnectionResetError(size)

    monkeypatch.setattr(arriving, "SLOW", 0.0)
    bodies = Arriving()
    with waiting(bodies, 1), pytest.raises(ConnectionResetError):
        bodies.read(Broken(), 3)


def test_a_body_in_pieces_is_bounded_as_a_whole() -> None:
    body = Timely(Arriving(0.0), io.BytesIO(b"abc"))
    with pytest.raises(RequestTimeout):
        body.read(1)
