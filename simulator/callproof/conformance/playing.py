"""One scenario from its reset to its result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic

import orjson

from callproof.conformance.drivers import ACTIONS, act
from callproof.conformance.expecting import Expectations
from callproof.conformance.filling import Names
from callproof.conformance.judge import UnderTest, judge
from callproof.conformance.scenario import (
    Break,
    BrokenScenario,
    Do,
    Expect,
    Given,
    Repeat,
    Scenario,
    Send,
    Step,
    Wait,
)
from callproof.conformance.steady import steady
from callproof.conformance.verdict import Check, ScenarioResult
from callproof.conformance.watching import Journals
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.control.client import ActionRefused, Ends
from callproof.control.driven import RawRequest
from callproof.exchange.faults import Fault, catalogue

# How long a scenario may go on after its last step for what must not happen any more.
AFTERMATH = 1.0


class _Over(Exception):
    """The scenario ends here, and a row says why."""


class Play:
    """One scenario being played, on both ends; ``faults`` act from its beginning."""

    def __init__(self, scenario: Scenario, ends: Ends, judged: UnderTest, faults: Sequence[Fault]) -> None:
        self._scenario = scenario
        self._ends = ends
        self._judged = judged
        self._faults = faults
        self._spoilt: set[Side] = set()
        self._names = Names(judged.code, judged.client_id, ends.api_key)
        self._journals = Journals(ends)
        self._expected = Expectations(ends, self._journals, self._names, judged, self._where)

    def result(self) -> ScenarioResult:
        """Raises Unreachable when an end does not answer."""
        broken = ""
        try:
            self._prepare(self._scenario.given)
            self._take(self._scenario.steps)
            self._finish()
        except (ActionRefused, BrokenScenario) as error:
            # What could not go on after a miss of the side under test is that miss's doing.
            broken = "" if self._expected.crippled else str(error)
        except _Over:
            pass
        seen = self._journals.read()
        checks = [*self._expected.checks, *self._of_messages()]
        found = self._scenario
        return ScenarioResult(
            found.id,
            found.title,
            found.file,
            [self._masked(check) for check in checks if self._judged.counts(check)],
            self._ends.masked(broken or self._unexplained()),
            rule=found.rule,
            exchanges=[steady(one, self._ends.masked) for one in seen],
        )

    def _prepare(self, given: Given) -> None:
        self._journals.reset()
        for fault in self._faults:
            self._break(fault, {})
        for user, state in given.users.items():
            self._ends.crm.post(f"/users/{user}", state)
        for customer in given.customers:
            form = {"customer": orjson.dumps(customer).decode()}
            response = self._ends.crm.api("POST", "/api/v5/customers/create", self._ends.api_key, form)
            if response.status_code != 201:
                raise BrokenScenario(f"given.customers: the CRM answered {response.text[:200]}")
        self._ends.pbx.upload_every(given.upload_every)
        if given.registered:
            self._ends.pbx.post("/register")

    def _take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            try:
                self._step(step)
            except ActionRefused as error:
                if isinstance(step, Do) and step.blames and self._judges(ACTIONS[step.action].end):
                    self._expected.blame(step, str(error))
                    raise _Over from None
                raise BrokenScenario(f"{self._where(step)}: {error}") from None

    def _step(self, step: Step) -> None:
        match step:
            case Do():
                at, really = self._ends.now(), monotonic()
                answer = act(self._ends, step.action, self._names.members(step.args))
                if step.name:
                    self._names.learn(step.name, {**answer, "at": at, "really": really})
            case Send():
                self._send(step)
            case Break():
                fault = catalogue()[step.fault]
                self._spoilt.add(fault.side)
                self._break(fault, step.limits)
            case Wait():
                self._ends.pass_time(step.seconds)
            case Repeat():
                for number in range(1, step.count + 1):
                    self._names.learn("n", number)
                    self._take(step.steps)
            case Expect():
                self._expected.meet(step)

    def _break(self, fault: Fault, limits: JsonObject) -> None:
        self._ends.of(fault.side).post("/faults", {"fault": fault.name, **limits})

    def _send(self, step: Send) -> None:
        form = self._texts(step.form)
        if step.entity and step.value is not None:
            value = step.value
            if step.copies:
                value = [self._names.filled(value, n=number) for number in range(1, step.copies + 1)]
            form[step.entity] = orjson.dumps(self._names.filled(value)).decode()
        path = str(self._names.filled(step.path))
        self._ends.pbx.send(RawRequest(step.method, path, self._texts(step.query), form, step.api_key))

    def _texts(self, members: JsonObject) -> dict[str, str]:
        filled = self._names.members(members)
        return {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in filled.items()
        }

    def _finish(self) -> None:
        """What must hold after every scenario: nothing open, nothing undelivered."""
        self._ends.pass_time(AFTERMATH)
        self._expected.hold()
        state = self._ends.pbx.state()
        still_open = [call["id"] for call in _objects(state.get("calls")) if _is_open(call)]
        if still_open:
            raise BrokenScenario(f"the scenario leaves calls open: {still_open}")
        pending = [report for report in _objects(state.get("outbox")) if report["fate"] == "pending"]
        if pending:
            raise BrokenScenario(f"{len(pending)} reports of the PBX are still undelivered")

    def _of_messages(self) -> list[Check]:
        checks = [check for one in self._journals.seen for check in judge(one, self._scenario.file)]
        # What a scenario breaks on purpose is nobody's fault.
        return [check for check in checks if all_requirements()[check.requirement].side not in self._spoilt]

    def _unexplained(self) -> str:
        for one in self._journals.seen:
            heard = one.asked_by is not one.seen_by and not one.by_bench
            if heard and one.operation is None:
                return f"nothing explains this request: {one}"
        return ""

    def _judges(self, side: Side) -> bool:
        return self._judged.side in (None, side)

    def _masked(self, check: Check) -> Check:
        masked = self._ends.masked
        return replace(check, what=masked(check.what), problem=masked(check.problem))

    def _where(self, step: Step) -> str:
        return f"{self._scenario.file}:{step.line}"


def _objects(kept: list[Json] | None) -> list[Mapping[str, Json]]:
    return [item for item in kept or () if isinstance(item, Mapping)]


def _is_open(call: Mapping[str, Json]) -> bool:
    return call.get("state", "ended") != "ended"
