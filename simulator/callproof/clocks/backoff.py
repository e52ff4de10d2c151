"""How long whoever failed waits until the next attempt."""

import random

# From here on every wait is the longest; a greater power fits no float.
_DOUBLINGS = 31


def retry_delay(attempts: int, first: float, longest: float, dice: random.Random) -> float:
    """Seconds to wait after so many failed attempts.

    The wait doubles from ``first`` to ``longest``; the upper half of it is left to chance, so that many who
    failed together do not come back together.
    """
    doubled = first * 2.0 ** min(max(attempts - 1, 0), _DOUBLINGS)
    return min(doubled, longest) * dice.uniform(0.5, 1.0)
