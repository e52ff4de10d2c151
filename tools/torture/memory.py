"""Whoever sends large and wrong requests makes no worker grow."""

import random
from pathlib import Path

import requests

from tools.torture import worst
from tools.torture.clients import register
from tools.torture.ends import client, serving
from tools.torture.figures import Figure, Say, at_most

MOST = 1.5
MIB = 1024 * 1024
OTHERS = ("empty calls", "members like unknown1", "a number", "deep JSON", "broken escapes")


def run(folder: Path, requests_: int, _: random.Random, say: Say) -> list[Figure]:
    """A tenth of the requests fills the journal and whatever is kept for later; then comes all of it."""
    with serving(folder / "memory", "--only=crm") as served, client() as session:
        url = served.told.crm_url
        register(url)
        fresh = served.memory()
        send(session, url, max(requests_ // 6, 50))
        before = served.memory()
        send(session, url, requests_)
        after = served.memory()
    say(f"Memory: {fresh / MIB:.0f}, {before / MIB:.0f}, {after / MIB:.0f} MiB")
    return [
        Figure("Requests, refused ones of 1 MB and queries of 12 kB among them", f"{requests_ * 2:,}"),
        Figure("Resident before the first", f"{fresh / MIB:.0f} MiB"),
        Figure("Resident once the journal is full", f"{before / MIB:.0f} MiB"),
        Figure("Resident afterwards", f"{after / MIB:.0f} MiB"),
        at_most("After, by before", after / before, MOST, " times"),
    ]


def send(session: requests.Session, url: str, number: int) -> None:
    text, others = worst.by_name()["a text"], [worst.by_name()[name] for name in OTHERS]
    for n in range(number):
        # Half of them are the text that stays whole in the journal.
        worst.send(session, url, text if n % 2 else others[n // 2 % len(others)])
        worst.many_fields(session, url)
