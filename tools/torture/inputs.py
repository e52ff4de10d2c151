"""Wrong requests by the ten thousand to every route of both ends: an answer, in time, and no 5xx.

What is answered in a new way is mutated further, and kept in the corpus when it is asked for.
"""

import random
import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import orjson

from tools.torture import corpus
from tools.torture.ends import KEY, client, serving
from tools.torture.figures import Figure, Say, at_least, none_of
from tools.torture.messages import Message, Reply, parsed, send
from tools.torture.mutating import mutated
from tools.torture.seeds import seeds

THREADS, ROUND = 8, 400
# Answers that are someone else's: the other end did not answer, or a tester asked for it.
FOREIGN = (502, 503, 504)
# Methods of the NotSimulated kind are answered so by the contract.
BY_CONTRACT = (501, 505)
# What makes an end wrong on purpose, or slow: tried alone, and taken back at once.
APART = re.compile(r"/_bench/(faults|budgets|clock|keys|seed)")
_WAITS = re.compile(rb"wait=0*[1-9]|follow|/live")


@dataclass
class Seen:
    """What came of the inputs of an end."""

    tried: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    no_json: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    ways: dict[tuple[str, int, str], corpus.Entry] = field(default_factory=dict)


class Trial:
    """One end, with a pool of requests that grows by those that are answered in new ways."""

    def __init__(self, side: str, url: str, pool: list[Message], dice: random.Random) -> None:
        self.seen = Seen()
        self._side, self._url, self._dice, self._pool = side, url, dice, pool
        self._routes = {one.target.partition("?")[0] for one in pool}
        self._counting = threading.Lock()
        self._browser = _page(url)

    def one(self, message: Message, raw: bytes, whole: bool) -> None:
        reply = send(self._url, raw, whole)
        route = self._route(message)
        found = corpus.entry(route, reply.status, reply.body, raw)
        told = f"{self._side} {reply.status} {reply.body[:120]!r} to {raw[:600]!r}"
        with self._counting:
            seen = self.seen
            seen.tried += 1
            seen.statuses[reply.status] += 1
            if reply.status >= 500 and not _foreign(message, reply):
                seen.broken.append(told)
            if whole and reply.status and _is_api(raw) and not _is_json(reply):
                seen.no_json.append(told)
            if reply.status == -1 and not _WAITS.search(raw):
                seen.hung.append(told)
            if found.key not in seen.ways and reply.status > 0:
                seen.ways[found.key] = found
                # Only what can be taken apart again is mutated further.
                if whole and len(raw) < corpus.SMALL:
                    self._pool.append(message)

    def raw(self, entry: corpus.Entry) -> None:
        """One of the corpus, as it was where it is no request that could be taken apart."""
        try:
            message = of_browser(parsed(entry.raw), *self._browser)
        except ValueError:
            self.one(Message("", "", ()), entry.raw, False)
        else:
            self.one(message, message.raw(), False)

    def round(self, threads: ThreadPoolExecutor, number: int, messages: list[Message]) -> None:
        made = []
        for _ in range(number):
            message = self._dice.choice(messages)
            made.append((message, *mutated(message, self._dice)))
        list(threads.map(lambda one: self.one(*one), made))

    def run(self, number: int, restored: Callable[[], None]) -> Seen:
        """Common routes by several at once, those that change all others one by one."""
        apart = [one for one in self._pool if APART.match(one.target)]
        with ThreadPoolExecutor(THREADS) as threads:
            while self.seen.tried < number * 0.95:
                usual = [one for one in self._pool if not APART.match(one.target)]
                self.round(threads, min(ROUND, number), usual)
                restored()
        while self.seen.tried < number:
            message = self._dice.choice(apart)
            self.one(message, *mutated(message, self._dice))
            restored()
        return self.seen

    def _route(self, message: Message) -> str:
        path = message.target.partition("?")[0]
        return f"{message.method} {path}" if path in self._routes else f"{message.method} other"


