"""Clients that refuse an address without https:// against a CRM that listens with TLS."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.needed import missing
from tests.served import Ready, serving_ends

HERE = Path(__file__).parent
# How each is told of a CA: words before its script, or its environment.
PHP, RUBY = "php", "ruby"
SCRIPTS = {PHP: "php5_client.php", RUBY: "ruby_client.rb"}
PACKAGES = {PHP: "php-cli php-curl", RUBY: "ruby"}


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Ready]:
    with serving_ends(tmp_path, "--only", "crm", "--tls") as ends:
        yield ends


def command(kind: str) -> list[str]:
    """The interpreter; without it, or without its curl, the test is skipped."""
    found = shutil.which(kind)
    if found and kind == PHP:
        modules = subprocess.run([found, "-m"], capture_output=True, text=True, timeout=60).stdout
        found = found if "curl" in modules.split() else None
    if not found:
        missing(kind, f"{kind} is not installed. On Debian: apt-get install {PACKAGES[kind]}")
    return [found]


def answers(kind: str, url: str, key: str, ca: str = "") -> dict[str, Any]:
    words, environment = command(kind), dict(os.environ)
    for name in ("SSL_CERT_FILE", "http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        environment.pop(name, None)
    if ca and kind == PHP:
        words += ["-d", f"curl.cainfo={ca}"]
    elif ca:
        environment["SSL_CERT_FILE"] = ca
    words += [str(HERE / SCRIPTS[kind]), url, key]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [orjson.loads(line) for line in done.stdout.splitlines()]
    return {line.pop("name"): line for line in lines}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_it_registers_reports_uploads_and_looks_up(crm: Ready, kind: str) -> None:
    found = answers(kind, crm.crm, crm.told["apiKey"], crm.told["ca"])
    assert {name: answer.get("status", answer) for name, answer in found.items()} == {
        "register": 201,
        "read": 200,
        "event": 200,
        "upload": 200,
        "manager": 200,
    }
    assert found["read"]["body"]["integrationModule"]["code"] == "https-only"
    assert found["upload"]["body"]["processedCallsCount"] == 1
    assert found["manager"]["body"]["success"]
    [card] = crm.bench("crm", "state")["cards"]
    assert (card["callExternalId"], card["code"]) == ("https-1", "100")


@pytest.mark.parametrize("kind", SCRIPTS)
def test_it_does_not_believe_a_ca_that_it_was_not_told_of(crm: Ready, kind: str) -> None:
    found = answers(kind, crm.crm, crm.told["apiKey"])
    assert "certificate" in found["register"]["failed"]


def test_a_client_that_wants_https_refuses_anything_else() -> None:
    found = answers(PHP, "http://127.0.0.1:8080", "none")
    assert found["register"]["failed"] == "API schema requires HTTPS protocol"
