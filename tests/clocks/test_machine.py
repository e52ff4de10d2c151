"""The machine's time goes on whatever a test has done to Python's."""

import subprocess
import sys

FROZEN = """
from freezegun import freeze_time

with freeze_time("2012-01-14"):
    from callproof.clocks.machine import monotonic, now
    began = monotonic()
    while monotonic() == began:
        pass
    assert now() > 1_400_000_000
"""


def test_it_goes_on_where_it_is_first_asked_while_time_is_frozen() -> None:
    subprocess.run([sys.executable, "-c", FROZEN], check=True, timeout=60)
