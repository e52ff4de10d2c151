"""What a newcomer's PBX did wrong is told as what it is."""

from pathlib import Path

import pytest

from tests.examples.judging import SERVICE, judged

# Whole services, on a machine that may be busy.
pytestmark = pytest.mark.timeout(300)

MISSED = "6-event/cancelled"
HANG_UP = '            exchange.hang_up(call, asked["by"])\n'


def test_a_side_that_ends_by_itself_is_not_conformant_and_the_stimulus_is_named(tmp_path: Path) -> None:
    prints = '            print("no licence for key " + crm.http.headers["X-API-KEY"])\n'
    dies = f"{prints}            os._exit(7)\n"
    found = judged(tmp_path, (SERVICE, HANG_UP, dies), play=(MISSED,))
    assert found.code == 1, found.output
    said = " ".join(found.output.split())
    assert "ended with exit code 7 while it was asked for 'hang up' (" in said
    assert "callproof.yaml:" in said
    assert "Not conformant" in said
    assert "no licence for key ***" in said
    assert found.report["conformant"] is False
    assert "broken off by the PBX" in said


def test_a_side_that_was_ended_from_outside_is_no_verdict(tmp_path: Path) -> None:
    dies = "            os.kill(os.getpid(), 9)\n"
    found = judged(tmp_path, (SERVICE, HANG_UP, dies), play=(MISSED,))
    assert found.code == 3, found.output


def test_a_hook_that_fails_is_the_sides_with_what_it_said_and_printed(tmp_path: Path) -> None:
    prints = "            print('stack of hangUp', file=sys.stderr)\n"
    fails = f'{prints}            return "TypeError: no leg\\n  at hangUp", 500\n'
    found = judged(tmp_path, (SERVICE, HANG_UP, fails), play=(MISSED,))
    assert found.code == 1, found.output
    said = " ".join(found.output.split())
    assert "your side answered 500 to 'hang up'" in said
    assert "TypeError: no leg; either it failed, or the address is not meant for that" in said
    assert "stack of hangUp" in said
    assert "Mend that line of the file" not in said


def test_a_hook_that_is_not_there_is_the_files(tmp_path: Path) -> None:
    found = judged(tmp_path, (SERVICE, HANG_UP, "            return {}, 404\n"), play=(MISSED,))
    assert found.code == 2, found.output
    assert "Mend that line of the file" in " ".join(found.output.split())
