"""What the runner asks of an end, and what it is told."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec
import requests

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.wire import ClockTold
from callproof.exchange.exchange import Exchange

# The lists that an end keeps, by their names.
State: TypeAlias = Mapping[str, list[Json]]


class JournalPage(msgspec.Struct, frozen=True, rename="camel"):
    """Entries, oldest first; ``last_id`` is the number of the newest that there is, and ``held`` how many
    exchanges have begun whose answers a fault holds back."""

    last_id: int
    entries: Sequence[Exchange] = ()
    held: int = 0


class RawRequest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A request of the PBX to the CRM, right or wrong; with the PBX's own key where none is given."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    api_key: str | None = None
    multipart: bool = False


class Controlled(Protocol):
    """One end by its control API, or something that stands in for it."""

    side: Side
    url: str

    def get(self, path: str, **query: float) -> JsonObject: ...
    def post(self, path: str, body: Mapping[str, Json] | None = None) -> JsonObject: ...
    def api(self, method: str, path: str, key: str, form: Mapping[str, str]) -> requests.Response: ...
    def close(self) -> None: ...


class Driven(Controlled, Protocol):
    """One end as the runner drives it."""

    def clock(self) -> ClockTold: ...
    def advance(self, seconds: float = 0.0) -> ClockTold: ...
    def advance_to(self, moment: float) -> ClockTold: ...
    def journal(self, since: int = 0, *, wait: float = 0.0, limit: int = 1000) -> JournalPage: ...
    def state(self) -> State: ...
    def reset(self) -> int: ...
    def mend(self) -> None: ...
    def upload_every(self, seconds: float) -> None: ...
    def send(self, request: RawRequest) -> None: ...
    def add_customer(self, key: str, customer: JsonObject, site: str) -> None: ...
    def find(self, key: str, numbers: Sequence[str]) -> None: ...
