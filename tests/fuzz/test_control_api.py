"""Schemathesis against the control API of both ends and its own description."""

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.settings import CrmSettings
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from callproof.running.threads import Address
from tests.support import KEY

# All but those that find fault with refusals of what only an end knows, as whether a user exists.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
# These make an end wrong on purpose, or wait; tests/control/test_hostile.py asks them.
APART = "(faults|budgets|journal)"


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_no_end_breaks_and_all_is_as_it_is_described(side: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        opening = stack.enter_context(Opening(ManualClock()))
        crm, pbx = Address(), Address()
        opening.crm(CrmSettings(api_key=KEY, base_url=crm.url), crm)
        opening.pbx(PbxSettings(api_key=KEY, base_url=pbx.url, crm_url=crm.url), pbx)
        url = {"crm": crm.url, "pbx": pbx.url}[side]
        result = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis", "run", f"{url}/_bench/openapi.json",
                "--checks", ",".join(CHECKS), "--exclude-path-regex", APART,
                "--max-examples", "10", "--seed", "1", "--no-color",
            ],
            cwd=tmp_path, capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    assert result.returncode == 0, result.stdout[-6000:]
    counted = re.search(r"(\d+) generated", result.stdout)
    assert counted is not None, result.stdout[-2000:]
    assert int(counted[1]) >= 800
