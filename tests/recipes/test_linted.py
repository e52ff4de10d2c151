"""Recipes that this machine cannot run are looked at by the schemas and linters of their makers."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.docs import ROOT

BIN = Path(sys.executable).parent
RECIPES = ROOT / "examples" / "recipes"
ACTION = ROOT / ".github" / "actions" / "callproof"


def linted(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", ACTION / "action.yml"),
        ("vendor.github-workflows", RECIPES / "github.yml"),
        ("vendor.gitlab-ci", RECIPES / "gitlab-ci.yml"),
        ("vendor.compose-spec", RECIPES / "docker" / "compose.yaml"),
    ],
)
def test_a_file_keeps_the_schema_of_its_kind(schema: str, file: Path, tmp_path: Path) -> None:
    assert linted("check-jsonschema", "--builtin-schema", schema, file)[0] == 0
    wrong = tmp_path / file.name
    wrong.write_text(file.read_text("utf-8") + "\nruns: {using: nothing}\nservices: 1\n", "utf-8")
    assert linted("check-jsonschema", "--builtin-schema", schema, wrong)[0] == 1


def test_the_dockerfile_is_without_remark(tmp_path: Path) -> None:
    file = RECIPES / "docker" / "Dockerfile"
    assert linted("hadolint", file) == (0, "")
    wrong = tmp_path / "Dockerfile"
    wrong.write_text(file.read_text("utf-8").replace("USER 10001\n", "USER root\n"), "utf-8")
    code, said = linted("hadolint", wrong)
    assert (code, "DL3002" in said) == (1, True)


@pytest.mark.parametrize("script", sorted(ACTION.glob("*.sh")), ids=lambda script: script.name)
def test_a_script_is_without_remark(script: Path) -> None:
    assert linted("shellcheck", script) == (0, "")
