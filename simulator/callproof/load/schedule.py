"""Which calls begin when: drawn from a seed in pieces, so that every worker finds the same anywhere.

The pieces are independent of each other, which changes nothing of a Poisson process: what happens in one
stretch of time says nothing of another. A worker that comes late begins with the piece of the moment.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from math import ceil, inf

from callproof.load.curve import Curve
from callproof.traffic.arrivals import Arrival, Source, arrival, moments
from callproof.traffic.mix import Mix

# Seconds of one piece.
PIECE = 10.0


@dataclass(frozen=True)
class Pace:
    """The rate that somebody has turned to, as often as ``number`` says: the curve's times a factor."""

    number: int = 0
    factor: float = 1.0


PLANNED = Pace()


@dataclass(frozen=True, order=True)
class Begin:
    """Call ``number`` of a piece begins at a moment of the run; ``turn`` is the number of its pace."""

    at: float
    piece: int
    number: int
    turn: int = 0

    @property
    def name(self) -> str:
        """The same call has the same name at every worker."""
        name = f"{self.piece}.{self.number}"
        return f"{self.turn}-{name}" if self.turn else name


@dataclass(frozen=True)
class Duty:
    """The calls from ``start`` to ``end`` that one worker makes.

    ``picks`` are pairs of (of, index): of n workers each takes every nth call; a further pair divides what
    the one before has left. A duty of another worker is taken over with a ``shift``: its calls begin by so
    many seconds later, as they would have followed each other, and not all at once.
    """

    start: float
    end: float = inf
    picks: tuple[tuple[int, int], ...] = ((1, 0),)
    shift: float = 0.0
    pace: Pace = PLANNED

    def has(self, number: int) -> bool:
        for of, index in self.picks:
            if number % of != index:
                return False
            number //= of
        return True


class Schedule:
    """``seed`` and curve decide the moments, the mix what becomes of each call."""

    def __init__(self, curve: Curve, seed: int) -> None:
        self.curve = curve
        self._seed = seed
        self._piece = lru_cache(maxsize=8)(self._draw)

    def begins(self, start: float, end: float, pace: Pace = PLANNED) -> Iterator[Begin]:
        """Calls that begin from ``start`` on and before ``end``, in order."""
        end = min(end, self.curve.duration)
        for piece in range(int(start // PIECE), ceil(end / PIECE)):
            for number, at in enumerate(self._piece(piece, pace)):
                if start <= at < end:
                    yield Begin(at, piece, number, pace.number)

    def share(self, duty: Duty) -> Iterator[Begin]:
        """The calls of a duty, in order."""
        begins = self.begins(duty.start, duty.end, duty.pace)
        return (begin for begin in begins if duty.has(begin.number))

    def call(self, begin: Begin, mix: Mix, source: Source) -> Arrival:
        """What becomes of the call; drawn only where it is made."""
        dice = random.Random(f"load:{self._seed}:{begin.name}")
        return arrival(mix, begin.at, dice, source)

    def _draw(self, piece: int, pace: Pace) -> tuple[float, ...]:
        if not pace.factor:
            return ()
        start, end, peak = piece * PIECE, (piece + 1) * PIECE, self.curve.peak
        name = f"{pace.number}:{piece}" if pace.number else f"{piece}"
        dice = random.Random(f"load:{self._seed}:{name}")
        found = moments(
            peak * pace.factor, dice, start, lambda at: self.curve.rate(at) / peak if at < end else 1.0
        )
        return tuple(takewhile(lambda at: at < end, found))
