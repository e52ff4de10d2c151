"""A call as a whole: what is asked in which order, from when latency counts, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from callproof.contract import schemas
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME
from callproof.load import curve
from callproof.load.asks import Ask, Response
from callproof.load.job import CRM, PBX_FLEET, Job, Samples
from callproof.load.stories import ClickedCall, FleetCall
from callproof.load.trunk import CallLeg
from callproof.traffic.arrivals import Arrival, Source
from callproof.traffic.mix import Mix

PHONE, LINE = "+7 912 345-67-89", "+7-499-999-99-99"
JOB = Job(
    run="r",
    model=PBX_FLEET,
    urls=("http://crm",),
    curve=curve.constant(1, 10),
    seed=1,
    mix=Mix(),
    source=Source((), (LINE,)),
    extensions={"100": 1, "200": 2},
    client_id="me",
    samples=Samples(card=1, play=1, status=1, record=1),
)
CLICKS = replace(JOB, model=CRM, make_call_url="/make-call", status_url="/status")
TALK: JsonObject = {"outcome": "answered", "after": 5.0, "talk": 10.0}
# Each answer takes this long.
TOOK = 0.1


def told(**body: Json) -> Response:
    return Response(200, orjson.dumps({"success": True, **body}))


@dataclass
class Script(CallLeg):
    """A leg whose time moves only by what the story does."""

    answers: dict[str, Callable[[Ask], Response]] = field(default_factory=dict)
    time: float = 3.0
    asked: list[Ask] = field(default_factory=list)
    rows: list[JsonObject] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    hung_up_at: float = 0.0
    times: dict[str, float] = field(default_factory=dict)
    upload_problem: str = ""

    def now(self) -> float:
        return self.time

    def until(self, moment: float) -> None:
        self.time = max(self.time, moment)

    def ask(self, ask: Ask) -> Response:
        self.asked.append(ask)
        self.time += TOOK
        usual: dict[str, Response] = {"cards": told(cards=[{"id": 1}]), "play": told(status=206)}
        if ask.operation in self.answers:
            return self.answers[ask.operation](ask)
        return usual.get(ask.operation, told())

    def upload(self, line: str, row: JsonObject, wanted: float) -> str:
        self.rows.append(row)
        return self.upload_problem

    def hung_up(self) -> None:
        self.hung_up_at = self.time

    def acknowledged(self, call_id: str) -> None:
        self.kept.append(call_id)

    def took(self, what: str, seconds: float) -> None:
        self.times[what] = seconds

    def record_url(self, call_id: str) -> str:
        return f"http://127.0.0.1:9/{call_id}.wav"

    def events(self) -> list[JsonObject]:
        bodies = [parse_qs(ask.body.decode()) for ask in self.asked if ask.operation == "call-event"]
        return [orjson.loads(body["event"][0]) for body in bodies]


def call(script: JsonObject, incoming: bool = True) -> Arrival:
    return Arrival(3.0, incoming, PHONE, LINE, script, seed=1)


def test_an_incoming_call_is_looked_up_shown_ended_kept_and_played() -> None:
    line = Script({"manager-lookup": lambda _: told(manager={"code": "200"})})
    assert FleetCall(JOB).play(call(TALK), "r-1", 3.0, line) == ("answered", "")
    names = ["manager-lookup", "call-event", "cards", "call-event", "play"]
    assert [ask.operation for ask in line.asked] == names
    began, ended = line.events()
    assert began["codes"] == ["200"]
    assert ended == {**began, "type": "hangup", "hangupStatus": "answered"}
    assert line.rows[0]["recordUrl"] == "http://127.0.0.1:9/r-1.wav"
    assert line.kept == ["r-1"]


def test_latency_counts_from_when_the_call_wanted_it() -> None:
    line = Script(time=5.0)
    FleetCall(JOB).play(call(TALK), "r-1", 3.0, line)
    lookup, began, _, ended, _ = line.asked
    # The call was late by two seconds; its event follows the answer to the lookup, its end the talk.
    assert (lookup.wanted, began.wanted, ended.wanted) == (3.0, 5.1, 18.0)
    assert line.times["card"] == pytest.approx(2 * TOOK)
    assert line.hung_up_at == 18.0


def test_a_slow_answer_does_not_put_off_the_end_of_the_call() -> None:
    line = Script()

    def slow(ask: Ask) -> Response:
        line.time += 60
        return told()

    line.answers["call-event"] = slow
    FleetCall(JOB).play(call(TALK), "r-1", 3.0, line)
    assert line.asked[-2].wanted == 18.0


@pytest.mark.parametrize(
    ("outcome", "fate", "status", "result"),
    [
        ("no answer", "missed", "no answered", "no answer"),
        ("cancelled", "missed", "cancel", "no answer"),
        ("busy", "busy", "busy", "busy"),
        ("refused", "refused", "busy", "busy"),
        ("failed", "dropped", "failed", "failed"),
    ],
)
def test_a_call_that_nobody_answers_is_told_as_what_it_was(
    outcome: str, fate: str, status: str, result: str
) -> None:
    line = Script()
    played = FleetCall(JOB).play(call({"outcome": outcome, "after": 5.0}, False), "r-1", 3.0, line)
    assert played == (fate, "")
    assert (line.events()[1]["hangupStatus"], line.rows[0]["result"]) == (status, result)
    assert "recordUrl" not in line.rows[0]
    assert line.events()[0]["type"] == "out"


@pytest.mark.parametrize("incoming", [True, False])
def test_what_is_sent_keeps_the_contract(incoming: bool) -> None:
    line = Script()
    FleetCall(JOB).play(call(TALK, incoming), "r-1", 3.0, line)
    for event in line.events():
        assert schemas.validate(BY_NAME["call-event"].entity_schema, event) == []
    rows: list[Json] = list(line.rows)
    assert schemas.validate(BY_NAME["calls-upload"].entity_schema, rows) == []


@pytest.mark.parametrize(
    ("operation", "answer", "reason"),
    [
        ("manager-lookup", Response(503), "manager-lookup: 503"),
        ("call-event", Response(None, error="timed out"), "call-event: timed out"),
        ("call-event", Response(200, b"{}"), "call-event: 200 without success"),
        ("call-event", Response(200, b"<html>"), "call-event: 200 without success"),
        ("play", told(status=404, outcome="the PBX answered 404"), "play: the PBX answered 404"),
        ("cards", told(cards=[]), "card: not open within 5 s"),
        ("cards", Response(404), "cards: 404"),
    ],
)
def test_a_call_fails_for_the_first_thing_that_went_wrong(
    operation: str, answer: Response, reason: str
) -> None:
    line = Script({operation: lambda _: answer})
    assert FleetCall(JOB).play(call(TALK), "r-1", 3.0, line) == ("failed", reason)
    assert line.kept == ["r-1"]


def test_a_call_whose_history_is_not_taken_is_not_acknowledged() -> None:
    line = Script(upload_problem="never acknowledged")
    assert FleetCall(JOB).play(call(TALK), "r-1", 3.0, line)[1] == "calls-upload: never acknowledged"
    assert line.kept == []


def test_a_foreign_crm_is_asked_nothing_but_the_contract() -> None:
    line = Script()
    FleetCall(replace(JOB, control=False)).play(call(TALK), "r-1", 3.0, line)
    assert {ask.operation for ask in line.asked} <= set(BY_NAME)


def test_times_of_calls_are_divided_by_the_speed_and_reported_as_they_were() -> None:
    line = Script()
    FleetCall(replace(JOB, speed=10)).play(call(TALK), "r-1", 3.0, line)
    assert line.hung_up_at == pytest.approx(4.5)
    assert (line.rows[0]["duration"], line.rows[0]["durationWaiting"]) == (10, 5)


def test_a_click_asks_for_a_call_tells_a_status_and_plays_the_recording() -> None:
    line = Script({"make-call": lambda _: Response(200, b'{"callId": "c-1"}')})
    assert ClickedCall(CLICKS).play(call(TALK, False), "r-1", 3.0, line) == ("answered", "")
    names = [ask.operation for ask in line.asked]
    assert names == ["script", "make-call", "status-notice", "record"]
    query = parse_qs(urlsplit(line.asked[1].url).query)
    assert (query["clientId"], query["phone"]) == (["me"], [PHONE])
    assert (query["code"][0], query["userId"][0]) in {("100", "1"), ("200", "2")}
    assert line.asked[3].url.startswith("/recordings/c-1.wav?")
    assert line.kept == ["c-1"]
    # What the bench itself took is not charged to the PBX.
    assert line.asked[1].wanted == pytest.approx(3.0 + TOOK)


@pytest.mark.parametrize(
    ("status", "played"),
    [(409, ("refused", "")), (500, ("failed", "make-call: 500")), (401, ("failed", "make-call: 401"))],
)
def test_a_click_that_the_pbx_does_not_take(status: int, played: tuple[str, str]) -> None:
    line = Script({"make-call": lambda _: Response(status)})
    assert ClickedCall(CLICKS).play(call(TALK, False), "r-1", 3.0, line) == played
    assert line.hung_up_at
    assert line.kept == []


def test_a_foreign_pbx_is_asked_for_the_recordings_that_it_names() -> None:
    job = replace(CLICKS, control=False, status_url="", records=("http://pbx/1.mp3?x=1",))
    line = Script()
    ClickedCall(job).play(call(TALK, False), "r-1", 3.0, line)
    assert [ask.operation for ask in line.asked] == ["make-call", "record"]
    assert line.asked[1].url == "http://pbx/1.mp3?x=1&clientId=me"
