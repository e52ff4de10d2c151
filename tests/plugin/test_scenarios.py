"""Scenarios as tests: which are collected, and what a failure looks like."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from callproof.contract.files import shipped
from tests.published.forms import demand_ctrf

TARGET = Path(__file__).resolve().parent.parent.parent / "examples" / "pbx-service"
GOOD = """\
title: Users are listed
steps:
  - send: users
  - expect: crm answers users
    proves: CRM-USER-01
"""
BAD = GOOD.replace("    proves", "    status: 418\n    proves")
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in a process of its own, with this plugin and the ones that are named."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config")
    return lambda *arguments: pytester.runpytest_subprocess("-p", "callproof", *arguments, timeout=120)


def test_a_file_of_ones_own_is_a_test_and_fails_row_by_row(pytester: pytest.Pytester, run: Run) -> None:
    folder = pytester.mkdir("calls")
    (folder / "good.callproof.yaml").write_text(GOOD)
    (folder / "bad.callproof.yaml").write_text(BAD)
    (folder / "other.yaml").write_text("no scenario")
    result = run("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "calls/good.callproof.yaml::good.callproof PASSED*",
            "*_ bad.callproof: Users are listed _*",
            "bad.callproof: Users are listed",
            "  failed CRM-USER-01: GET users and users/{id} answer users*",
            "    calls/bad.callproof.yaml:4: crm answers users: *status is 200, expected 418",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*runner.py*")


def test_a_broken_file_is_an_error_with_its_line(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "one.callproof.yaml").write_text(GOOD.replace("send:", "sed:"))
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["one.callproof.yaml:3: a step has exactly one of *"])


def test_the_ini_file_says_which_files_are_scenarios(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\ncallproof_scenarios = scenarios/*.yaml *.calls")
    for name in ("scenarios/a.yaml", "b.yaml", "c.calls", "d.callproof.yaml"):
        (pytester.path / name).parent.mkdir(exist_ok=True)
        (pytester.path / name).write_text(GOOD)
    run().assert_outcomes(passed=2)


def test_shipped_scenarios_are_tests_when_they_are_named(run: Run) -> None:
    chosen = ("--callproof-scenario", "6-event/missed", "--callproof-scenario=7-call/no-icon")
    result = run("-v", *chosen, "--junit-xml=junit.xml")
    result.assert_outcomes(passed=2)
    assert re.search(r'name="requirements" value="[^"]*PBX-EVENT-08', Path("junit.xml").read_text("utf-8"))
    result.stdout.fnmatch_lines(["*collected 2 items", "callproof::6-event/missed PASSED*"])


def test_a_scenario_that_does_not_exist_is_an_error(run: Run) -> None:
    result = run("--callproof-scenario", "nobody")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["No scenario, file or folder is named 'nobody'"])


def test_workers_of_xdist_have_ends_of_their_own(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_own(n, crm, pbx):
            pbx.register()
            assert len(crm.modules()) == 1
        """
    )
    result = run("-p", "xdist", "-n", "2", "--callproof-scenario", "2-module")
    chapter = len(list((shipped("scenarios") / "2-module").glob("*.yaml")))
    result.assert_outcomes(passed=6 + chapter)


def test_the_side_under_test_is_started_once_and_told_what_it_lacks(
    pytester: pytest.Pytester, run: Run
) -> None:
    written = (TARGET / "callproof.yaml").read_text("utf-8")
    (pytester.path / "service").symlink_to(TARGET)
    pytester.makeini("[pytest]")
    (pytester.path / "callproof.yaml").write_text(
        written.replace("  refuse:", "  # refuse:").replace("service.py", "service/service.py")
        + "absent: [refuse]\n"
    )
    pytester.makepyfile(
        """
        def test_judged(callproof):
            verdict = callproof.check("6-event")
            assert verdict.target == "pbx" and verdict.conformant
            assert ("6-event/busy", "refuse") in verdict.left_out
        """
    )
    result = run(
        "-rs", "--callproof-target", "callproof.yaml", "--callproof-scenario", "6-event",
        "--callproof-scenario", "1-api/service",
    )  # fmt: skip
    result.assert_outcomes(passed=9, skipped=3)
    result.stdout.fnmatch_lines(["SKIPPED * left out 6-event/busy: 'refuse' is absent"])


