"""Ends as Flask apps: every method stands in the URL map, and `flask` lists it."""

import subprocess
import sys

import pytest

import callproof
from callproof.contract.operations import OPERATIONS, Side


@pytest.mark.parametrize("side", list(Side))
def test_flask_lists_every_method(side: Side) -> None:
    command = [sys.executable, "-m", "flask", "--app", f"callproof:{side}_app", "routes"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    names = {line.split()[0] for line in listed.splitlines() if line}
    missing = {found.name for found in OPERATIONS if found.answered_by is side} - names
    assert missing == set()


def test_an_app_answers_a_test_client() -> None:
    assert callproof.crm_app(seed=3).test_client().get("/api/system-info").json == {
        "success": True,
        "systemVersion": "8.7.77",
        "publicUrl": "http://127.0.0.1:8080",
        "technicalUrl": "http://127.0.0.1:8080",
    }
