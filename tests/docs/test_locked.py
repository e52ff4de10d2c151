"""What CI installs is locked, by hashes, and the SBOM of the wheel says what was there."""

import re
import tomllib
from pathlib import Path

import orjson
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKED = ROOT / "locked"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def versions(name: str) -> dict[str, str]:
    """The versions of a file by the canonical names of packages."""
    found = re.findall(r"(?m)^([\w.-]+)(?:\[.*?\])?==(\S+)", (LOCKED / name).read_text("utf-8"))
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("run.txt", PROJECT["dependencies"]),
        ("dev.txt", [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]),
        ("apart.txt", (LOCKED / "apart.in").read_text("utf-8").splitlines()[1:]),
    ],
)
def test_a_lock_has_all_that_is_asked_for_in_a_version_that_is_allowed(
    name: str, wanted: list[str]
) -> None:
    locked = versions(name)
    for requirement in map(Requirement, wanted):
        if requirement.name == "callproof":
            continue
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "apart.txt"])
def test_every_line_of_a_lock_has_its_hashes(name: str) -> None:
    text = (LOCKED / name).read_text("utf-8")
    pinned = re.findall(r"(?m)^[\w.-]+.*?(?: \\\n {4}--hash=sha256:[0-9a-f]{64})+$", text)
    assert len(pinned) == len(re.findall(r"(?m)^[\w.-]+.*==", text)) > 0


def test_runs_and_tests_have_the_same_versions() -> None:
    assert versions("run.txt").items() <= versions("dev.txt").items()


def test_the_sbom_names_what_is_locked() -> None:
    sbom = orjson.loads((LOCKED / "callproof.cdx.json").read_bytes())
    named = {canonicalize_name(one["name"]): one["version"] for one in sbom["components"]}
    assert sbom["bomFormat"] == "CycloneDX"
    assert sbom["metadata"]["component"]["name"] == "callproof"
    assert named.items() <= versions("run.txt").items()
    asked = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]}
    assert asked <= named.keys()
