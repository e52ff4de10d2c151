"""An exact count: what was acknowledged against what is stored, while several workers answer."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

import requests

from benchmarks.telephony import EVENT, EVENT_PATH, FINISHED_CALL, FORM_HEADERS, UPLOAD_PATH
from benchmarks.workload import CALL, PHONE

CLIENTS = 8
_CALLS = 10


@dataclass(frozen=True)
class Tally:
    """Things of one kind: sent with different ids, acknowledged as new, stored at the end."""

    sent: int
    taken: int
    stored: int

    @property
    def wrong(self) -> int:
        """How many are lost, doubled, or acknowledged as new more or less than once."""
        return abs(self.sent - self.stored) + abs(self.sent - self.taken)


@dataclass(frozen=True)
class Ledger:
    events: Tally
    calls: Tally


@dataclass(frozen=True)
class _Answered:
    events: int
    calls: int


def keep(urls: Sequence[str], requests_each: int, name: str) -> Ledger:
    """Clients send events and uploads at once, to the servers in turn.

    Every upload is sent by two clients at about the same time, as PBXs repeat what they are unsure of.
    Raises requests.RequestException when an answer is not a success.
    """
    before = _counts(urls[0])
    with ThreadPoolExecutor(CLIENTS) as several:
        work = [
            several.submit(_client, urls[n % len(urls)], n, requests_each, name) for n in range(CLIENTS)
        ]
        answered = [one.result() for one in work]
    after = _counts(urls[-1])
    events = Tally(
        sent=CLIENTS * requests_each,
        taken=sum(one.events for one in answered),
        stored=after["events"] - before["events"],
    )
    calls = Tally(
        sent=CLIENTS // 2 * requests_each * _CALLS,
        taken=sum(one.calls for one in answered),
        stored=after["calls"] - before["calls"],
    )
    return Ledger(events, calls)


def _client(url: str, number: int, requests_each: int, name: str) -> _Answered:
    events = calls = 0
    with requests.Session() as session:
        session.headers.update(FORM_HEADERS)
        for turn in range(requests_each):
            event = _filled(EVENT, f"{name}-{number}-{turn}", turn)
            events += bool(_post(session, url + EVENT_PATH, {"event": event})["success"])
            # Clients 0 and 1 send the same calls, so do 2 and 3, and so on.
            same = f"{name}-{number // 2}-{turn}"
            items = ",".join(_filled(FINISHED_CALL, f"{same}-{n}", n) for n in range(_CALLS))
            calls += int(_post(session, url + UPLOAD_PATH, {"calls": f"[{items}]"})["processedCallsCount"])
    return _Answered(events, calls)


def _filled(text: str, call: str, number: int) -> str:
    return text.replace(CALL, call).replace(PHONE, f"+79{number:09}")


def _post(session: requests.Session, url: str, form: dict[str, str]) -> dict[str, int]:
    answer = session.post(url, data=urlencode(form), timeout=60)
    answer.raise_for_status()
    found: dict[str, int] = answer.json()
    return found


def _counts(url: str) -> dict[str, int]:
    answer = requests.get(f"{url}/_bench/counts", timeout=60)
    answer.raise_for_status()
    found: dict[str, int] = answer.json()
    return found
