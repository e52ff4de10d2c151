"""Whatever the parties do and whatever the CRM answers: every call ends and is reported once, in order."""

from collections import defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from callproof.clocks.manual import ManualClock
from callproof.contract.jsontypes import JsonObject
from callproof.pbx.admission import CallRefused
from callproof.pbx.crm_client import Told
from callproof.pbx.pbx import Pbx
from callproof.pbx.rules.call import IllegalAction
from callproof.pbx.rules.plan import (
    ManagerFirst,
    NumberingPlan,
    PlannedExtension,
    PlannedLine,
    RingGroup,
    Strategy,
    Then,
)
from callproof.pbx.rules.script import Disposition, Party, Script
from callproof.pbx.settings import PbxSettings

LINE, PHONES = "+7-499-999-99-99", ("+7 912 345-67-89", "+7 921 111-22-33")
EXTENSIONS = ("100", "200", "300")
DAY = 86_400.0

then = st.sampled_from([Then(), Then("voicemail"), Then("group", "reserve")])
plans = st.builds(
    lambda strategy, queue, no_answer, manager, late: NumberingPlan(
        (PlannedLine(LINE, "shop1", "sales"),),
        {
            "sales": RingGroup("sales", EXTENSIONS[:2], strategy, 20.0, 0, queue, no_answer),
            "reserve": RingGroup("reserve", EXTENSIONS[2:], queue_seconds=queue),
        },
        {code: PlannedExtension(int(code) // 100, ("desk", "mobile")) for code in EXTENSIONS},
        ManagerFirst(no_answer=manager),
        replace(NumberingPlan((), {}, {}).recordings, ready_after=late),
    ),
    st.sampled_from(Strategy),
    st.sampled_from([0.0, 30.0]),
    then,
    st.sampled_from([Then(), Then("line-group"), Then("voicemail")]),
    st.sampled_from([0.0, 300.0]),
)
scripts = st.builds(
    Script,
    st.sampled_from(Disposition),
    st.sampled_from([0.0, 3.0, 25.0]),
    st.sampled_from([0.0, 40.0]),
    st.sampled_from(Party),
    st.sampled_from([0.0, 10.0]),
    st.sampled_from(["", *EXTENSIONS, "999"]),
)
extension = st.sampled_from(EXTENSIONS)
number = st.integers(0, 3)
actions = st.one_of(
    st.tuples(st.just("call in"), st.sampled_from(PHONES), st.none() | scripts),
    st.tuples(st.just("dial"), extension, st.none() | scripts),
    st.tuples(st.just("click"), extension, st.none() | scripts),
    st.tuples(st.just("answer"), number, st.none() | extension),
    st.tuples(st.just("refuse"), number, st.none() | extension),
    st.tuples(st.just("transfer"), number, extension),
    st.tuples(st.just("hang up"), number, st.sampled_from(Party)),
    st.tuples(st.sampled_from(["hold", "take back", "engaged", "fail"]), number, st.none()),
    st.tuples(st.just("status"), extension, st.sampled_from(["free", "busy", "dinner"])),
    st.tuples(st.just("pass"), st.sampled_from([0.0, 1.0, 5.0, 19.0, 21.0, 60.0]), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none()),
)
# What the CRM answers to the next reports; then it takes everything.
answers = st.lists(st.sampled_from([None, 200, 200, 429, 500, 503]), max_size=12)


class Exchange:
    """A virtual PBX without a network: the CRM is a list of what it took."""

    def __init__(self, plan: NumberingPlan, answers: list[int | None], manager: str | None) -> None:
        self.clock = ManualClock()
        self.pbx = Pbx(PbxSettings("http://pbx", "http://crm", "key", plan=plan), self.clock)
        self.answers = answers
        self.events: dict[str, list[JsonObject]] = defaultdict(list)
        self.rows: dict[str, list[JsonObject]] = defaultdict(list)
        crm = self.pbx.crm
        crm.event = self._event  # type: ignore[method-assign]
        crm.upload = self._upload  # type: ignore[method-assign,assignment]
        crm.manager_extension = lambda *_: (manager, "no responsible manager")  # type: ignore[method-assign]

    def _event(self, event: JsonObject) -> Told:
        return self._told(lambda: self.events[str(event["callExternalId"])].append(event))

    def _upload(self, calls: list[JsonObject]) -> Told:
        assert len(calls) <= 50

        def keep() -> None:
            for row in calls:
                self.rows[str(row["externalId"])].append(row)

        return self._told(keep)

    def _told(self, keep: object) -> Told:
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            keep()  # type: ignore[operator]
        return Told(status, {"success": status == 200}, "")

    def act(self, action: str, first: object, second: object) -> None:
        engine = self.pbx.engine
        script = second if isinstance(second, Script) else None
        match action:
            case "call in":
                engine.place_incoming(str(first), LINE, script)
            case "dial":
                engine.dial(str(first), PHONES[0], None, script)
            case "click":
                if script:
                    engine.expect(PHONES[0], script)
                engine.click_to_call(str(first), PHONES[0], None)
            case "status":
                engine.status_changed(str(first), str(second))
            case "pass":
                self.clock.advance(float(str(first)))
            case "restart":
                engine.resume()
            case _:
                self._act_on_call(action, int(str(first)), second)
        self.clock.advance()

    def _act_on_call(self, action: str, place: int, second: object) -> None:
        with self.pbx.store.begin() as session:
            calls = session.calls()
        if place >= len(calls):
            return
        engine, call = self.pbx.engine, calls[-1 - place].id
        code = str(second) if second else None
        match action:
            case "answer":
                engine.answer(call, code)
            case "refuse":
                engine.refuse(call, code)
            case "transfer":
                engine.transfer(call, str(second))
            case "hang up":
                engine.hang_up(call, Party(str(second)))
            case "hold":
                engine.hold(call)
            case "take back":
                engine.take_back(call)
            case "engaged":
                engine.engaged(call)
            case "fail":
                engine.fail(call)


@settings(max_examples=300)
@given(plans, st.sampled_from([None, "100", "999"]), answers, st.lists(actions, max_size=25))
def test_every_call_ends_and_is_reported_once_and_in_order(
    plan: NumberingPlan,
    manager: str | None,
    answers: list[int | None],
    played: list[tuple[str, object, object]],
) -> None:
    exchange = Exchange(plan, answers, manager)
    try:
        for action in played:
            try:
                exchange.act(*action)
            except (IllegalAction, CallRefused):
                continue
            assert_nobody_is_on_two_calls(exchange)
        exchange.clock.advance(DAY)
        assert_all_is_told(exchange)
        assert exchange.clock.next_due() is None
    finally:
        exchange.pbx.close()


def assert_nobody_is_on_two_calls(exchange: Exchange) -> None:
    with exchange.pbx.store.begin() as session:
        open_calls = session.calls(only_open=True)
    on_calls = [code for call in open_calls for code in call.occupied]
    assert len(on_calls) == len(set(on_calls))


def assert_all_is_told(exchange: Exchange) -> None:
    with exchange.pbx.store.begin() as session:
        calls, messages = session.calls(), session.reports()
    assert {message.fate.value for message in messages} <= {"sent"}
    for call in calls:
        assert call.cause is not None
        assert call.ended_at is not None
        assert not call.occupied
        events = exchange.events.get(call.id, [])
        kinds = [str(event["type"]) for event in events]
        # Beginnings, then one end; each extension is told of once, and the end names them all.
        assert kinds == [call.direction.value] * (len(kinds) - 1) + ["hangup"] * bool(kinds)
        begun = [code for event in events[:-1] for code in event["codes"]]  # type: ignore[union-attr]
        assert len(begun) == len(set(begun))
        assert not events or events[-1]["codes"] == begun
        assert bool(begun) == (call.rang_at is not None)
        assert_history(
            exchange.rows.get(call.id, []), late=bool(exchange.pbx.settings.plan.recordings.ready_after)
        )


def assert_history(rows: list[JsonObject], *, late: bool) -> None:
    """Once; a second time only to bring the recording that was not ready."""
    if len(rows) == 2:
        assert late
        assert "recordUrl" not in rows[0]
        assert rows[1] == {**rows[0], "recordUrl": rows[1]["recordUrl"]}
    else:
        assert len(rows) <= 1
