"""How long to wait before something that failed is tried again."""

import random


def pause(attempts: int, dice: random.Random, *, first: float, longest: float) -> float:
    """Seconds to wait after the given number of failed attempts.

    What it may be at most doubles from ``first`` to ``longest``; the upper half of it is left to chance, so
    that many who failed together do not come back together.
    """
    doubled: int = 2 ** (min(max(attempts, 1), 32) - 1)
    return min(first * doubled, longest) * dice.uniform(0.5, 1.0)
