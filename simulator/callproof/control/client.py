"""The two ends as a tester sees them: two HTTP addresses with a control API.

An end that cannot be reached raises Unreachable, which is no verdict on anybody (exit 3); one that
refuses an action raises ActionRefused.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from threading import Event
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlsplit

import msgspec
import requests

from callproof import kinds
from callproof.clocks.machine import monotonic
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.control.driven import Controlled, Driven, JournalPage, RawRequest, State
from callproof.control.inside import InProcess
from callproof.control.wire import TOKEN_HEADER, ClockTold
from callproof.errors import OutOfReach, Refusal
from callproof.exchange.bounded import fetch
from callproof.exchange.exchange import Exchange, decoder
from callproof.exchange.names import BENCH_HEADER
from callproof.exchange.nearby import NOBODY, Nearby
from callproof.exchange.trust import USUAL, Trust, why

TIMEOUT = 60.0
LONGEST_POLL = 1.0

_T = TypeVar("_T")


class Unreachable(OutOfReach):
    """An end does not answer; the text says which and how."""


class NobodyThere(Unreachable):
    """Nobody answers at an address as an end of callproof does."""


class Halted(OutOfReach):
    """A scenario was not played to its end, because the run ends."""


class ActionRefused(Refusal):
    """An end answered that it cannot do what was asked."""


_OBJECT = kinds.decoder(dict[str, Any])
_CLOCK = kinds.decoder(ClockTold)
_PAGE = decoder(JournalPage)
_ENTRY = decoder(Exchange)


class Missed(msgspec.Struct, frozen=True):
    """Whoever follows a journal was too slow for so many of its entries."""

    missed: int


_MISSED = kinds.decoder(Missed)


class End:
    """One end's control API, over HTTP with the certificates that ``trust`` believes, or of an end that is
    ``inside`` this process. An answer may take ``timeout`` seconds."""

    def __init__(
        self,
        side: Side,
        url: str,
        token: str = "",
        inside: InProcess | None = None,
        trust: Trust = USUAL,
        timeout: float = TIMEOUT,
    ) -> None:
        self.side = side
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._inside = inside
        self._headers = {BENCH_HEADER: "runner"} | ({TOKEN_HEADER: token} if token else {})
        self._session = trust.session()
        if inside:
            self._session.mount(self.url, inside)
        self._session.headers.update(self._headers)

    def get(self, path: str, **query: float) -> JsonObject:
        return self._get(_OBJECT, path, query)

    def post(self, path: str, body: Mapping[str, Json] | None = None) -> JsonObject:
        return self._post(_OBJECT, path, dict(body or {}))

    def delete(self, path: str) -> JsonObject:
        return self._ask(_OBJECT, "DELETE", path)

    def clock(self) -> ClockTold:
        return self._get(_CLOCK, "/clock")

    def advance(self, seconds: float = 0.0) -> ClockTold:
        """Move a manual clock on; with 0 everything happens that is due."""
        return self._post(_CLOCK, "/clock", {"advance": seconds})

    def advance_to(self, moment: float) -> ClockTold:
        return self._post(_CLOCK, "/clock", {"to": moment})

    def journal(self, since: int = 0, *, wait: float = 0.0, limit: int = 1000) -> JournalPage:
        """Entries with a higher number; waits up to ``wait`` real seconds for the first."""
        return self._get(_PAGE, "/journal", {"since": since, "wait": wait, "limit": limit})

    def follow(self, since: int | None = None) -> Iterator[Exchange | Missed]:
        """Entries as they come, by default those from now on, until the end stops. Raises Unreachable when
        it is gone without a word, and ActionRefused when too many listen."""
        asked = "" if since is None else f"&since={since}"
        path = f"{self.url}/_bench/journal?follow{asked}"
        try:
            with self._session.request("GET", path, stream=True, timeout=TIMEOUT) as answer:
                if answer.status_code != 200:
                    said = _OBJECT.decode(answer.content)
                    raise ActionRefused(str(said.get("error") or answer.status_code))
                # Lines without anything are signs of life.
                yield from (_told(line) for line in answer.iter_lines(chunk_size=None) if line)
        except (requests.RequestException, msgspec.DecodeError) as error:
            raise self._unreachable(error) from None

    def state(self) -> State:
        return {name: found for name, found in self.get("/state").items() if isinstance(found, list)}

    def reset(self) -> int:
        """Back to the beginning; gives the number of the journal's last entry, which is forgotten."""
        return self._post(_PAGE, "/reset", {}).last_id

    def mend(self) -> None:
        """No fault acts any more."""
        self.delete("/faults")

    def upload_every(self, seconds: float) -> None:
        """From now on the PBX uploads its history in batches, with 0 after each call."""
        self.post("/history", {"every": seconds})

    def send(self, request: RawRequest) -> None:
        self._post(_OBJECT, "/send", request)

    def api(self, method: str, path: str, key: str, form: Mapping[str, str]) -> requests.Response:
        """A request to the CRM's own API, to prepare a scenario; nobody is judged by it."""
        try:
            return fetch(
                self._session, method, self.url + path, self._timeout, headers={"X-API-KEY": key}, data=form
            )
        except requests.RequestException as error:
            raise self._unreachable(error) from None

    def add_customer(self, key: str, customer: JsonObject, site: str) -> None:
        """By the CRM's own API, in this shop. Raises ActionRefused."""
        create_customer(self, key, customer, site)

    def find(self, key: str, numbers: Sequence[str]) -> None:
        """Customers are found by their numbers from the answer on."""

    def close(self) -> None:
        self._session.close()

    def _get(
        self, answers: "msgspec.json.Decoder[_T]", path: str, query: Mapping[str, float] | None = None
    ) -> _T:
        asked = "&".join(f"{name}={value:.15g}" for name, value in (query or {}).items())
        return self._ask(answers, "GET", f"{path}?{asked}" if asked else path)

    def _post(self, answers: "msgspec.json.Decoder[_T]", path: str, body: object) -> _T:
        return self._ask(answers, "POST", path, data=msgspec.json.encode(body))

    def _ask(
        self,
        answers: "msgspec.json.Decoder[_T]",
        method: str,
        path: str,
        data: bytes | None = None,
    ) -> _T:
        try:
            status, content = self._answer(method, f"/_bench{path}", data or b"")
            if status == 200:
                return answers.decode(content)
            said = _OBJECT.decode(content)
        except (requests.RequestException, msgspec.DecodeError) as error:
            raise self._unreachable(error) from None
        if status == 500 or (status > 500 and "error" not in said):
            shown = content[:200].decode("utf-8", "replace")
            raise Unreachable(f"The {self.side.upper()} at {self.url} failed: {shown}")
        raise ActionRefused(str(said.get("error") or said.get("errorMsg") or status))

    def _answer(self, method: str, path: str, data: bytes) -> tuple[int, bytes]:
        if self._inside:
            answer = self._inside.ask(method, path, tuple(self._headers.items()), data)
            return answer.status, answer.body.content
        response = fetch(self._session, method, self.url + path, self._timeout, data=data)
        return response.status_code, response.content

    def _unreachable(self, error: Exception) -> NobodyThere:
        said = why(error) if isinstance(error, requests.RequestException) else type(error).__name__
        where = f"The {self.side.upper()} at {self.url}"
        return NobodyThere(f"{where} does not answer as a callproof end ({said})")


