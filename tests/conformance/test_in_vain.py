"""What is waited for in vain moves the clock on; nothing else is held against the side for that."""

from pathlib import Path

from callproof.conformance import loading, runner
from callproof.conformance.verdict import ScenarioResult
from tools.kill_matrix import bench

CALL = """
title: A call
rule: Nothing of it is an outgoing one.
steps:
  - do: customer calls
    from: $number1
    to: $line1
    as: call
  - wait: 3
"""
ANSWERED = """
  - do: answer
    call: $call.id
    extension: $extension1
"""
MISSED = """
  - expect: pbx sends call-event
    with: {type: out}
    at-least: 1
    within: WITHIN
    proves: PBX-EVENT-05
"""
ENDED = """
  - wait: 20
  - do: hang up
    call: $call.id
    by: customer
  - expect: pbx sends cdr
    within: 5
    proves: PBX-HISTORY-05
    about:
      PBX-HISTORY-09: {result: answered}
      PBX-HISTORY-12: {duration: 20, durationWaiting: 3}
"""


def missed(folder: Path, text: str) -> tuple[set[str], ScenarioResult]:
    file = folder / "mine.yaml"
    file.write_text(text)
    with bench() as ends:
        (result,) = runner.run(loading.find([str(file)]), ends)
    return {check.requirement for check in result.checks if check.problem}, result


def test_a_talk_is_longer_by_what_was_waited_for_in_vain(tmp_path: Path) -> None:
    rows, result = missed(tmp_path, CALL + ANSWERED + MISSED.replace("WITHIN", "7") + ENDED)
    assert (rows, result.broken) == ({"PBX-EVENT-05"}, "")


def test_a_talk_of_another_length_is_still_noticed(tmp_path: Path) -> None:
    text = CALL + ANSWERED + MISSED.replace("WITHIN", "7") + ENDED.replace("duration: 20", "duration: 10")
    rows, _ = missed(tmp_path, text)
    assert rows == {"PBX-EVENT-05", "PBX-HISTORY-12"}


def test_what_came_before_the_wait_is_not_forgiven_by_it(tmp_path: Path) -> None:
    # The wait is for a row that is as it should be, and the one that came is off by less than that.
    text = CALL + ANSWERED + ENDED.replace("duration: 20", "duration: 17")
    rows, _ = missed(tmp_path, text)
    assert rows == {"PBX-HISTORY-12"}


def test_a_call_that_rang_out_meanwhile_is_not_played_on(tmp_path: Path) -> None:
    rows, result = missed(tmp_path, CALL + MISSED.replace("WITHIN", "60") + ANSWERED + ENDED)
    assert (rows, result.broken) == ({"PBX-EVENT-05"}, "")
