"""A PBX's clients that note each write that was acknowledged, and make it again until it is."""

import threading
import time
from collections import Counter
from collections.abc import Iterator

import orjson
import requests

from callproof.contract.jsontypes import JsonObject
from tools.torture.ends import client

MODULE: JsonObject = {
    "clientId": "torture",
    "active": True,
    "integrations": {"telephony": {"additionalCodes": [{"userId": "1", "code": "100"}]}},
}
# An upload has so many calls; every so many uploads there is an event.
CALLS, EVENTS = 3, 8


def register(url: str) -> None:
    with client() as session:
        form = {"integrationModule": orjson.dumps(MODULE)}
        session.post(
            f"{url}/api/v5/integration-modules/torture/edit", data=form, timeout=30
        ).raise_for_status()


def call(external_id: str) -> JsonObject:
    return {
        "date": "2024-05-01 12:00:00",
        "type": "in",
        "phone": "+7-555-555-55-55",
        "code": "100",
        "result": "answered",
        "duration": 30,
        "externalId": external_id,
    }


class Client(threading.Thread):
    """``calls`` and ``cards`` are the ids that were acknowledged, ``times`` when. A card stays open, unless
    the call that rings is ``ended`` by its upload."""

    def __init__(self, name: str, url: str, pause: float = 0.004, *, ended: bool = False) -> None:
        super().__init__(name=name)
        self.calls: list[str] = []
        self.cards: list[str] = []
        self.times: list[float] = []
        self.refused: list[str] = []
        self._url = url
        self._pause = pause
        self._ended = ended
        self._over = threading.Event()

    def run(self) -> None:
        with client() as session:
            for number in range(1_000_000):
                ids = [f"{self.name}-{number}-{n}" for n in range(CALLS)]
                rings = ids[0] if self._ended else f"{self.name}-{number}-rings"
                if number % EVENTS == 0 and self._made(session, "call/event", "event", ringing(rings)):
                    self.cards.append(rings)
                if self._made(session, "calls/upload", "calls", [call(one) for one in ids]):
                    self.calls += ids
                if self._over.wait(self._pause):
                    return

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _made(
        self, session: requests.Session, path: str, name: str, value: JsonObject | list[JsonObject]
    ) -> bool:
        """Whether it was acknowledged; until then it is made again, unless all is over."""
        form = {name: orjson.dumps(value)}
        while not self._over.is_set():
            try:
                answer = session.post(f"{self._url}/api/v5/telephony/{path}", data=form, timeout=20)
            except requests.RequestException:
                self._over.wait(0.02)
                continue
            if answer.status_code == 200:
                self.times.append(time.monotonic())
                return True
            self.refused.append(f"{answer.status_code} {answer.text[:200]}")
            self._over.wait(0.02)
        return False


def ringing(external_id: str) -> JsonObject:
    return {"type": "in", "phone": "+7-555-555-55-55", "codes": ["100"], "callExternalId": external_id}


def kept_calls(url: str) -> Counter[str]:
    return Counter(_pages(url))


def kept_cards(url: str) -> Counter[str]:
    with client() as session:
        cards = session.get(f"{url}/_bench/cards", timeout=60).json()["cards"]
    return Counter(str(card["callExternalId"]) for card in cards)


def _pages(url: str) -> Iterator[str]:
    after = 0
    with client() as session:
        while True:
            page = session.get(f"{url}/_bench/calls?after={after}&limit=1000", timeout=60).json()
            if not page["calls"]:
                return
            yield from (str(one["externalId"]) for one in page["calls"])
            after = page["last"]
