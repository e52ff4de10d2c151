from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import PAGE, main


@pytest.mark.parametrize("options", [["--quick"], ["--only", "sizes"]])
def test_only_a_whole_run_is_published(options: list[str]) -> None:
    before = PAGE.read_bytes()
    result = CliRunner().invoke(main, ["--write", *options])
    assert (result.exit_code, result.output) == (
        2,
        "--write publishes a whole run: leave out --quick and --only.\n",
    )
    assert PAGE.read_bytes() == before


def test_without_wrk_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, [])
    assert (result.exit_code, "apt-get install wrk" in result.output) == (3, True)
