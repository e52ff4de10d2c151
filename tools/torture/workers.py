"""One worker of two is killed under load: nothing is lost, and the rate comes back."""

import os
import random
import signal
import time
from pathlib import Path

from tools.torture.clients import Client, kept_calls, register
from tools.torture.ends import serving
from tools.torture.figures import Figure, Say, at_most, none_of
from tools.torture.kills import Counts, database

WITHIN = 5.0
# A server whose worker dies twice in 5.5 s ends, since it would die for ever.
BETWEEN = 6.5
# Back means so much of the rate that there was before.
SHARE = 0.7


def run(folder: Path, kills: int, dice: random.Random, say: Say) -> list[Figure]:
    counts, slowest = Counts(), 0.0
    for kind in ("SQLite", "PostgreSQL"):
        place = folder / f"workers-{kind}"
        place.mkdir()
        with database(kind, place) as url:
            slowest = max(slowest, _of_two(place, url, kills, dice, counts))
        say(f"Workers on {kind}: {counts}")
    return [
        Figure("Workers of two that were killed", f"{counts.kills}"),
        at_most("Seconds until the rate was back, at most", slowest, WITHIN, " s"),
        none_of("Lost with a worker", counts.lost),
        none_of("Doubled with a worker", counts.doubled),
    ]


def _of_two(folder: Path, url: str, kills: int, dice: random.Random, counts: Counts) -> float:
    slowest = 0.0
    with serving(folder, "--only=crm", f"--db={url}", "--workers=2") as served:
        register(served.told.crm_url)
        clients = [Client(f"w{n}", served.told.crm_url) for n in range(4)]
        for one in clients:
            one.start()
        try:
            for _ in range(kills):
                time.sleep(BETWEEN)
                rate = _rate(clients, 2.0)
                os.kill(dice.choice(served.workers()), signal.SIGKILL)
                counts.kills += 1
                slowest = max(slowest, _back(clients, rate))
        finally:
            for one in clients:
                one.stop()
        counts.compare([name for one in clients for name in one.calls], kept_calls(served.told.crm_url))
    return slowest


def _rate(clients: list[Client], seconds: float) -> float:
    since = time.monotonic() - seconds
    return sum(moment > since for one in clients for moment in one.times) / seconds


def _back(clients: list[Client], before: float) -> float:
    """Seconds until the last second was as busy as before; twice as many as are promised if never."""
    killed = time.monotonic()
    while (passed := time.monotonic() - killed) < 2 * WITHIN:
        time.sleep(0.1)
        if passed > 1.0 and _rate(clients, 1.0) >= SHARE * before:
            return passed
    return 2 * WITHIN
