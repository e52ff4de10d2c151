"""node-retailcrm-api 1.0.8 from npm: a JSON body with string members, the key in the query.

``make test`` installs it into ``.venv/node`` where npm is there.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from callproof.running.pair import BuiltIn

HERE = Path(__file__).parent
MODULES = HERE.parent.parent / ".venv" / "node" / "node_modules"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (MODULES / "node-retailcrm-api").exists(), reason="npm did not install the client"
    ),
]


@pytest.fixture
def answers(pair: BuiltIn) -> dict[str, Any]:
    result = subprocess.run(
        ["node", HERE / "node_client.js", pair.crm_url, pair.api_key],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    lines = [orjson.loads(line) for line in result.stdout.splitlines()]
    return {line["name"]: line["body"] for line in lines}


def test_every_telephony_call_of_the_client_succeeds(answers: dict[str, Any]) -> None:
    assert {name: body.get("status") for name, body in answers.items()} == {
        "update": 201,
        "fetch": 200,
        "event": 200,
        "upload": 200,
        "manager": 200,
    }
    assert answers["upload"]["processedCallsCount"] == 1
    assert answers["fetch"]["integrationModule"]["code"] == "node-telephony"


def test_its_json_body_leaves_a_finding(answers: dict[str, Any], pair: BuiltIn) -> None:
    assert answers
    events = [e for e in pair.crm.journal.since() if e.request.url.split("?")[0].endswith("call/event")]
    assert [finding.requirement for finding in events[-1].findings] == ["PBX-API-02"]
