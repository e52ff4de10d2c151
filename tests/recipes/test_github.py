"""The GitHub action: its steps do on this machine what they would do there."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from callproof.cli import main
from callproof.load.loadfile import load_file
from tools.docs import ROOT

ACTION = ROOT / ".github" / "actions" / "callproof"
WORKFLOW = ROOT / "examples" / "recipes" / "github.yml"
BIN = Path(sys.executable).parent

# Whole services, on a machine that may be busy.
pytestmark = pytest.mark.timeout(300)


@dataclass
class Step:
    """What a step left behind; ``outputs`` as GitHub reads them."""

    code: int
    said: str
    summary: str
    outputs: dict[str, str]
    reports: set[str]


def described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ACTION / "action.yml").read_text("utf-8"))
    return found


def step_of(script: str) -> dict[str, Any]:
    (found,) = (step for step in described()["runs"]["steps"] if script in step.get("run", ""))
    return dict(found)


def checked(folder: Path, example: str, *arguments: str) -> Step:
    """The step of the action that checks, as the runner would do it, in a checkout that is this example."""
    shutil.copytree(ROOT / "examples" / example, folder / example)
    if example.endswith("-flawed"):
        sound = example.removesuffix("-flawed")
        shutil.copytree(ROOT / "examples" / sound, folder / sound)
    installed = folder / "temp" / "callproof" / "bin"
    installed.mkdir(parents=True)
    (installed / "callproof").symlink_to(BIN / "callproof")
    for name in ("summary", "output"):
        (folder / name).touch()
    given = {"config": "callproof.yaml", "arguments": "\n".join(arguments), "reports": "callproof-reports"}
    step = step_of("check.sh")
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], value)
        for name, value in step["env"].items()
    }
    environment |= {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "GITHUB_ACTION_PATH": str(ACTION),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "RUNNER_TEMP": str(folder / "temp"),
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder / example, env=environment, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    lines = (folder / "output").read_text("utf-8").splitlines()
    return Step(
        done.returncode,
        done.stdout + done.stderr,
        (folder / "summary").read_text("utf-8"),
        {name: value for name, _, value in (line.partition("=") for line in lines)},
        {path.name for path in (folder / example / "callproof-reports").iterdir()},
    )


REPORTS = {
    "report.html", "report.junit.xml", "report.ctrf.json", "report.json", "report.badge.svg",
    "report.markdown",
}  # fmt: skip


def test_a_side_that_keeps_the_contract_is_told_so(tmp_path: Path) -> None:
    step = checked(tmp_path, "pbx-service", "6-event/missed")
    assert step.code == 0, step.said
    assert step.outputs == {"conformant": "true", "exit-code": "0"}
    assert step.summary.startswith("## callproof: conformant\n")
    assert "::error" not in step.said
    assert step.reports == REPORTS


def test_a_side_that_does_not_has_its_faults_in_the_summary_and_as_annotations(tmp_path: Path) -> None:
    step = checked(tmp_path, "pbx-service-flawed", "6-event/missed", "--seed", "7")
    assert step.code == 1, step.said
    assert step.outputs == {"conformant": "false", "exit-code": "1"}
    assert step.summary.startswith("## callproof: not conformant\n")
    assert "PBX-EVENT-08" in step.summary
    assert re.search(r"(?m)^::error file=scenarios/6-event/missed\.yaml,(?:line=\d+,)?title=", step.said)
    assert step.reports == REPORTS


def test_a_mistake_in_the_arguments_ends_with_2_and_no_summary(tmp_path: Path) -> None:
    step = checked(tmp_path, "pbx-service", "--at-least\n101")
    assert step.code == 2
    assert step.outputs == {"conformant": "false", "exit-code": "2"}
    assert (step.summary, step.reports) == ("", set())


def test_the_parts_of_the_action_fit_together() -> None:
    action = described()
    text = (ACTION / "action.yml").read_text("utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action["inputs"])
    assert set(re.findall(r"steps\.check\.outputs\.([\w-]+)", text)) == set(action["outputs"])
    scripts = {path.name for path in ACTION.glob("*.sh")}
    assert set(re.findall(r"\$GITHUB_ACTION_PATH/(\S+)", text)) == scripts
    for script in scripts:
        assert os.access(ACTION / script, os.X_OK), script
        given = set(step_of(script)["env"])
        own = {"PATH", "GITHUB_ACTION_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "RUNNER_TEMP"}
        asked = set(re.findall(r"\$\{?([A-Z_]+)", (ACTION / script).read_text("utf-8")))
        assert asked <= given | own, script
    assert (ACTION / "../../..").resolve() == ROOT, "where the script finds what is installed"
    used = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["callproof"]["steps"][-1]
    assert used["uses"] == f"OWNER/callproof/{ACTION.relative_to(ROOT)}@main"
    assert set(used["with"]) <= set(action["inputs"])


@pytest.mark.parametrize("recipe", ["github.yml", "gitlab-ci.yml"])
def test_the_load_of_a_job_is_one_that_can_be_run(recipe: str, tmp_path: Path) -> None:
    (line,) = re.findall(r"callproof (load .*)", (WORKFLOW.parent / recipe).read_text("utf-8"))
    known = CliRunner().invoke(main, ["load", "--help"]).output
    own = {"--load", "--api-key", "--load-html", "--load-junit", "--load-json", "--headless"}
    assert set(re.findall(r"--[a-z-]+", line)) == own
    assert all(option in known for option in own), known
    for name in ("load.yaml", "fastapi/callproof.yaml"):
        shutil.copy(WORKFLOW.parent / name, tmp_path)
    load = load_file(str(tmp_path / "load.yaml"))
    assert {"failed", "lost"} <= {threshold.metric for threshold in load.thresholds}
    assert load.target is not None
    assert "calls" in load.target.views
