"""The CRM in FastAPI is judged as its users would, and what is broken in it is found."""

import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree

import pytest

from callproof.conformance.verdict import Outcome
from callproof.face.verdicts import play
from tests.needed import missing
from tools.docs import ROOT

RECIPE = ROOT / "examples" / "recipes" / "fastapi"
NEEDED = ("fastapi", "httpx", "python_multipart", "uvicorn")
# A whole run is for `callproof check`; here is one of each kind of thing that a CRM does.
PLAYED = (
    "1-api",
    "2-module/registration",
    "3-history/sent-twice",
    "4-record",
    "5-manager/notations",
    "6-event/missed",
    "7-call/for-a-shop",
    "8-status/changed",
    "11-trouble/said-twice",
)

# A whole service, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The recipe, and as its environment that of the tests."""
    if not all(map(find_spec, NEEDED)):
        missing(
            "fastapi", "FastAPI is not installed: pip install -r examples/recipes/fastapi/requirements.txt"
        )
    copied = Path(copytree(RECIPE, tmp_path / "fastapi"))
    (copied / ".venv").symlink_to(sys.prefix)
    return copied


def test_the_crm_keeps_the_contract(folder: Path) -> None:
    verdict = play(*PLAYED, target=folder / "callproof.yaml")
    problems = [(row.requirement.id, row.problems) for row in verdict.requirements if row.problems]
    assert (problems, verdict.conformant) == ([], True)
    assert len(verdict.scenarios) >= len(PLAYED)


def test_an_address_that_loses_its_query_is_found(folder: Path) -> None:
    source = folder / "pbx.py"
    text = source.read_text("utf-8")
    assert text.count(".copy_merge_params(") == 1
    source.write_text(text.replace(".copy_merge_params(", ".copy_with(params="), "utf-8")
    verdict = play("7-call/for-a-shop", target=folder / "callproof.yaml")
    failed = {row.requirement.id for row in verdict.requirements if row.outcome is Outcome.FAILED}
    assert (failed, verdict.conformant) == ({"CRM-CALL-01"}, False)
