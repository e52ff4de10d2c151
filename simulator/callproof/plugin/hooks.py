"""The pytest plugin: fixtures ``crm``, ``pbx`` and ``callproof``, and scenarios as tests.

Only pytest imports this module. Every pytest run of an environment with callproof in it does, so the
rest of the package is imported when a fixture, an option or a scenario file asks for it.
"""

import os
import sys
from collections.abc import Generator, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# The first two keep what tests replace, from before there is a test; they load next to nothing.
from callproof.clocks import machine  # noqa: F401
from callproof.exchange import sockets  # noqa: F401
from callproof.files.real import real_files

if TYPE_CHECKING:
    from callproof.clocks.manual import ManualClock
    from callproof.face.crm import RunningCrm
    from callproof.face.pbx import RunningPbx
    from callproof.face.playing import Callproof
    from callproof.face.starting import Marked
    from callproof.plugin.items import ScenarioFile

FILES = "*.callproof.yaml"
# The attribute of a scenario's test, and of the report on it, with the problems as annotations.
FOUND = "callproof_found"
MARKER = "callproof(seed, strict, country, timezone, plan): how the fixtures crm and pbx are started."

# The fixtures with an address, and what a test that may not reach it is told.
OURS = frozenset({"callproof_crm", "callproof_pbx"})
BLOCKED = (
    "pytest-socket keeps this test, though not the ends themselves, from 127.0.0.1, where the fixtures crm "
    "and pbx answer; allow it with --allow-hosts=127.0.0.1, or for one test with "
    '@pytest.mark.allow_hosts(["127.0.0.1"]) or @pytest.mark.enable_socket.'
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every name begins with callproof, so that no other plugin has it."""
    group = parser.getgroup("callproof", "callproof: telephony integrations")
    group.addoption(
        "--callproof-target",
        dest="callproof_target",
        metavar="FILE",
        help="The side under test, a callproof.yaml; the shipped scenarios that fit it are tests.",
    )
    group.addoption(
        "--callproof-scenario",
        dest="callproof_scenario",
        action="append",
        metavar="PATH-OR-ID",
        help="Only these of the shipped scenarios, or this file or folder; may be given again.",
    )
    group.addoption(
        "--callproof-strict",
        dest="callproof_strict",
        action="store_true",
        help="Raise the severity of every requirement by one.",
    )
    group.addoption(
        "--callproof-seed",
        dest="callproof_seed",
        type=int,
        default=1,
        metavar="N",
        help="The seed of the scenarios' ends; the same gives the same run (default: 1).",
    )
    group.addoption(
        "--callproof-ctrf",
        dest="callproof_ctrf",
        metavar="FILE",
        help="Write all tests of the run as CTRF, the Common Test Report Format.",
    )
    parser.addini(
        "callproof_scenarios",
        type="args",
        default=[FILES],
        help=f"File names that are scenarios and thereby tests (default: {FILES}).",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    if (file := config.getoption("callproof_ctrf")) and not hasattr(config, "workerinput"):
        from callproof.plugin.reporting import Ctrf

        config.pluginmanager.register(Ctrf(config.invocation_params.dir / file), "callproof-ctrf")
    if not (config.getoption("callproof_target") or config.getoption("callproof_scenario")):
        return
    from callproof.plugin.items import ShippedPlugin, setup_of

    if file := config.getoption("callproof_target"):
        # Workers of xdist get the options and may run elsewhere.
        config.option.callproof_target = str(config.invocation_params.dir / file)
    setup_of(config)
    config.pluginmanager.register(ShippedPlugin(), "callproof-shipped")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    patterns: list[str] = parent.config.getini("callproof_scenarios")
    if not any(_fits(file_path, pattern, parent.config.rootpath) for pattern in patterns):
        return None
    from callproof.plugin.items import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_sessionfinish(session: pytest.Session) -> None:
    # Nothing was started when nothing was imported.
    items = sys.modules.get("callproof.plugin.items")
    problem = items.close_stage(session.config) if items else ""
    if problem:
        pytest.exit(f"callproof: {problem}", returncode=pytest.ExitCode.TESTS_FAILED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call" and (found := getattr(item, FOUND, None)):
        setattr(report, FOUND, found)
    if OURS.intersection(getattr(item, "fixturenames", ())) and _kept_from_sockets(call.excinfo):
        report.sections.append(("callproof", BLOCKED))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Annotations, where GitHub Actions reads them."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    every = [report for reports in terminalreporter.stats.values() for report in reports]
    if found := [report for report in every if hasattr(report, FOUND)]:
        from callproof.plugin.reporting import annotations

        for line in annotations(found):
            terminalreporter.write_line(line)


@pytest.fixture
def callproof_clock() -> "Iterator[ManualClock]":
    """The time of both ends, which passes by ``advance(seconds)``."""
    with real_files():
        from callproof.clocks.manual import ManualClock

    clock = ManualClock()
    yield clock
    clock.close()


@pytest.fixture
def callproof_crm(request: pytest.FixtureRequest, callproof_clock: "ManualClock") -> "Iterator[RunningCrm]":
    """The same as ``crm``, for a repository that has a fixture of that name itself."""
    with real_files():
        from callproof.face.starting import running_crm

    with running_crm(callproof_clock, _marked(request)) as crm:
        yield crm


@pytest.fixture
def callproof_pbx(request: pytest.FixtureRequest, callproof_clock: "ManualClock") -> "Iterator[RunningPbx]":
    """The same as ``pbx``, for a repository that has a fixture of that name itself."""
    with real_files():
        from callproof.face.starting import running_pbx

    beside = "callproof_crm" in request.fixturenames
    crm: RunningCrm | None = request.getfixturevalue("callproof_crm") if beside else None
    with running_pbx(callproof_clock, _marked(request), crm) as pbx:
        yield pbx


@pytest.fixture
def crm(callproof_crm: "RunningCrm") -> "RunningCrm":
    """A running CRM: url, api_key, journal, clock, and what a test prepares, does and looks up there."""
    return callproof_crm


@pytest.fixture
def pbx(callproof_pbx: "RunningPbx") -> "RunningPbx":
    """A running virtual PBX; beside ``crm`` it talks to that CRM, and registers when it is asked to."""
    return callproof_pbx


@pytest.fixture
def callproof(pytestconfig: pytest.Config) -> "Callproof":
    """Plays scenarios: ``check`` returns the verdict, ``assert_conformant`` fails with the problems."""
    with real_files():
        from callproof.face.playing import Callproof
        from callproof.plugin.items import stage_of

    return Callproof(stage_of(pytestconfig))


def _marked(request: pytest.FixtureRequest) -> "Marked":
    from callproof.face.starting import Marked

    marker = request.node.get_closest_marker("callproof")
    try:
        return Marked(*marker.args, **marker.kwargs) if marker else Marked()
    except TypeError as error:
        pytest.fail(f"The marker is {MARKER} {error}", pytrace=False)


def _fits(path: Path, pattern: str, root: Path) -> bool:
    """A pattern with a slash is about the path below the root, one without about the file's name."""
    if "/" not in pattern:
        return fnmatch(path.name, pattern)
    return path.is_relative_to(root) and fnmatch(path.relative_to(root).as_posix(), pattern)


def _kept_from_sockets(caught: pytest.ExceptionInfo[BaseException] | None) -> bool:
    """Whether pytest-socket is behind it."""
    error = caught.value if caught else None
    while error is not None and type(error).__module__ != "pytest_socket":
        error = error.__cause__ or error.__context__
    return error is not None
