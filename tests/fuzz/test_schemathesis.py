"""Schemathesis, with all its checks, against a strict CRM and its own description."""

import os
import re
import subprocess
import sys
from pathlib import Path

import orjson

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.running.threads import Address, serving
from tests.support import KEY

HERE = Path(__file__).parent
SEED = "1"


def test_what_the_description_allows_is_taken_and_nothing_else_is(tmp_path: Path) -> None:
    address = Address()
    crm = Crm(CrmSettings(api_key=KEY, base_url=address.url, strict=True), ManualClock())
    app = create_app(crm)
    module = {"clientId": "c", "active": True, "baseUrl": address.url, "integrations": {"telephony": {}}}
    app.test_client().post(
        "/api/v5/integration-modules/mine/edit",
        data={"integrationModule": orjson.dumps(module).decode()},
        headers={"X-API-KEY": KEY},
    )
    with serving(app, address):
        result = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis", "run", f"{address.url}/openapi.json",
                "--header", f"X-API-KEY: {KEY}",
                "--checks", "all", "--max-examples", "10", "--seed", SEED, "--no-color",
            ],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)},
            capture_output=True,
            text=True,
            timeout=300,
        )  # fmt: skip
    crm.close()
    assert result.returncode == 0, result.stdout[-6000:]
    counted = re.search(r"(\d+) generated, (\d+) passed", result.stdout)
    assert counted is not None, result.stdout[-2000:]
    generated, passed = map(int, counted.groups())
    assert generated == passed >= 2000
