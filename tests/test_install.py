"""What the make targets show of pip."""

import io
import sys

import pytest

from tools.install import main

COLLECTED = "".join(f"Collecting package-{number}>=1\n  Downloading it\n" for number in range(60))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def pip(printed: str, code: int = 0) -> list[str]:
    return [sys.executable, "-c", f"print({printed!r}, end=''); raise SystemExit({code})"]


def test_a_log_has_a_line_for_each_twenty_five() -> None:
    out = io.StringIO()
    assert main(pip(f"{COLLECTED}Installing collected packages: a, b, c\n"), out) == 0
    assert out.getvalue().splitlines() == [
        "pip: looking at what is needed",
        "pip: 25 packages looked at, now package-24",
        "pip: 50 packages looked at, now package-49",
        "pip: installing 3 packages",
        "pip: done",
    ]


def test_a_terminal_has_one_line_that_is_written_anew() -> None:
    out = Terminal()
    assert main(pip(COLLECTED), out) == 0
    said = out.getvalue()
    assert said.count("\n") == 1
    assert "\rpip: 60 packages looked at, now package-59 " in said
    assert len({len(part) for part in said.strip("\r\n").split("\r")}) == 1


@pytest.mark.parametrize("out", [io.StringIO(), Terminal()])
def test_a_failure_has_pips_exit_code_and_last_words(out: io.StringIO) -> None:
    assert main(pip(f"{COLLECTED}the hash differs\n", 3), out) == 3
    assert "pip: ended with 3" in out.getvalue()
    assert out.getvalue().endswith("the hash differs\n")