def _told(line: bytes) -> Exchange | Missed:
    return _MISSED.decode(line) if line.startswith(b'{"missed"') else _ENTRY.decode(line)


def create_customer(crm: Controlled, key: str, customer: JsonObject, site: str) -> None:
    """Raises ActionRefused when the CRM does not create the customer. A key of several shops has to say in
    which ``site``."""
    operation = BY_NAME["customer-create"]
    form = {operation.entity: msgspec.json.encode(customer).decode(), "site": site}
    response = crm.api(operation.method, operation.path, key, form)
    if not response.ok:
        said = f"{operation.path} was answered {response.status_code}: {response.text[:200].strip()}"
        raise ActionRefused(f"given.customers: {said}")


class Ends:
    """Both ends and the time that they share.

    ``patience`` is how many real seconds an end may take for what it does by itself; the control API of
    our own ends answers when everything is done. ``opened`` is when, on the machine's monotonic clock.
    ``demand_answer`` raises Unreachable when a side under test is not there any more. ``trust`` is whose
    certificates were believed on the way to them; who is ``nearby`` is asked without a socket.
    """

    def __init__(
        self,
        crm: Driven,
        pbx: Driven,
        api_key: str,
        patience: float = 0.0,
        demand_answer: Callable[[], None] = lambda: None,
        trust: Trust = USUAL,
        nearby: Nearby = NOBODY,
    ) -> None:
        self.crm = crm
        self.pbx = pbx
        self.api_key = api_key
        self.patience = patience
        self.demand_answer = demand_answer
        self.trust = trust
        self.nearby = nearby
        self.opened = monotonic()
        self._halted = Event()

    @classmethod
    def at(cls, crm_url: str, pbx_url: str, api_key: str, token: str = "", trust: Trust = USUAL) -> "Ends":
        """Two running ends of callproof."""
        crm, pbx = End(Side.CRM, crm_url, token, trust=trust), End(Side.PBX, pbx_url, token, trust=trust)
        return cls(crm, pbx, api_key, trust=trust)

    def of(self, side: Side) -> Driven:
        return self.crm if side is Side.CRM else self.pbx

    def masked(self, text: str) -> str:
        """A text for a report: the ends have names instead of ports, which differ from run to run, also
        where an address is part of a form or stands in a Host header."""
        for old, new in self._masks:
            text = text.replace(old, new)
        return text

    @cached_property
    def _masks(self) -> list[tuple[str, str]]:
        """What stands for what; the longer address first, which may begin with the other."""
        found = []
        for end in sorted((self.crm, self.pbx), key=lambda end: -len(end.url)):
            found.append((end.url, f"http://{end.side}"))
            host = urlsplit(end.url).netloc
            if ":" in host:
                found += [(host, end.side.value), (quote_plus(host), end.side.value)]
        return found

    def now(self) -> float:
        return self._clocked[0].clock().now

    def settle(self) -> None:
        """Let everything that is due happen."""
        self.pass_time(0)

    def pass_time(self, seconds: float) -> None:
        """Move the clocks on together, from one planned moment to the next; real ones are waited for."""
        if len(self._clocked) == 1 and self.manual:
            self._clocked[0].advance(seconds)
            return
        until = self.now() + seconds
        while self.step(until):
            pass

    def leap(self, seconds: float) -> None:
        """Move manual clocks on at once, past what is planned in between; real ones go on as they do."""
        moment = self.now() + seconds
        for end in self._clocked if self.manual else ():
            end.advance_to(moment)

    def pass_until(self, moment: float) -> None:
        """Move manual clocks on to a moment; one that is over already changes nothing."""
        if len(self._clocked) == 1:
            self._clocked[0].advance_to(moment)
            return
        while self.step(moment):
            pass

    def step(self, until: float) -> bool:
        """Go to the next moment at which something happens, at most to ``until``; False when that is it."""
        if not self.manual:
            return self._wait(until)
        due = self._due([end.advance() for end in self._clocked])
        moment = min([*due, until])
        due = self._due([end.advance_to(moment) for end in self._clocked])
        return moment < until or any(planned <= until for planned in due)

    @cached_property
    def _clocked(self) -> list[Driven]:
        """The ends whose clocks have to be moved: one of them when both share a clock."""
        shared = self.crm.clock().id == self.pbx.clock().id
        return [self.crm] if shared else [self.crm, self.pbx]

    @cached_property
    def manual(self) -> bool:
        """Whether time passes by being told to."""
        return all(end.clock().kind == "manual" for end in (self.crm, self.pbx))

    def _due(self, clocks: Iterable[ClockTold]) -> list[float]:
        return [clock.next for clock in clocks if clock.next is not None]

    def halt(self) -> None:
        """Whoever lets time pass on another thread gives up at the next moment."""
        self._halted.set()

    def _wait(self, until: float) -> bool:
        """On a real clock: until the CRM's journal grows or time is up."""
        if self._halted.is_set():
            raise Halted("the run was interrupted")
        left = until - self.now()
        if left <= 0:
            return False
        last = self.crm.journal(limit=0).last_id
        self.crm.journal(last, wait=min(left, LONGEST_POLL), limit=1)
        return True

    def close(self) -> None:
        self.crm.close()
        self.pbx.close()