def test_a_side_that_does_not_get_ready_fails_each_scenario_at_once(
    pytester: pytest.Pytester, run: Run
) -> None:
    (pytester.path / "mine.yaml").write_text(
        "target: pbx\nurl: http://127.0.0.1:$port\n"
        "start: {command: [$python, -c, 'raise SystemExit(\"no licence\")'], ready: 'http://127.0.0.1:$port'}\n"
        "stimuli: {register: {request: {url: /r}}}\n"
    )
    result = run("--callproof-target", "mine.yaml", "--callproof-scenario", "2-module")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*The side under test ended with exit code 1 before it was ready. It printed last: no licence"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_clean_up_that_fails_is_told_and_fails_the_run(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "mine.yaml").write_text(
        "target: pbx\npatience: 0\nurl: http://127.0.0.1:9\n"
        "clean-up: [{command: [python3, -c, raise SystemExit(3)]}]\n"
        "stimuli: {register: {command: ['true']}}\n"
    )
    result = run("--callproof-target", "mine.yaml", "--callproof-scenario", "2-module/registration")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stderr.fnmatch_lines(["Exit: callproof: The clean-up of the side under test failed: *"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_scenarios_that_failed_can_be_run_again_alone(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "good.callproof.yaml").write_text(GOOD)
    (pytester.path / "bad.callproof.yaml").write_text(BAD)
    run().assert_outcomes(passed=1, failed=1)
    run("--lf", "--callproof-scenario", "6-event/missed").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("target: crm\n", "a CRM under test needs url and api-key"),
        ("target: pbx\nabsent: [dance]\n", "no scenario needs 'dance'"),
        ("target: [\n", "no YAML"),
        ("target: pbx\nstimuli: {answer: {prompt: Pick up}}\n", "run pytest with -s"),
    ],
)
def test_a_target_that_cannot_be_used_stops_the_run(
    pytester: pytest.Pytester, run: Run, text: str, words: str
) -> None:
    (pytester.path / "mine.yaml").write_text(text)
    result = run("--callproof-target", "mine.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --callproof-target: *mine.yaml*{words}*"])


def test_a_verdict_that_is_bad_fails_with_its_problems(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "bad.yaml").write_text(BAD)
    pytester.makepyfile("def test_judged(callproof):\n    callproof.assert_conformant('bad.yaml')\n")
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *AssertionError: not conformant",
            "E *bad: Users are listed",
            "E *  failed CRM-USER-01: *",
            "E *    bad.yaml:4: crm answers users: *expected 418",
        ]
    )


def test_a_marker_that_says_something_unknown_is_told(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.callproof(sed=1)\ndef test_it(crm):\n    pass\n")
    result = run()
    result.stdout.fnmatch_lines(
        ["*The marker is callproof(seed, strict, *unexpected keyword argument 'sed'"]
    )


def test_the_junit_file_of_pytest_has_the_problems_row_by_row(pytester: pytest.Pytester, run: Run) -> None:
    (pytester.path / "bad.callproof.yaml").write_text(BAD)
    run("--junitxml=junit.xml").assert_outcomes(failed=1)
    (failure,) = ET.parse("junit.xml").iter("failure")
    assert "failed CRM-USER-01" in str(failure.text)
    assert "bad.callproof.yaml:4: crm answers users: " in str(failure.text)


MIXED = """
import pytest

from callproof.contract.files import shipped

def test_good(): pass
def test_bad(): assert 1 == 2
@pytest.mark.skip(reason="not now")
def test_left(): pass
@pytest.mark.xfail
def test_known(): assert False
@pytest.fixture
def broken():
    yield
    raise RuntimeError("no clean-up")
def test_unclean(broken): pass
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_ctrf_has_every_test_of_the_run(
    pytester: pytest.Pytester, run: Run, workers: tuple[str, ...]
) -> None:
    (pytester.path / "bad.callproof.yaml").write_text(BAD)
    (pytester.path / "no.callproof.yaml").write_text(GOOD.replace("send:", "sed:"))
    pytester.makepyfile(MIXED)
    run("--callproof-ctrf", "out/ctrf.json", "--continue-on-collection-errors", *workers)
    written = Path("out/ctrf.json").read_bytes()
    demand_ctrf(written)
    results = orjson.loads(written)["results"]
    tests = {test["name"].partition(":")[0]: test for test in results["tests"]}
    assert {name: (test["status"], test["rawStatus"]) for name, test in tests.items()} == {
        "bad.callproof": ("failed", "failed"),
        "no.callproof.yaml": ("failed", "error"),
        "test_good": ("passed", "passed"),
        "test_bad": ("failed", "failed"),
        "test_left": ("skipped", "skipped"),
        "test_known": ("skipped", "xfailed"),
        "test_unclean": ("failed", "error"),
    }
    assert results["summary"]["tests"] == 7
    assert results["summary"]["failed"] == 4
    assert tests["test_left"]["message"] == "Skipped: not now"
    assert tests["test_bad"]["message"] == "assert 1 == 2"
    scenario = tests["bad.callproof"]
    assert "CRM-USER-01" in scenario["tags"]
    assert (scenario["filePath"], scenario["line"]) == ("bad.callproof.yaml", 4)
    assert "status is 200, expected 418" in scenario["message"]


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_on_github_a_failed_row_is_an_annotation_at_its_step(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (pytester.path / "bad.callproof.yaml").write_text(BAD)
    line = "::error file=bad.callproof.yaml,line=4,title=*users*::*expected 418*%0Ademanded: CRM-USER-01 *"
    run(*workers).stdout.fnmatch_lines([line])
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    run(*workers).stdout.no_fnmatch_line("::error*")
