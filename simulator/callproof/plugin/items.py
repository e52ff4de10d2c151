"""Scenarios as tests: one item each, whose failure shows problems row by row instead of a traceback."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict
from os.path import relpath
from pathlib import Path
from traceback import format_exception

import pytest

from callproof.conformance import loading
from callproof.conformance.scenario import Scenario
from callproof.conformance.selection import LeftOut
from callproof.conformance.verdict import Outcome
from callproof.contract.files import shipped
from callproof.contract.printing import printable_lines
from callproof.control.client import ActionRefused, Unreachable
from callproof.errors import CallproofError, InternalError
from callproof.face.playing import Setup, Stage, usable_target
from callproof.face.words import problems
from callproof.files.yamlfile import FileError
from callproof.reports.github import annotations
from callproof.running.threads import PortTaken

STAGE = pytest.StashKey[Stage]()


class NotConformant(CallproofError):
    """A scenario found the side under test wanting; the text is for the reader."""


def setup_of(config: pytest.Config) -> Setup:
    """What the options say. Raises pytest.UsageError for a target that cannot be used."""
    file = str(config.getoption("callproof_target") or "")
    try:
        target = usable_target(file) if file else None
    except FileError as error:
        raise pytest.UsageError(f"--callproof-target: {error}") from None
    if target and target.asks and config.getoption("capture") != "no":
        raise pytest.UsageError(f"--callproof-target: {file} asks a person to act; run pytest with -s")
    return Setup(target, config.getoption("callproof_seed"), bool(config.getoption("callproof_strict")))


def stage_of(config: pytest.Config) -> Stage:
    """The ends of this process, on which all scenarios of the run are played."""
    if STAGE not in config.stash:
        config.stash[STAGE] = Stage(setup_of(config))
    return config.stash[STAGE]


def close_stage(config: pytest.Config) -> str:
    """End what was started; why that failed, if it did."""
    if STAGE in config.stash:
        try:
            config.stash[STAGE].close()
        except (ActionRefused, Unreachable) as error:
            return f"The clean-up of the side under test failed: {error}"
    return ""


class ScenarioItem(pytest.Item):
    """One scenario, played on the ends of the session."""

    def __init__(self, *, scenario: Scenario, file: Path, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.path = file
        # The problems as annotations, of built-in types: a worker of xdist passes them on.
        self.callproof_found: list[dict[str, object]] = []
        self.scenario = scenario

    def runtest(self) -> None:
        stage = stage_of(self.config)
        before = len(stage.created)
        result = stage.redactor.scenario(stage.play(self.scenario))
        verdict = stage.setup.verdict()
        verdict.scenarios.append(result)
        # For the JUnit file: what was looked at, and what is still there at a CRM under test.
        rows = ", ".join(found.requirement.id for found in verdict.requirements)
        self.user_properties.append(("requirements", rows))
        self.user_properties.extend(("created", made) for made in stage.created[before:])
        self.callproof_found = [asdict(found) for found in annotations(verdict)]
        text = problems(verdict, verdict.scenarios, Outcome.NOTED)
        if not verdict.conformant:
            raise NotConformant(text)
        if text:
            self.add_report_section("call", "callproof", text)

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException], style: None = None
    ) -> object:
        error, hidden = excinfo.value, stage_of(self.config).redactor.text
        if isinstance(error, NotConformant | Unreachable | PortTaken | ActionRefused):
            return printable_lines(hidden(str(error)))
        if isinstance(error, Exception):
            # No failure of whoever is tested, so it says whose it is, with the traceback to be reported.
            said = str(error if isinstance(error, InternalError) else InternalError.of(error))
            trace = "".join(format_exception(error))
            return printable_lines(hidden(f"{said} Please report it with this traceback.\n\n{trace}"))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.scenario.id}: {self.scenario.title}"


class ScenarioFile(pytest.File):
    """A scenario of the integrator's own."""

    def collect(self) -> Iterator[ScenarioItem]:
        try:
            found = loading.find([_short(self.path)])
        except FileError as error:
            raise self.CollectError(str(error)) from None
        yield from _items(self, found)


class Shipped(pytest.Collector):
    """The scenarios of ``--callproof-scenario``, or all that come with callproof and fit the target."""

    def collect(self) -> Iterator[ScenarioItem]:
        wanted: Sequence[str] = self.config.getoption("callproof_scenario") or ()
        try:
            scenarios = loading.find(wanted)
        except (FileError, LookupError) as error:
            raise self.CollectError(str(error.args[0])) from None
        yield from _items(self, scenarios)


class ShippedPlugin:
    """Adds the collector of the shipped scenarios to the session; registered when an option asks for it."""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            # Nothing outside the rootdir can be a file of the session, so they hang on it themselves.
            report.result.append(Shipped.from_parent(collector, name="callproof", nodeid="callproof"))
        return report


def _items(parent: pytest.Collector, scenarios: Sequence[Scenario]) -> Iterator[ScenarioItem]:
    _, left_out = stage_of(parent.config).setup.choose(scenarios)
    absent = {found.scenario: found for found in left_out}
    for scenario in scenarios:
        found = absent.get(scenario.id)
        if found is not None and not found.why:
            continue
        item = ScenarioItem.from_parent(parent, name=scenario.id, scenario=scenario, file=_path(scenario))
        if found is not None:
            item.add_marker(pytest.mark.skip(reason=_reason(found)))
        yield item


def _path(scenario: Scenario) -> Path:
    inside = scenario.file == f"scenarios/{scenario.id}.yaml"
    return shipped("scenarios") / f"{scenario.id}.yaml" if inside else Path(scenario.file).resolve()


def _reason(found: LeftOut) -> str:
    return f"left out {found.scenario}: {found.why!r} is absent"


def _short(path: Path) -> str:
    """As a person would type it, below the working directory."""
    return relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
