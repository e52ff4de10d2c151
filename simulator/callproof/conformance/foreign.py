"""The side under test in the place of one of our ends: what the runner asks of a control API goes to
stimuli and views, and what no side from outside can tell is empty."""

from collections.abc import Mapping, Sequence
from functools import partial
from operator import attrgetter
from urllib.parse import unquote

import requests

from callproof.conformance.actions import ACTIONS
from callproof.conformance.found import wait_until_found
from callproof.conformance.hooks import asked_of
from callproof.conformance.made import Made
from callproof.conformance.stimuli import Hands, Misconfigured, placed
from callproof.conformance.target import ADD_CUSTOMER, PASS_TIME, UPLOAD_EVERY, Stimulus, Target
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Unreachable, create_customer
from callproof.control.driven import JournalPage, RawRequest, State
from callproof.control.wire import ClockTold
from callproof.exchange.bounded import fetch
from callproof.exchange.names import BENCH_HEADER
from callproof.exchange.over_budget import within_budget
from callproof.exchange.parts import in_parts
from callproof.exchange.trust import why
from callproof.limits import USUAL

# Between two looks at a side whose own plans nobody knows, in seconds of its test clock.
STRIDE = 1.0


class Foreign:
    """``facing`` is our end, in whose journal everything is seen that the side under test does."""

    def __init__(self, target: Target, hands: Hands, facing: End) -> None:
        self.side = target.side
        self.url = target.url.rstrip("/") or f"http://{target.side}-under-test"
        self._made = Made(facing)
        self._session = target.trust.session()
        self._target = target
        self._hands = hands
        self._facing = facing
        self._moved = 0.0
        self._began = facing.clock().now

    def get(self, path: str, **query: float) -> JsonObject:
        raise ActionRefused(f"The {self.side} under test has no {path}")

    def post(self, path: str, body: Mapping[str, Json] | None = None) -> JsonObject:
        """The action whose control method this is, with the arguments by their names in scenarios."""
        sent = body or {}
        for name, rule in ACTIONS.items():
            parts = _parts(rule.path, path) if rule.end is self.side else None
            if parts is not None:
                named = {ours: sent[theirs] for ours, theirs in rule.args.items() if theirs in sent}
                answer = self._hands.do(self._stimulus(name, "the action"), {**parts, **named})
                return self._named(answer) if isinstance(answer, Mapping) else {}
        raise Misconfigured(f"Nobody can do {path} at the {self.side} under test")

    def clock(self) -> ClockTold:
        now = self._now()
        kind = "manual" if self._target.timed or self.side is Side.CRM else "real"
        return ClockTold("under test", kind, now, next=now + STRIDE if self._target.timed else None)

    def advance(self, seconds: float = 0.0) -> ClockTold:
        return self.advance_to(self._now() + seconds)

    def advance_to(self, moment: float) -> ClockTold:
        seconds = moment - self._now()
        if seconds > 0 and self._target.timed:
            self._hands.do(self._target.stimuli[PASS_TIME], {"seconds": seconds})
            self._moved += seconds
        return self.clock()

    def journal(self, since: int = 0, *, wait: float = 0.0, limit: int = 1000) -> JournalPage:
        return JournalPage(0)

    def state(self) -> State:
        return {name: self.view(name) for name in self._target.views}

    def view(self, name: str) -> list[Json]:
        """Raises Misconfigured for something else than a list, and for words that nobody would look for: a
        call that is overlooked is not judged."""
        way = self._target.views[name]
        found: list[Json] = []
        for number, element in enumerate(self._hands.look(way)):
            if isinstance(element, Mapping):
                read = dict(element)
                for member in asked_of(self.side).views[name].members:
                    read = member.read(read)
                    if wrong := member.misread(read):
                        raise Misconfigured(placed(way, f"in the view {name!r}, element {number}, {wrong}"))
                element = read
            found.append(element)
        return found

    def printed(self) -> str:
        """The last of what it printed, as a sentence; empty where callproof did not start it."""
        return self._hands.printed()

    def told_time(self) -> float:
        """What its test clock says, 0 where it tells nothing."""
        return told_time(self._target, self._hands)

    def reset(self) -> int:
        self._made.read()
        for stimulus in self._target.set_up:
            self._hands.do(stimulus)
        return 0

    def mend(self) -> None:
        """Its faults are its own."""

    def upload_every(self, seconds: float) -> None:
        if seconds or UPLOAD_EVERY in self._target.stimuli:
            self._hands.do(self._stimulus(UPLOAD_EVERY, "it"), {"seconds": seconds})

    def send(self, request: RawRequest) -> None:
        """A request of the bench, in the name of a PBX under test, to our CRM."""
        key = self._target.api_key if request.api_key is None else request.api_key
        headers = {BENCH_HEADER: "send"} | ({"X-API-KEY": key} if key else {})
        data: Mapping[str, str] | bytes | None = request.form or None
        if request.multipart:
            data, headers["Content-Type"] = in_parts(request.form)
        try:
            fetch(
                self._session,
                request.method,
                self._facing.url + request.path,
                USUAL.side_seconds,
                params=request.query,
                data=data,
                headers=headers,
            )
        except requests.RequestException as error:
            raise Unreachable(f"The CRM at {self._facing.url} does not answer ({why(error)})") from None

    def api(self, method: str, path: str, key: str, form: Mapping[str, str]) -> requests.Response:
        """A request to the API of a CRM under test."""
        ask = partial(
            fetch,
            self._session,
            method,
            self.url + path,
            USUAL.side_seconds,
            most=USUAL.side_bytes,
            headers={"X-API-KEY": key},
            data=form,
        )
        try:
            response = within_budget(ask, attrgetter("status_code")) if self._target.budgets else ask()
        except requests.RequestException as error:
            raise Unreachable(f"The CRM at {self.url} does not answer ({why(error)})") from None
        if response.status_code == 201:
            self._made.note(path, response.text)
        return response

    def add_customer(self, key: str, customer: JsonObject, site: str) -> None:
        """By the stimulus for it, or else by the API of a CRM under test."""
        if way := self._target.stimuli.get(ADD_CUSTOMER):
            self._hands.do(way, {"customer": dict(customer)})
        else:
            try:
                create_customer(self, key, customer, site)
            except ActionRefused as error:
                said = f"write a stimulus {ADD_CUSTOMER!r}, or name 'customers' under absent"
                raise ActionRefused(f"{error}; a CRM that takes none: {said}") from None

    def find(self, key: str, numbers: Sequence[str]) -> None:
        """Wait until a CRM under test finds customers that it was told of just now."""
        if self.side is Side.CRM:
            wait_until_found(self, key, numbers, self._target.patience)

    @property
    def created(self) -> list[str]:
        """What the run made at a CRM under test, whose owner may have to tidy up."""
        return self._made.lines() if self.side is Side.CRM else []

    def close(self) -> None:
        try:
            for stimulus in self._target.clean_up:
                self._hands.do(stimulus)
        finally:
            self._session.close()
            self._hands.close()

    def _stimulus(self, name: str, what: str) -> Stimulus:
        found = self._target.stimuli.get(name)
        if found is None:
            said = f"there is no stimulus {name!r}; write one, or name {what} under absent"
            raise Misconfigured(f"{self._target.place}: {said}" if self._target.place else said)
        return found

    def _named(self, told: Mapping[str, Json]) -> JsonObject:
        """What a stimulus tells. A call's id that is a number there may be a text on the wire."""
        number = told.get("id") if self.side is Side.PBX else None
        return {**told, "id": str(number)} if type(number) is int else dict(told)

    def _now(self) -> float:
        """A test clock begins with ours and is moved by what it is told; a real one is ours."""
        if self._target.timed:
            return self._began + self._moved
        return self._facing.clock().now


def told_time(target: Target, hands: Hands) -> float:
    """What the test clock of the side under test says, in seconds since 1970; 0 where it tells nothing.

    Raises Unreachable when the side does not answer.
    """
    told = hands.do(target.stimuli[PASS_TIME], {"seconds": 0})
    now = told.get("now") if isinstance(told, Mapping) else None
    return float(now) if isinstance(now, int | float) and not isinstance(now, bool) else 0.0


def _parts(pattern: str, path: str) -> dict[str, Json] | None:
    """The ``{names}`` of a pattern as they stand in the path, None when it does not fit."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    found: dict[str, Json] = {}
    for word, part in zip(wanted, given, strict=True):
        if word.startswith("{"):
            # An id may have a slash in it.
            found[word[1:-1]] = unquote(part)
        elif word != part:
            return None
    return found
