"""How busy the machine is, for whoever gives somebody else time: on a busy one that one gets less of it."""

import os
import sys
from pathlib import Path

_LOAD = Path("/proc/loadavg")
# Nobody is waited for longer than so many times, whatever else goes on.
_MOST = 5.0


def crowd() -> float:
    """How many run or want to run just now for each core, this thread left out; at least 1, at most
    5, and 1 where the system does not say."""
    if sys.platform != "linux":
        return 1.0
    try:
        running = int(_LOAD.read_text("ascii").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 1.0
    # Both are of the whole machine, also where this process may use a part of it.
    return min(max(1.0, (running - 1) / (os.cpu_count() or 1)), _MOST)
