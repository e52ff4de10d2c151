"""Patterns of users find what ``re`` finds, and those without end are given up with a sentence."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.conformance.matching import differences
from callproof.conformance.patterns import EndlessPattern, compiled, fits

ENDLESS = "^(.|..|...)+(?!.)(?<=z)"
SCENARIO = f"""title: Somebody calls
steps:
  - {{do: customer calls, from: $number1, to: $line1}}
  - expect: pbx sends call-event
    with: {{callExternalId: {{$matches: "{ENDLESS}"}}}}
    proves: PBX-EVENT-01
"""


@pytest.mark.parametrize(
    "pattern", ["^https?://", r"^bytes 20-99/([0-9]+|[*])$", r"(?i)\bwrong\b", r"(\d)\1", "^a(?!b)"]
)
@pytest.mark.parametrize("text", ["http://a", "bytes 20-99/*", "so Wrong", "122", "ac", "ab", ""])
def test_patterns_are_read_as_re_reads_them(pattern: str, text: str) -> None:
    assert fits(pattern, text) is (re.search(pattern, text) is not None)


@pytest.mark.parametrize("pattern", ["(a", "[", "*", "(" * 5000 + ")" * 5000])
def test_what_is_no_pattern_is_told(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){25}b", "(a{1,30000}){1,30000}b"])
def test_a_search_without_end_ends(pattern: str) -> None:
    with pytest.raises(EndlessPattern, match=r"takes more than 0\.2 s on 'aaa"):
        differences({"a": {"$matches": pattern}}, {"a": "a" * 5000 + "!"})


def test_a_scenario_with_one_is_told_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "endless.yaml"
    file.write_text(SCENARIO)
    told = CliRunner().invoke(main, ["check", str(file)])
    assert told.exit_code == 2
    # A terminal breaks lines.
    said = f"endless.yaml:4: $matches: '{ENDLESS}' takes more than 0.2 s on".replace(" ", "")
    assert said in "".join(told.output.split())
