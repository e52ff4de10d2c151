"""The services in Node, PHP and Go are judged as their users would, and what is broken in one is found."""

import shutil
from pathlib import Path

import pytest

from callproof.conformance.verdict import Outcome
from callproof.face.verdicts import play
from tests.needed import missing
from tools.docs import ROOT

RECIPES = ROOT / "examples" / "recipes"
# The source of each, and how Debian calls what runs it.
SERVICES = {
    "node": ("service.js", "nodejs"),
    "php": ("service.php", "php-cli php-curl"),
    "go": ("service.go", "golang-go"),
}
# A whole run is for `callproof check`; here is one of each kind of thing that a service does.
PLAYED = (
    "2-module/registration",
    "3-history/at-once",
    "4-record/of-each-kind",
    "4-record/played-and-seeked",
    "5-manager/responsible",
    "6-event/missed",
    "7-call/started",
    "8-status/changed",
    "11-trouble/stranger",
    "11-trouble/unreachable",
)

# Go compiles first, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def folder(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service that may be changed; what it keeps goes away with the test."""
    if not shutil.which(language):
        missing(
            language, f"{language} is not installed. On Debian: apt-get install {SERVICES[language][1]}"
        )
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return Path(shutil.copytree(RECIPES / language, tmp_path / language))


@pytest.mark.parametrize("language", SERVICES)
def test_a_service_keeps_the_contract(folder: Path, language: str) -> None:
    verdict = play(*PLAYED, target=folder / "callproof.yaml")
    problems = [(row.requirement.id, row.problems) for row in verdict.requirements if row.problems]
    assert (problems, verdict.conformant) == ([], True)
    assert len(verdict.scenarios) == len(PLAYED)


@pytest.mark.parametrize("language", SERVICES)
def test_a_wrong_word_in_it_is_found(folder: Path, language: str) -> None:
    source = folder / SERVICES[language][0]
    text = source.read_text("utf-8")
    assert text.count("no answered") == 1
    source.write_text(text.replace("no answered", "no answer"), "utf-8")
    verdict = play("6-event/missed", target=folder / "callproof.yaml")
    failed = {row.requirement.id for row in verdict.requirements if row.outcome is Outcome.FAILED}
    assert (failed, verdict.conformant) == ({"PBX-EVENT-08"}, False)


def test_the_services_are_poked_and_looked_into_alike() -> None:
    files = [(RECIPES / name / "callproof.yaml").read_text("utf-8").splitlines() for name in SERVICES]
    assert len({tuple(line for line in file if "command:" not in line) for file in files}) == 1