def _foreign(message: Message, reply: Reply) -> bool:
    if reply.status in BY_CONTRACT:
        return True
    return reply.status in FOREIGN and b"error" in reply.body.lower()


def _is_api(raw: bytes) -> bool:
    return raw.split(b" ", 2)[1:2] != [] and raw.split(b" ", 2)[1].startswith(b"/api/")


def _is_json(reply: Reply) -> bool:
    try:
        orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        # The server itself refuses what is no HTTP, before callproof sees it.
        return not reply.body and reply.status in (400, 405, 408, 413, 414, 431)
    return True


def run(folder: Path, number: int, dice: random.Random, say: Say) -> list[Figure]:
    """``number`` inputs in all, half of them for each end."""
    found, before, after = tried(folder, number, dice, say)
    total = sum(one.tried for one in found.values())
    ways = sum(len(one.ways) for one in found.values())
    lists = {
        "Answers with 5xx": [told for one in found.values() for told in one.broken],
        "Answers below /api that are no JSON": [told for one in found.values() for told in one.no_json],
        "Requests that were not answered in time": [told for one in found.values() for told in one.hung],
    }
    say(f"Memory of the workers: {before >> 20} MiB before, {after >> 20} MiB after")
    return [
        at_least("Inputs", total, number),
        Figure("Ways in which they were answered, by route, status and words", f"{ways:,}"),
        *(none_of(what, len(told), told) for what, told in lists.items()),
    ]


def tried(folder: Path, number: int, dice: random.Random, say: Say) -> tuple[dict[str, Seen], int, int]:
    """What came of it by end; bytes that the workers held after a tenth, and at the end."""
    found: dict[str, Seen] = {}
    with serving(folder / "inputs", "--register") as served:
        before = served.memory()
        for side, url in (("crm", served.told.crm_url), ("pbx", served.told.pbx_url)):
            pool = pool_of(side, url)

            trial = Trial(side, url, pool, dice)
            found[side] = trial.run(number // 2, partial(restore, url))
            say(f"{side}: {dict(found[side].statuses.most_common())}")
        return found, before, served.memory()


def restore(url: str) -> None:
    """Take back what a tester turned."""
    with client() as session:
        session.delete(f"{url}/_bench/faults", timeout=30)
        session.post(f"{url}/_bench/clock", json={"speed": 1}, timeout=30)
        session.post(f"{url}/_bench/reset", timeout=30)
        session.delete(f"{url}/_bench/journal", timeout=30)


def pool_of(side: str, url: str) -> list[Message]:
    """What is mutated: a request for every route, and the corpus."""
    browser = _page(url)
    return [of_browser(one, *browser) for one in [*seeds()[side], *_corpus(side)]]


def _corpus(side: str) -> list[Message]:
    found = []
    for one in corpus.kept(side):
        try:
            found.append(parsed(one.raw))
        except ValueError:
            continue
    return found


def _page(url: str) -> tuple[str, str, str]:
    """The host, the cookie and the token of a browser that has signed in."""
    with client() as session:
        page = session.get(f"{url}/", timeout=30).text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        session.post(f"{url}/sign-in", data={"csrf": token, "user": "1"}, timeout=30)
        cookies = "; ".join(f"{one.name}={one.value}" for one in session.cookies)
    return url.partition("//")[2], cookies, token


def of_browser(message: Message, host: str, cookie: str, token: str) -> Message:
    """Pages answer who has their cookie and sends their token along; keys are those of this run."""
    headers = [("Host", host) if name == "Host" else (name, value) for name, value in message.headers]
    headers = [(name, KEY if name.lower() == "x-api-key" and value else value) for name, value in headers]
    if message.target.startswith(("/api", "/_bench")):
        return replace(message, headers=tuple(headers))
    headers = [one for one in headers if one[0] != "Cookie"]
    body = re.sub(rb"csrf=[\w-]*", b"csrf=" + token.encode(), message.body)
    return replace(message, headers=(*headers, ("Cookie", cookie)), body=body)
