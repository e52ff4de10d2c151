"""What a pytest run tells others than its reader: CTRF, and annotations on GitHub Actions."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from msgspec import structs

from callproof import kinds
from callproof.clocks.machine import now
from callproof.errors import CallproofError
from callproof.plugin.hooks import FOUND
from callproof.reports import output
from callproof.reports.ctrf_json import CtrfStatus, CtrfTest, document, milliseconds
from callproof.reports.github import Annotation, shown


class Ctrf:
    """Gathers every test of the run, in its own process, and writes the file at the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._began = now()
        self._tests: dict[str, CtrfTest] = {}
        self._took: dict[str, float] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._tests[report.nodeid] = CtrfTest(
                report.nodeid or "collection",
                CtrfStatus.FAILED,
                0,
                message="It could not be collected.",
                trace=report.longreprtext,
                raw_status="error",
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hears of the set-up, the test and the clean-up one after the other: the gravest counts."""
        self._took[report.nodeid] = self._took.get(report.nodeid, 0.0) + report.duration
        before = self._tests.get(report.nodeid)
        if before is None or (report.outcome != "passed" and before.status is not CtrfStatus.FAILED):
            self._tests[report.nodeid] = _test(report)

    def pytest_sessionfinish(self) -> None:
        tests = [_timed(test, self._took.get(node, 0.0)) for node, test in self._tests.items()]
        try:
            output.write(str(self._file), document(tests, self._began, now()))
        except CallproofError as error:
            pytest.exit(f"callproof: {error}", returncode=pytest.ExitCode.USAGE_ERROR)


def annotations(reports: Sequence[pytest.TestReport]) -> list[str]:
    """Of all scenarios of the run; as many as are shown."""
    found = [one for report in reports for one in _found(report)]
    return [str(one) for one in shown(found)]


def _found(report: pytest.TestReport) -> list[Annotation]:
    return kinds.convert(getattr(report, FOUND, []), list[Annotation])


def _test(report: pytest.TestReport) -> CtrfTest:
    file, line, name = report.location
    found = _found(report)
    properties: Mapping[str, object] = dict(report.user_properties)
    rows = str(properties.get("requirements", ""))
    return CtrfTest(
        name,
        CtrfStatus(report.outcome),
        0,
        tuple(report.nodeid.split("::")[:-1]),
        _message(report, found),
        report.longreprtext if report.failed else "",
        found[0].line if found and found[0].line else (line or 0) + 1,
        _raw(report),
        tuple(rows.split(", ")) if rows else (),
        found[0].file if found and found[0].file else file,
    )


def _message(report: pytest.TestReport, found: Sequence[Annotation]) -> str:
    """A line: the first problem of a scenario, the reason of what was skipped, or the exception."""
    if found:
        return "{}: {}".format(found[0].title, found[0].text.partition("\n")[0])
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    crash = getattr(report.longrepr, "reprcrash", None)
    told = str(crash.message) if crash else report.longreprtext
    return told.strip().partition("\n")[0]


def _raw(report: pytest.TestReport) -> str:
    """pytest's own word."""
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "error" if report.failed and report.when != "call" else report.outcome


def _timed(test: CtrfTest, seconds: float) -> CtrfTest:
    return structs.replace(test, duration=milliseconds(seconds))
