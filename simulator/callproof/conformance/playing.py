"""One scenario from its reset to its result."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier
from typing import NoReturn

import orjson

from callproof.clocks.machine import monotonic
from callproof.conformance.actions import ACTIONS
from callproof.conformance.calls import Act
from callproof.conformance.doing import doing
from callproof.conformance.drivers import act, settle_in
from callproof.conformance.ending import Ending
from callproof.conformance.events import Doing, Tell, nobody
from callproof.conformance.evidence import Seen
from callproof.conformance.expecting import Expectations
from callproof.conformance.filling import Names
from callproof.conformance.found import numbers_of
from callproof.conformance.fresh import word_of
from callproof.conformance.improvising import Improviser
from callproof.conformance.judge import UnderTest, judge
from callproof.conformance.leaving import leave
from callproof.conformance.scenario import (
    Break,
    BrokenScenario,
    Do,
    Expect,
    Given,
    Leap,
    Period,
    Repeat,
    Scenario,
    Send,
    Step,
    Together,
    Wait,
    seconds,
)
from callproof.conformance.steady import steady
from callproof.conformance.stimuli import Misconfigured
from callproof.conformance.timing import Stopwatch
from callproof.conformance.undone import undone
from callproof.conformance.verdict import Check, Outcome, ScenarioResult, Whose, retold
from callproof.conformance.watching import Journals
from callproof.conformance.whose import CUSTOMERS, REGISTRATION, BrokenOff, answering, whose
from callproof.contract.guide import GUIDES
from callproof.contract.jsontypes import JsonObject, merged
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.control.client import ActionRefused, Ends
from callproof.control.driven import RawRequest
from callproof.errors import CallproofError, OutOfReach
from callproof.exchange.faults import Fault, catalogue

# How long a scenario may go on after its last step for what must not happen any more.
AFTERMATH = 1.0


class _Over(Exception):
    """The scenario ends here, and a row says why: what was missed, or that a step was refused."""


class Play:
    """One scenario being played, on both ends; ``faults`` act from its beginning. With an
    ``improviser`` the steps are made up on the way."""

    def __init__(
        self,
        scenario: Scenario,
        ends: Ends,
        judged: UnderTest,
        faults: Sequence[Fault],
        improviser: Improviser | None = None,
        tell: Tell = nobody,
    ) -> None:
        self._scenario = scenario
        self._improviser = improviser
        self._ends = ends
        word = word_of(judged.run, scenario.id)
        self._judged = judged = replace(judged, run=word, account=scenario.given.told_of(judged.account))
        self._faults = faults
        self._broken: list[Fault] = []
        self._taken: list[Expect] = []
        self._acts: list[Act] = []
        # What holds at the end of every scenario.
        self._ending: list[Check] = []
        # The file:line of the step that is being taken.
        self._at = f"{scenario.file}:1"
        self._preparing = ""
        self._tell = tell
        self._watch = Stopwatch(ends, ours=judged.side is None)
        self._journals = Journals(ends, budgets=judged.budgets)
        self._names = Names(judged, ends.api_key, self._journals.registered)
        self._expected = Expectations(
            ends, self._journals, self._names, judged, self._where, list(scenario.expectations), tell
        )

    def result(self) -> ScenarioResult:
        """Raises Unreachable when an end does not answer; ``so_far`` has what was seen until then."""
        self._watch.begin()
        found = self._result()
        if self._judged.keeps:
            self._tell(Doing("tidying up"))
            leave(self._ends, self._journals, self._judged)
        return found

    def _result(self) -> ScenarioResult:
        broken: CallproofError | None = None
        try:
            self._prepare(self._scenario.given)
            if not (self._judged.side is Side.PBX and self._journals.lacks(self._scenario.given.offered)):
                if self._improviser:
                    self._improvise(self._improviser)
                self._take(self._scenario.steps)
                self._finish()
        except (ActionRefused, BrokenScenario) as error:
            # What could not go on after a miss of the side under test is that miss's doing.
            broken = None if self._expected.crippled else error
        except _Over:
            pass
        self._journals.read()
        checks = self._checks()
        if broken is None:
            return self._told(checks)
        by = whose(
            broken,
            self._judged,
            faulty=self._faulty,
            wrong=any(check.problem for check in checks) or any(map(self._refused, self._journals.seen)),
        )
        if by is Whose.SIDE and not any(check.outcome() is Outcome.FAILED for check in checks):
            broke = BrokenOff(self._at, broken, self._preparing)
            # Where an end of ours has a fault, it refuses what is right.
            refused = [] if self._faulty else [one for one in self._journals.seen if self._refused(one)]
            found = answering(self._scenario, self._judged, self._taken, refused, broke)
            checks += [found] if found else []
        return self._told(checks, str(broken), by)

    @property
    def _faulty(self) -> bool:
        return bool(self._faults or self._broken)

    def so_far(self, why: str, by: Whose = Whose.BENCH) -> ScenarioResult:
        """What was seen of a scenario that could not be played to its end, whosever doing that is."""
        with suppress(OutOfReach):
            self._journals.read()
        return self._told(self._checks(), why, by)

    def _checks(self) -> list[Check]:
        checks = [*self._expected.checks, *self._of_messages(), *self._ending]
        return [check for check in checks if self._judged.counts(check)]

    def _told(self, checks: Sequence[Check], broken: str = "", by: Whose = Whose.SIDE) -> ScenarioResult:
        found = self._scenario
        return ScenarioResult(
            found.id,
            found.title,
            found.file,
            [self._masked(check) for check in checks],
            self._ends.masked(broken),
            rule=found.rule,
            exchanges=[steady(one, self._ends.masked) for one in self._journals.seen],
            by=by,
            undecided=self._undecided(checks) if broken else (),
            timed=self._watch.timed(),
        )

    def _undecided(self, checks: Sequence[Check]) -> list[str]:
        seen = {check.requirement for check in checks}
        rows = (row for step in self._scenario.expectations for row in step.rows)
        return [row for row in dict.fromkeys(rows) if row not in seen and self._judged.binds(row)]

    def _refused(self, seen: Seen) -> bool:
        """Whether the judged side asked for something in vain."""
        asked = seen.asked_by is self._judged.side and not seen.by_bench
        return asked and (seen.status is None or seen.status >= 400)

    def _prepare(self, given: Given) -> None:
        self._tell(Doing("preparing"))
        self._journals.reset()
        self._names.learn("period", self._seconds("$period"))
        for fault in self._faults:
            self._break(fault, {})
        if self._judged.side is not Side.CRM and self._judged.account != GUIDES:
            settle_in(self._ends, self._judged.account)
        for action, args in given.settings:
            act(self._ends, action, self._names.members(args))
        for user, state in given.users.items():
            self._ends.crm.post(f"/users/{self._names.filled(user)}", state)
        self._preparing = CUSTOMERS
        for customer in given.customers:
            members, shop = self._names.members(customer), self._judged.account.shops[0]
            self._ends.crm.add_customer(self._ends.api_key, members, shop)
        self._preparing = ""
        self._ends.pbx.upload_every(self._seconds(given.upload_every))
        if given.registered:
            self._preparing = REGISTRATION
            self._ends.pbx.post("/register")
            self._preparing = ""
        numbers = [number for made in given.customers for number in numbers_of(self._names.members(made))]
        self._ends.crm.find(self._ends.api_key, numbers)

    def _take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._at = self._where(step)
            self._tell(doing(step, real=not self._ends.manual))
            try:
                self._step(step)
            except (ActionRefused, BrokenScenario) as error:
                self._end(step, error)

    def _improvise(self, improviser: Improviser) -> None:
        for step in improviser.steps(self._names):
            try:
                self._step(step)
            except ActionRefused as error:
                if isinstance(error, Misconfigured):
                    self._end(step, error)
                improviser.refused(step, str(error))

    def _end(self, step: Step, error: ActionRefused | BrokenScenario) -> NoReturn:
        """A step could not be done: a row says why, or the scenario is broken."""
        if isinstance(step, Do) and isinstance(error, ActionRefused) and self._to_blame(step):
            self._expected.blame(step, str(error))
            raise _Over from None
        said = str(error)
        if not said.startswith(f"{self._scenario.file}:"):
            said = f"{self._where(step)}: {said}"
        raise BrokenScenario(said) from error

    def _seconds(self, length: float | Period) -> float:
        return seconds(length, manual=self._ends.manual)

    def _together(self, steps: Sequence[Step]) -> None:
        """One thread for each, and all begin when the last one is ready."""
        if self._judged.side is None:
            self._take(steps)
            return
        ready = Barrier(len(steps))

        def begin(step: Step) -> None:
            ready.wait()
            self._step(step)

        with ThreadPoolExecutor(len(steps)) as pool:
            begun = [(step, pool.submit(begin, step)) for step in steps]
        for step, done in begun:
            try:
                done.result()
            except (ActionRefused, BrokenScenario) as error:
                self._end(step, error)

    def _step(self, step: Step) -> None:
        match step:
            case Do() if not self._names.leaves_out(step):
                at, really = self._ends.now(), monotonic()
                since = self._journals.numbers() if step.name else {}
                args = self._names.members(step.args)
                if self._expected.ran_out(step, args):
                    raise _Over
                answer = act(self._ends, step.action, args)
                self._acts.append(Act(step.action, args, answer, at))
                if step.name:
                    told = {**answer, "at": at, "really": really, "since": since}
                    self._names.learn(step.name, told, told=True)
            case Send() if not self._names.leaves_out(step):
                self._send(step)
            case Break():
                fault = catalogue()[step.fault]
                self._broken.append(fault.limited(step.limits))
                try:
                    self._break(fault, step.limits)
                except ActionRefused as error:
                    raise Misconfigured(str(error)) from None
            case Wait():
                self._ends.pass_time(self._seconds(step.length))
            case Leap():
                self._ends.leap(step.seconds)
            case Together():
                self._together(step.steps)
            case Repeat():
                for number in range(1, step.count + 1):
                    self._names.learn("n", number)
                    self._take(step.steps)
            case Expect() if not self._names.leaves_out(step):
                self._expected.meet(step)
                self._taken.append(step)

    def _break(self, fault: Fault, limits: JsonObject) -> None:
        self._ends.of(fault.side).post("/faults", {"fault": fault.name, **limits})

    def _send(self, step: Send) -> None:
        form = self._names.texts(step.form)
        path = str(self._names.filled(step.path))
        value = step.value
        if step.copies:
            value = [self._names.filled(value, n=number) for number in range(1, step.copies + 1)]
        if step.change:
            # By the code in .../integration-modules/{code}/edit.
            told = self._journals.told(path.split("/")[-2], self._judged.faces(Side.PBX))
            value = merged(told, self._names.members(step.change))
        value = self._names.filled(value)
        if step.entity and value is not None:
            form[step.entity] = orjson.dumps(value).decode()
        key = None if step.api_key is None else str(self._names.filled(step.api_key))
        query = self._names.texts(step.query)
        self._ends.pbx.send(RawRequest(step.method, path, query, form, key, multipart=step.multipart))
        if step.entity == "customer" and key is None:
            self._ends.crm.find(self._ends.api_key, numbers_of(value))

    def _finish(self) -> None:
        """What must hold after every scenario: nothing open, nothing undelivered."""
        self._tell(Doing("looking at how it ends"))
        self._ends.pass_time(AFTERMATH)
        self._watch.over()
        self._expected.hold()
        if left := undone(self._ends.pbx.state()):
            raise BrokenScenario(left)
        ending = Ending(
            self._ends, self._journals, self._judged, self._scenario.file, self._broken, self._faults
        )
        periodic = bool(self._scenario.given.upload_every)
        self._ending = ending.checks(self._acts, periodic, self._expected.slack)

    def _of_messages(self) -> list[Check]:
        checks = [
            check
            for one in self._journals.seen
            for check in judge(one, self._scenario.file, self._ends.api_key)
        ]
        # What a scenario breaks on purpose is nobody's fault.
        spoilt = {fault.side for fault in self._broken}
        return [check for check in checks if all_requirements()[check.requirement].side not in spoilt]

    def _to_blame(self, step: Do) -> bool:
        return bool(step.blames) and self._judged.side in (None, ACTIONS[step.action].end)

    def _masked(self, check: Check) -> Check:
        return retold(check, self._ends.masked)

    def _where(self, step: Step) -> str:
        return f"{self._scenario.file}:{step.line}"
