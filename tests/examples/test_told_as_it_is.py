"""What a newcomer's PBX did wrong is told as what it is."""

import re
from pathlib import Path

import pytest

from tests.examples.judging import EXCHANGE, SERVICE, judged

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


def test_where_a_hook_refuses_what_it_did_before_the_finding_says_to_look_there(tmp_path: Path) -> None:
    counts = '            os.environ["HUNG"] = os.environ.get("HUNG", "") + "x"\n'
    refuses = '            if len(os.environ["HUNG"]) > 1:\n                return "engaged", 409\n'
    found = judged(tmp_path, (SERVICE, HANG_UP, counts + refuses + HANG_UP), play=(MISSED, "6-event/held"))
    assert found.code == 1, found.output
    said = " ".join(found.output.split())
    assert "'hang up' was answered 409: engaged" in said
    assert "do Look at why your side refused that. What scenarios before have left there" in said


def test_each_finding_says_where_it_was_seen_what_was_sent_and_what_answered(
    tmp_path: Path,
) -> None:
    # Mistakes of several kinds in one service, in messages that are long.
    wrong = (
        EXCHANGE,
        '                "type": kind,\n',
        '                "type": kind.upper(),\n                "webAnalyticsData": "x" * 400,\n',
    )
    html = tmp_path / "report.html"
    rows = (EXCHANGE, '            "duration": call.duration,\n', '            "duration": -1,\n')
    found = judged(tmp_path, wrong, rows, play=("6-event", "3-history/at-once"), more=("--html", str(html)))
    blocks = re.split(r"(?m)^ ?\d+ (?:failed|warned|noted) ", found.output.split("Findings:")[1])[1:]
    blocks[-1] = blocks[-1].split("\n\n")[0]
    assert len(blocks) > 3
    for block in blocks:
        assert "   seen in  " in block
    sent = re.findall(r"(?m)^   sent     (.*)$", found.output)
    assert len(sent) > 3
    for line in sent:
        assert line.startswith("curl ")
        assert re.search(r" # -> (\d{3}|\w.*)$", line), line
        for ref in re.findall(r"as (crm-\d+)\)", line):
            assert ref in html.read_text("utf-8")
    assert any("whole in --html" in line for line in sent)


def test_what_counts_for_less_than_its_row_says_why(tmp_path: Path) -> None:
    ahead = (EXCHANGE, "time.gmtime(call.started)", "time.gmtime(call.started + 3 * 3600)")
    html = tmp_path / "report.html"
    found = judged(tmp_path, ahead, play=("3-history/at-once",), more=("--html", str(html)))
    (one,) = [one for one in found.findings if one["requirement"] == "PBX-HISTORY-06"]
    because = str(one["because"])
    assert because.startswith("noted and not failed: which zone an account has, ")
    assert because.endswith(" nobody says (I)")
    assert because in found.output
    assert because in html.read_text("utf-8")


def test_a_hook_that_is_not_there_is_the_files(tmp_path: Path) -> None:
    found = judged(tmp_path, (SERVICE, HANG_UP, "            return {}, 404\n"), play=(MISSED,))
    assert found.code == 2, found.output
    assert "Mend that line of the file" in " ".join(found.output.split())
