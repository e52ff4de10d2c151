"""Times as people write them."""

import re

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")


def seconds(told: str | float) -> float:
    """From ``90``, ``90s``, ``1.5m``, ``2h`` or ``1d``. Raises ValueError, with a sentence."""
    if not isinstance(told, str):
        return float(told)
    found = _TIME.fullmatch(told.strip())
    if not found:
        raise ValueError(f"{told!r} is no time; write 90s, 10m or 2h")
    return float(found[1]) * _SECONDS[found[2]]
