"""The ends that scenarios are played on in a pytest run, and the verdict on them."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from callproof.conformance import loading, runner
from callproof.conformance.findings import findings
from callproof.conformance.foreign import Foreign
from callproof.conformance.judge import BOTH
from callproof.conformance.scenario import Scenario
from callproof.conformance.selection import LeftOut, choose, misnamed
from callproof.conformance.target import Target, load_target
from callproof.conformance.verdict import ScenarioResult, Verdict
from callproof.contract.guide import CLIENT_ID
from callproof.contract.operations import Side
from callproof.control.client import Ends, Unreachable
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.face.words import explain, problems
from callproof.files.real import real_files
from callproof.files.yamlfile import FileError
from callproof.reports.redact import Redactor
from callproof.running.opposite import opposite
from callproof.running.pair import built_in
from callproof.running.threads import PortTaken

# How many root causes a failed test explains before it lists each row.
MOST = 3


@dataclass(frozen=True)
class Setup:
    """Whom a run judges: the side of ``target``, or callproof's own ends when there is none."""

    target: Target | None = None
    seed: int = DEFAULT_SEED
    strict: bool = False

    def choose(self, scenarios: Sequence[Scenario]) -> tuple[list[Scenario], list[LeftOut]]:
        """What is played, and what is left out because the target declares something absent."""
        return choose(scenarios, self.target) if self.target else (list(scenarios), [])

    def verdict(self) -> Verdict:
        """An empty one, to be filled with results."""
        return Verdict([], self.seed, self.strict, target=self.target.side if self.target else None)


class Stage:
    """Two ends opposite each other, started when the first scenario is played and kept for the next.

    Raises Unreachable when the side under test does not get ready, also for every later scenario.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._stack = ExitStack()
        self._ends: Ends | None = None
        self._foreign: Foreign | None = None
        self._failure: Exception | None = None
        self._run = token_hex(3)
        target = setup.target
        key = (target.api_key if target else "") or api_key(setup.seed)
        # Of all that a test's report shows of a scenario; the verdict itself is whole.
        self.redactor = Redactor([key, target.client_id if target else CLIENT_ID])

    @property
    def created(self) -> Sequence[str]:
        """What was made at a CRM under test and is still there."""
        return self._foreign.created if self._foreign else ()

    def play(self, scenario: Scenario) -> ScenarioResult:
        target = self.setup.target
        judged = target.judged(self._run) if target else BOTH
        return runner.run([scenario], self._started(), judged=judged)[0]

    def close(self) -> None:
        """End the side under test. Raises ActionRefused or Unreachable when its clean-up fails."""
        self._stack.close()

    def _started(self) -> Ends:
        if self._failure:
            raise self._failure
        if self._ends is None:
            try:
                self._ends = self._start()
            except (Unreachable, PortTaken) as failure:
                # Waiting for a process that does not get ready takes long; once is enough.
                self._failure = failure
                raise
        return self._ends

    def _start(self) -> Ends:
        setup = self.setup
        if setup.target:
            ends, self._foreign = self._stack.enter_context(
                opposite(setup.target, setup.seed, strict=setup.strict)
            )
            return ends
        return self._stack.enter_context(built_in(setup.seed)).ends


def usable_target(file: str) -> Target:
    """Raises FileError for anything in the file that keeps it from being played against."""
    target = load_target(file)
    if wrong := misnamed(target.absent, loading.find()):
        raise FileError(file, 1, f"absent: {wrong}")
    if target.side is Side.CRM and not (target.url and target.api_key):
        raise FileError(file, 1, "a CRM under test needs url and api-key")
    return target


def target_of(given: str | Path | Target) -> Target | None:
    """None for nothing. Raises FileError for a file that is wrong."""
    if isinstance(given, Target):
        return given
    return usable_target(str(given)) if given else None


class Callproof:
    """The fixture ``callproof``: plays scenarios and judges the side under test.

    ``wanted`` are scenarios, their ids, beginnings of these, files or folders, all shipped ones by default.
    ``target`` is a ``callproof.yaml`` or what was read of it; by default the one of
    ``--callproof-target``, and without it callproof's own ends, which is how one tries out a scenario.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    @property
    def target(self) -> Target | None:
        """The side under test, None where both ends are callproof's own."""
        return self._stage.setup.target

    def check(
        self, *wanted: str | Scenario, target: str | Path | Target = "", strict: bool | None = None
    ) -> Verdict:
        """The verdict, with a result for each scenario and what was left out by name.

        Raises LookupError for a scenario that does not exist, FileError for a broken file and Unreachable
        when the side under test does not answer.
        """
        usual = self._stage.setup
        with real_files():
            setup = Setup(
                target_of(target) or usual.target,
                usual.seed,
                usual.strict if strict is None else strict,
            )
            if setup == usual:
                return _played(self._stage, wanted)
            with closing(Stage(setup)) as stage:
                return _played(stage, wanted)

    def assert_conformant(
        self, *wanted: str | Scenario, target: str | Path | Target = "", strict: bool | None = None
    ) -> Verdict:
        """The same, and raises AssertionError with the worst root causes and every problem, row by row."""
        __tracebackhide__ = True
        verdict = self.check(*wanted, target=target, strict=strict)
        if not verdict.conformant:
            worst = [explain(finding) for finding in findings(verdict)[:MOST]]
            told = "\n\n".join([*worst, problems(verdict, verdict.scenarios)])
            raise AssertionError(f"not conformant\n\n{self._stage.redactor.text(told)}")
        if not verdict.scenarios:
            absent = ", ".join(f"{name} ({why} is absent)" for name, why in verdict.left_out)
            raise AssertionError(f"nothing was played: {absent or 'nothing of it is asked of this side'}")
        return verdict


def _played(stage: Stage, wanted: Sequence[str | Scenario]) -> Verdict:
    verdict = stage.setup.verdict()
    scenarios, left_out = stage.setup.choose(_found(wanted))
    verdict.left_out = [(found.scenario, found.why) for found in left_out if found.why]
    for scenario in scenarios:
        verdict.scenarios.append(stage.play(scenario))
    verdict.created = stage.created
    return verdict


def _found(wanted: Sequence[str | Scenario]) -> list[Scenario]:
    """What is named comes before what was found already."""
    named = [one for one in wanted if isinstance(one, str)]
    known = [one for one in wanted if isinstance(one, Scenario)]
    return [*(loading.find(named) if named or not known else ()), *known]
