"""PostgreSQL is stopped and started again under load: what was acknowledged is there once."""

import getpass
import random
import subprocess
import time
from pathlib import Path

from benchmarks.postgres import Postgres, binaries, postgres
from tools.torture.clients import Client, kept_calls, kept_cards, register
from tools.torture.ends import serving
from tools.torture.figures import Figure, Say, at_least, none_of
from tools.torture.kills import CORES, Counts

# Seconds that it is away, and within which a write has to be acknowledged when it is back.
AWAY, BACK = 1.0, 15.0


def run(folder: Path, times: int, dice: random.Random, say: Say) -> list[Figure]:
    """The CRM goes on; while its database is away it may refuse."""
    counts, never = Counts(), 0
    with postgres(CORES) as server:
        try:
            with serving(folder / "away", "--only=crm", f"--db={server.url}", "--workers=2") as served:
                url = served.told.crm_url
                register(url)
                clients = [Client(f"a{n}", url) for n in range(4)]
                for one in clients:
                    one.start()
                try:
                    for _ in range(times):
                        time.sleep(dice.uniform(1, 2))
                        never += not _goes_on(clients, server)
                finally:
                    for one in clients:
                        one.stop()
                counts.compare([name for one in clients for name in one.calls], kept_calls(url))
                counts.compare([name for one in clients for name in one.cards], kept_cards(url))
        finally:
            _control(server, "stop", "-m", "immediate")
    say(f"Refused meanwhile: {sum(len(one.refused) for one in clients)}")
    return [
        Figure("Stops and starts of PostgreSQL", f"{times}"),
        at_least("Acknowledged writes beside them", counts.acknowledged, 1),
        none_of("Lost with the database", counts.lost),
        none_of("Doubled with the database", counts.doubled),
        none_of(f"Times that nothing was acknowledged within {BACK:g} s of its return", never),
    ]


def _goes_on(clients: list[Client], server: Postgres) -> bool:
    _control(server, "stop", "-m", "fast")
    time.sleep(AWAY)
    _control(server, "start", "-l", str(server.server.log.with_name("again")))
    back = time.monotonic()
    while time.monotonic() < back + BACK:
        if any(moment > back for one in clients for moment in one.times[-1:]):
            return True
        time.sleep(0.05)
    return False


def _control(server: Postgres, action: str, *options: str) -> None:
    home = server.server.log.parent
    options = ("-o", _told(home), *options) if action == "start" else options
    command = [f"{binaries()}/pg_ctl", action, "--wait", "--silent", "-D", f"{home}/data", *options]
    user = "postgres" if getpass.getuser() == "root" else None
    subprocess.run(command, cwd=home, user=user, check=False, stdout=subprocess.DEVNULL, timeout=60)


def _told(home: Path) -> str:
    """The options with which it was started first; the file is written anew with each start."""
    first = home / "data" / "postmaster.opts"
    words = first.read_text("utf-8").replace('"', "").split()[1:]
    place = words.index("-D")
    return " ".join([*words[:place], *words[place + 2 :]])
