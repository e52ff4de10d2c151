"""The page on pytest: its tests pass, and its commands print what it says."""

import re
import sys
from pathlib import Path

import pytest

from tests.docs.snippets import consoles, looks_like

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "pytest.md"
# What the page takes the reader to have.
MY_PBX = """
import json
import requests

def report_missed_call(url, key, phone, status="no answered"):
    event = {"phone": phone, "type": "hangup", "codes": ["100"], "hangupStatus": status}
    requests.post(url + "/api/v5/telephony/call/event", data={"event": json.dumps(event)},
                  headers={"X-API-KEY": key}, timeout=5)
"""


@pytest.fixture
def repository(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\naddopts = -p callproof --strict-markers\nfilterwarnings = error")
    files = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for name, text in files:
        (pytester.path / name).write_text(text, "utf-8")
    (pytester.path / "my_pbx.py").write_text(MY_PBX, "utf-8")
    return pytester


def test_the_tests_of_the_page_pass(repository: pytest.Pytester) -> None:
    repository.runpytest_subprocess(timeout=120).assert_outcomes(passed=6)


def test_the_commands_of_the_page_print_what_it_says(repository: pytest.Pytester) -> None:
    right = (repository.path / "test_missed.py").read_text("utf-8")
    mistaken = right.replace('345-67-89")', '345-67-89", "no answer")')
    for file in repository.path.glob("test_*.py"):
        file.unlink()
    service = ROOT / "examples" / "pbx-service"
    for name in ("service.py", "crm.py", "exchange.py", "callproof.yaml"):
        (repository.path / name).write_text((service / name).read_text("utf-8"), "utf-8")
    seen = 0
    for command, printed in consoles(PAGE):
        program, *arguments = command.split()
        assert program == "pytest"
        if "test_mistaken.py" in arguments:
            (repository.path / "test_mistaken.py").write_text(mistaken, "utf-8")
        output = repository.run(sys.executable, "-m", "pytest", *arguments, timeout=120).stdout.str()
        assert looks_like(printed, output), (command, output)
        (repository.path / "test_mistaken.py").unlink(missing_ok=True)
        seen += 1
    assert seen == 2
