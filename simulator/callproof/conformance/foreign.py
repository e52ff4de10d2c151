"""The side under test in the place of one of our ends: what the runner asks of a control API goes to
stimuli and views, and what no side from outside can tell is empty."""

from collections.abc import Mapping
from typing import cast

import requests

from callproof.conformance.drivers import ACTIONS
from callproof.conformance.made import Made
from callproof.conformance.stimuli import Hands
from callproof.conformance.target import PASS_TIME, UPLOAD_EVERY, Stimulus, Target
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.exchange.names import BENCH_HEADER

TIMEOUT = 30.0
# Between two looks at a side whose own plans nobody knows, in seconds of its test clock.
STRIDE = 1.0


class Foreign:
    """``facing`` is our end, in whose journal everything is seen that the side under test does."""

    def __init__(self, target: Target, hands: Hands, facing: End) -> None:
        self.side = target.side
        self.url = target.url.rstrip("/") or f"http://{target.side}-under-test"
        self._made = Made(facing)
        self._session = requests.Session()
        self._session.trust_env = False
        self._target = target
        self._hands = hands
        self._facing = facing
        self._moved = 0.0
        self._began = cast(float, facing.get("/clock")["now"])

    def get(self, path: str, **query: float) -> JsonObject:
        match path:
            case "/journal":
                return {"lastId": 0, "entries": []}
            case "/clock":
                return self._clock()
            case "/state":
                return {name: self._view(view) for name, view in self._target.views.items()}
        raise ActionRefused(f"The {self.side} under test has no {path}")

    def post(self, path: str, body: Mapping[str, Json] | None = None) -> JsonObject:
        sent = dict(body or {})
        match path:
            case "/reset":
                self._made.read()
                for stimulus in self._target.set_up:
                    self._hands.do(stimulus)
                return {"lastId": 0}
            case "/clock":
                return self._pass_time(sent)
            case "/history":
                return self._upload_every(sent)
            case "/send":
                return self._send(sent)
        return self._act(path, sent)

    def api(self, method: str, path: str, key: str, form: Mapping[str, str]) -> requests.Response:
        """A request to the API of a CRM under test."""
        try:
            response = self._session.request(
                method, self.url + path, headers={"X-API-KEY": key}, data=dict(form), timeout=TIMEOUT
            )
        except requests.RequestException as error:
            raise Unreachable(f"The CRM at {self.url} does not answer ({type(error).__name__})") from None
        if response.status_code == 201:
            self._made.note(path, response.text)
        return response

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

    def _act(self, path: str, body: JsonObject) -> JsonObject:
        """The action whose control method this is, with the arguments by their names in scenarios."""
        for name, rule in ACTIONS.items():
            if rule.end is not self.side:
                continue
            inner = _parts(rule.path, path)
            if inner is None:
                continue
            stimulus = self._target.stimuli.get(name)
            if stimulus is None:
                raise ActionRefused(
                    f"there is no stimulus {name!r}; write one, or name the action under absent"
                )
            named = {ours: body[theirs] for ours, theirs in rule.args.items() if theirs in body}
            answer = self._hands.do(stimulus, {**inner, **named})
            return dict(answer) if isinstance(answer, Mapping) else {}
        raise ActionRefused(f"Nobody can do {path} at the {self.side} under test")

    def _upload_every(self, body: JsonObject) -> JsonObject:
        stimulus = self._target.stimuli.get(UPLOAD_EVERY)
        if stimulus:
            self._hands.do(stimulus, {"seconds": body["every"]})
        elif body["every"]:
            raise ActionRefused(
                f"there is no stimulus {UPLOAD_EVERY!r}; write one, or name it under absent"
            )
        return {}

    def _send(self, body: JsonObject) -> JsonObject:
        """A request of the bench, in the name of a PBX under test, to our CRM."""
        key = body.get("apiKey", self._target.api_key)
        headers = {BENCH_HEADER: "send"} | ({"X-API-KEY": str(key)} if key else {})
        try:
            response = self._session.request(
                str(body["method"]),
                self._facing.url + str(body["path"]),
                params=cast("dict[str, str]", body["query"]),
                data=cast("dict[str, str]", body["form"]) or None,
                headers=headers,
                timeout=TIMEOUT,
            )
        except requests.RequestException as error:
            raise Unreachable(f"The CRM at {self._facing.url} does not answer ({error})") from None
        return {"status": response.status_code, "text": response.text}

    def _view(self, view: Stimulus) -> list[Json]:
        found = self._hands.do(view)
        if not isinstance(found, list):
            raise ActionRefused(f"the view {view.name!r} answered no list")
        return found

    def _pass_time(self, body: JsonObject) -> JsonObject:
        now = self._now()
        until = cast(float, body["to"]) if "to" in body else now + cast(float, body.get("advance", 0))
        if until > now and self._target.timed:
            self._hands.do(self._target.stimuli[PASS_TIME], {"seconds": until - now})
            self._moved += until - now
        return self._clock()

    def _clock(self) -> JsonObject:
        now = self._now()
        kind = "manual" if self._target.timed or self.side is Side.CRM else "real"
        return {
            "id": "under test",
            "kind": kind,
            "now": now,
            "next": now + STRIDE if self._target.timed else None,
        }

    def _now(self) -> float:
        """A test clock begins with ours and is moved by what it is told; a real one is ours."""
        if self._target.timed:
            return self._began + self._moved
        return cast(float, self._facing.get("/clock")["now"])


def _parts(pattern: str, path: str) -> dict[str, Json] | None:
    """The ``{names}`` of a pattern as they stand in the path, None when it does not fit."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    found: dict[str, Json] = {}
    for word, part in zip(wanted, given, strict=True):
        if word.startswith("{"):
            found[word[1:-1]] = part
        elif word != part:
            return None
    return found
