"""A machine that is busy says by how much."""

import sys
from pathlib import Path

import pytest

from callproof.clocks import crowd


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how many want to run")
@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("0.00 0.01 0.05 1/168 3145", 1.0),
        ("9.00 4.01 2.05 3/168 3145", 1.0),
        ("0.00 0.00 0.00 9/168 3145", 4.0),
        ("0.00 0.00 0.00 99/168 3145", 5.0),
        ("nothing", 1.0),
        ("1 2 3 many/9 4", 1.0),
    ],
)
def test_it_is_how_many_want_each_core(
    told: str, found: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = tmp_path / "loadavg"
    load.write_text(told)
    monkeypatch.setattr(crowd, "_LOAD", load)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert crowd.crowd() == found


def test_where_nothing_is_said_it_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "_LOAD", tmp_path / "none")
    assert crowd.crowd() == 1.0
