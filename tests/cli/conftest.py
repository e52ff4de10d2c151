"""Nothing that a command keeps for whoever reports a failure is left behind by a test."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
