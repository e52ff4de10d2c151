"""Plays scenarios through the drivers and collects the checks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import cast

import orjson

from callproof.conformance.drivers import act
from callproof.conformance.evidence import Book, Exchange, read
from callproof.conformance.judge import judge
from callproof.conformance.matching import differences
from callproof.conformance.scenario import (
    ANYTHING,
    Break,
    Do,
    Expect,
    Given,
    Repeat,
    Scenario,
    Send,
    Step,
    Verb,
    Wait,
)
from callproof.conformance.steady import steady
from callproof.conformance.verdict import Check, ScenarioResult
from callproof.contract.guide import CLIENT_ID, MODULE_CODE
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import all_requirements
from callproof.control.client import ActionRefused, Ends
from callproof.errors import CallproofError
from callproof.exchange.faults import Fault, catalogue

# How long a scenario may go on after its last step for what must not happen any more.
AFTERMATH = 1.0
# By how many seconds a time may be off where it is real, and how long one look into a journal lasts.
SLACK, LOOK = 2.0, 0.25


class BrokenScenario(CallproofError):
    """A step could not be done; the text says which and why."""


@dataclass(frozen=True)
class Judged:
    """Whom a run judges: both ends, or ``side`` alone, which is somebody else's.

    What only the other side owes is an effect then: its absence breaks the scenario and blames nobody's
    row. ``module`` is how the PBX registers itself.
    """

    side: Side | None = None
    code: str = MODULE_CODE
    client_id: str = CLIENT_ID

    def faces(self, side: Side) -> Side:
        """In whose journal the exchanges of ``side`` are read: our own, where only one is ours."""
        judged = self.side or side
        return Side.PBX if judged is Side.CRM else Side.CRM

    def counts(self, check: Check) -> bool:
        return self.side is None or all_requirements()[check.requirement].side is self.side


BOTH = Judged()


def run(
    scenarios: Iterable[Scenario],
    ends: Ends,
    done: Callable[[ScenarioResult], None] | None = None,
    judged: Judged = BOTH,
    faults: Sequence[Fault] = (),
) -> list[ScenarioResult]:
    """Play them one after the other, each from a reset; ``done`` hears of each as it ends.

    ``faults`` act all the time.

    Raises Unreachable when an end does not answer.
    """
    results = []
    for scenario in scenarios:
        result = _Play(scenario, ends, judged, faults).result()
        results.append(result)
        if done:
            done(result)
    return results


class _Play:
    """One scenario being played."""

    def __init__(self, scenario: Scenario, ends: Ends, judged: Judged, faults: Sequence[Fault]) -> None:
        self._scenario = scenario
        self._ends = ends
        self._judged = judged
        self._faults = faults
        # The test clock of a PBX under test goes on by itself while the scenario is played.
        self._slack = 0.0 if ends.manual and judged.side is not Side.PBX else SLACK
        self._names: dict[str, Json] = {
            "module": {"code": judged.code, "clientId": judged.client_id},
            "key": ends.api_key,
        }
        self._spoilt: set[Side] = set()
        self._book = Book()
        self._seen: list[Exchange] = []
        self._last = {Side.CRM: 0, Side.PBX: 0}
        self._exact: list[tuple[Expect, Json]] = []
        self._result = ScenarioResult(scenario.id, scenario.title, scenario.file, rule=scenario.rule)

    def result(self) -> ScenarioResult:
        try:
            self._prepare(self._scenario.given)
            self._steps(self._scenario.steps)
            self._finish()
        except (ActionRefused, BrokenScenario) as error:
            self._result.broken = str(error)
        finally:
            self._judge_messages()
        self._result.broken = self._ends.masked(self._result.broken)
        self._result.checks = [
            replace(check, what=self._ends.masked(check.what), problem=self._ends.masked(check.problem))
            for check in self._result.checks
            if self._judged.counts(check)
        ]
        return self._result

    def _prepare(self, given: Given) -> None:
        for side in Side:
            self._last[side] = cast(int, self._ends.of(side).post("/reset")["lastId"])
        for fault in self._faults:
            self._break(fault, {})
        for user, state in given.users.items():
            self._ends.crm.post(f"/users/{user}", state)
        path = BY_NAME["customer-create"].path
        for customer in given.customers:
            form = {"customer": orjson.dumps(customer).decode()}
            response = self._ends.crm.api("POST", path, self._ends.api_key, form)
            if response.status_code != 201:
                raise BrokenScenario(f"given.customers: the CRM answered {response.text[:200]}")
        self._ends.pbx.post("/history", {"every": given.upload_every})
        if given.registered:
            self._ends.pbx.post("/register")

    def _steps(self, steps: Sequence[Step]) -> None:
        for step in steps:
            try:
                self._step(step)
            except ActionRefused as error:
                raise BrokenScenario(f"{self._where(step)}: {error}") from None

    def _step(self, step: Step) -> None:
        match step:
            case Do():
                answer = act(self._ends, step.action, cast(JsonObject, self._filled(step.args)))
                if step.name:
                    self._names[step.name] = answer
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
                    self._names["n"] = number
                    self._steps(step.steps)
            case Expect():
                self._expect(step)

    def _break(self, fault: Fault, limits: JsonObject) -> None:
        self._ends.of(fault.side).post("/faults", {"fault": fault.name, **limits})

    def _send(self, step: Send) -> None:
        form = {name: _text(value) for name, value in cast(JsonObject, self._filled(step.form)).items()}
        if step.entity and step.value is not None:
            value = step.value
            if step.copies:
                value = [self._filled(value, n=number) for number in range(1, step.copies + 1)]
            form[step.entity] = orjson.dumps(self._filled(value)).decode()
        query = {name: _text(value) for name, value in cast(JsonObject, self._filled(step.query)).items()}
        body: JsonObject = {
            "method": step.method,
            "path": str(self._filled(step.path)),
            "query": dict(query),
            "form": dict(form),
        }
        if step.api_key is not None:
            body["apiKey"] = step.api_key
        self._ends.pbx.post("/send", body)

    def _expect(self, step: Expect) -> None:
        matching = self._filled(step.matching)
        self._ends.settle()
        found = self._matches(step, matching)
        if len(found) < step.least and step.within:
            found = self._wait_for(step, matching, step.least)
        if len(found) < step.least and self._ends.patience:
            found = self._bear(step, matching, step.least)
        problem = self._problem(step, matching, found)
        self._check(step, problem, found)
        if step.name and found:
            self._names[step.name] = found[0]
        if step.least and step.most and step.verb is Verb.SENDS and not problem:
            self._exact.append((step, matching))

    def _wait_for(self, step: Expect, matching: Json, wanted: int) -> list[JsonObject]:
        deadline = self._ends.now() + step.within
        going_on = True
        while going_on and len(self._matches(step, matching)) < wanted:
            going_on = self._ends.step(deadline)
        return self._matches(step, matching)

    def _bear(self, step: Expect, matching: Json, wanted: int) -> list[JsonObject]:
        """Real time for a side that does things by itself, without its clock going on."""
        until = monotonic() + self._ends.patience
        facing = self._judged.faces(step.side)
        while (left := until - monotonic()) > 0 and len(self._matches(step, matching)) < wanted:
            self._ends.of(facing).get("/journal", since=self._last[facing], wait=min(left, LOOK), limit=1)
        return self._matches(step, matching)

    def _matches(self, step: Expect, matching: Json) -> list[JsonObject]:
        return [seen for seen in self._candidates(step) if not self._misses(step, matching, seen)]

    def _misses(self, step: Expect, matching: Json, seen: JsonObject) -> list[str]:
        missed = differences(matching, seen["value"], slack=self._slack) if matching is not None else []
        if step.after and cast(int, seen.get("id", 0)) <= cast(int, self._named(step.after).get("id", 0)):
            missed.append(f"it came before {step.after}")
        if step.status is not None:
            missed += differences(step.status, seen.get("status"), "status")
        if step.headers:
            missed += differences(
                {name.lower(): value for name, value in step.headers.items()}, seen["headers"], "headers"
            )
        return missed

    def _candidates(self, step: Expect) -> list[JsonObject]:
        """What a step could mean, as plain data: things that an end keeps, or exchanges."""
        if step.verb is Verb.KEEPS:
            kept = self._ends.of(step.side).get("/state").get(step.subject)
            if kept is None:
                raise BrokenScenario(
                    f"{self._where(step)}: there is no view {step.subject!r}; write one, or name "
                    f"'{step.side} keeps {step.subject}' under absent"
                )
            return [{"value": item} for item in cast(list[JsonObject], kept)]
        self._read_journals()
        facing = self._judged.faces(step.side)
        other = Side.PBX if step.side is Side.CRM else Side.CRM
        asked_by = step.side if step.verb is Verb.SENDS else other
        return [
            {
                "id": exchange.id,
                "value": exchange.params if step.verb is Verb.SENDS else exchange.answer,
                "status": exchange.status,
                "headers": dict(exchange.headers),
                "size": exchange.answer_size,
                "ref": exchange.ref,
            }
            for exchange in self._seen
            if exchange.seen_by is facing
            and exchange.asked_by is asked_by
            and (step.subject == ANYTHING or exchange.operation is BY_NAME[step.subject])
            and not (exchange.by_bench and step.verb is Verb.SENDS)
        ]

    def _problem(self, step: Expect, matching: Json, found: Sequence[JsonObject]) -> str:
        if step.least <= len(found) and (step.most is None or len(found) <= step.most):
            return ""
        problem = f"expected {step.times} of {step}, found {len(found)}"
        candidates = self._candidates(step)
        if found or not candidates:
            return problem if found or step.verb is Verb.KEEPS else f"{problem}; there was none at all"
        nearest = min((self._misses(step, matching, seen) for seen in candidates), key=len)
        return f"{problem}; the nearest differs: {'; '.join(nearest)}"

    def _check(self, step: Expect, problem: str = "", found: Sequence[JsonObject] = ()) -> None:
        if problem and self._judged.side not in (None, step.side):
            raise BrokenScenario(f"{self._where(step)}: without the effect that was to be: {problem}")
        refs = tuple(str(seen["ref"]) for seen in found if "ref" in seen)
        for row in step.proves:
            self._result.checks.append(Check(row, str(step), self._where(step), problem, exchanges=refs))

    def _finish(self) -> None:
        """What must hold after every scenario: nothing open, nothing undelivered, nothing unexplained."""
        self._ends.pass_time(AFTERMATH)
        for step, matching in self._exact:
            found = self._matches(step, matching)
            if problem := self._problem(step, matching, found):
                self._check(step, f"{problem}, by the end of the scenario", found)
        state = self._ends.pbx.get("/state")
        calls = cast(list[JsonObject], state.get("calls") or [])
        still_open = [call["id"] for call in calls if call.get("state", "ended") != "ended"]
        if still_open:
            raise BrokenScenario(f"the scenario leaves calls open: {still_open}")
        pending = [m for m in cast(list[JsonObject], state.get("outbox") or []) if m["fate"] == "pending"]
        if pending:
            raise BrokenScenario(f"{len(pending)} reports of the PBX are still undelivered")

    def _judge_messages(self) -> None:
        self._read_journals()
        for exchange in self._seen:
            checks = judge(exchange, self._scenario.file)
            # What a scenario breaks on purpose is nobody's fault.
            self._result.checks.extend(
                check for check in checks if all_requirements()[check.requirement].side not in self._spoilt
            )
            unknown = exchange.operation is None and not exchange.by_bench
            if unknown and exchange.asked_by is not exchange.seen_by and not self._result.broken:
                self._result.broken = f"nothing explains this request: {exchange}"
        self._result.exchanges = [steady(exchange, self._ends.masked) for exchange in self._seen]

    def _read_journals(self) -> None:
        # The CRM's journal first: from it the book learns which addresses are call-backs.
        for side in (Side.CRM, Side.PBX):
            newest = self._last[side] + 1
            while self._last[side] < newest:
                answer = self._ends.of(side).get("/journal", since=self._last[side])
                newest = cast(int, answer["lastId"])
                entries = cast(list[JsonObject], answer["entries"])
                self._seen.extend(read(entries, side, self._book))
                self._last[side] = cast(int, entries[-1]["id"]) if entries else newest

    def _named(self, name: str) -> JsonObject:
        found = self._names.get(name)
        if not isinstance(found, Mapping):
            raise BrokenScenario(f"after: {name}: nothing of that name was found")
        return dict(found)

    def _filled(self, value: Json, **more: Json) -> Json:
        """``$call.id`` becomes the member of what a step named; ``$n`` in a text becomes the number."""
        names = self._names | more
        if isinstance(value, Mapping):
            return {name: self._filled(inner, **more) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner, **more) for inner in value]
        if not isinstance(value, str) or "$" not in value:
            return value
        head, _, rest = value[1:].partition(".")
        if value.startswith("$") and head in names:
            found = names[head]
            for part in rest.split(".") if rest else ():
                if not isinstance(found, Mapping) or part not in found:
                    raise BrokenScenario(f"{value}: {head} has no {part}")
                found = found[part]
            return found
        module = cast(JsonObject, names["module"])
        value = value.replace("$module.code", str(module["code"]))
        return value.replace("$n", str(names["n"])) if "n" in names else value

    def _where(self, step: Step) -> str:
        return f"{self._scenario.file}:{step.line}"


def _text(value: Json) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
