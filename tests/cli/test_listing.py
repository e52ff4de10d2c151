"""What would be played, before anything is started."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.conformance import loading
from callproof.conformance.estimating import Estimate, estimate, spoken

# The command would fail at once if somebody started it.
PBX = """
target: pbx
api-key: k
start: {command: [no-such-program], ready: "http://127.0.0.1:1"}
stimuli:
  register: {command: [no-such-program]}
  customer calls: {command: [no-such-program], answer: {call: id}}
"""
TIMED = '  pass time: {command: [no-such-program, "{seconds}"]}\n'


def listed(folder: Path, yaml: str, *wanted: str) -> list[str]:
    file = folder / "callproof.yaml"
    file.write_text(yaml)
    result = CliRunner().invoke(main, ["check", "--list", "--config", str(file), *wanted])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_it_says_what_is_played_and_left_out_and_why_and_starts_nothing(tmp_path: Path) -> None:
    lines = listed(
        tmp_path, PBX, "6-event/missed", "6-event/transferred", "2-module/frozen", "1-api/access"
    )
    played = [line for line in lines if line.startswith("play ")]
    assert re.fullmatch(r"play 6-event/missed: An incoming call is missed \(1 s to \d+ min\)", played[-1])
    assert "leave out 6-event/transferred: transfer is absent" in lines
    assert any(line.startswith("leave out 1-api/access: nothing of it is asked") for line in lines)
    assert lines[-2] == f"{len(played)} to be played, {4 - len(played)} left out"
    assert lines[-1].startswith("In real time ")


def test_a_test_clock_has_no_estimate(tmp_path: Path) -> None:
    lines = listed(tmp_path, PBX + TIMED, "6-event/missed")
    assert lines[0] == "play 6-event/missed: An incoming call is missed"
    assert lines[-1].startswith("No time is waited for")


CRM = """
target: crm
url: http://127.0.0.1:1
api-key: k
patience: 3
"""


def test_a_crm_without_a_test_clock_is_waited_for_where_it_does_not_do_what_it_should(
    tmp_path: Path,
) -> None:
    last = listed(tmp_path, CRM, "3-history/sent-twice")[-1]
    assert "up to 3 s pass each time (patience)" in last
    assert "No time" not in last


def test_nothing_to_play_is_no_mistake_here(tmp_path: Path) -> None:
    assert "0 to be played, 1 left out" in listed(tmp_path, PBX, "6-event/transferred")


STEPS = """
title: T
steps:
  - wait: 10
  - repeat: 3
    steps:
      - wait: 2
      - expect: pbx sends call-event
        within: 60
        proves: PBX-EVENT-01
  - expect: pbx sends calls-upload
    times: 0
    within: 500
    proves: PBX-HISTORY-01
  - leap: 3600
"""


def test_waits_are_waited_for_and_expectations_at_most_as_long_as_they_may_take(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(STEPS)
    (scenario,) = loading.find([str(file)])
    assert estimate(scenario) == Estimate(17, 197)


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (119.4, "119 s"), (240, "4 min")])
def test_seconds_are_spoken(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_a_crm_without_a_file_is_told_what_it_lacks(tmp_path: Path) -> None:
    side = ["--target", "crm", "--crm-url", "http://127.0.0.1:1", "--api-key", "k"]
    result = CliRunner().invoke(
        main,
        [
            "check",
            "--list",
            *side,
            "--absent",
            "customers",
            "--absent",
            "9-people",
            "5-manager",
            "9-people",
        ],
    )
    assert result.exit_code == 0, result.output
    assert "leave out 5-manager/responsible: customers is absent" in result.output
    assert "leave out 9-people/account: 9-people is absent" in result.output
    assert "play 5-manager/no-customer: " in result.output
    result = CliRunner().invoke(main, ["check", "--list", *side, "--absent", "custommers"])
    assert (
        result.exit_code,
        "no scenario needs 'custommers'; did you mean customers" in result.output,
    ) == (
        2,
        True,
    )
    result = CliRunner().invoke(main, ["check", "--list", "--absent", "customers"])
    assert (result.exit_code, "--target or --config says which" in result.output) == (2, True)
