"""Whatever a tested side sends and whatever files are called, no report and no terminal is broken by it."""

import io
import re

from hypothesis import given

from callproof.conformance.events import RunEnded, ScenarioPlayed
from callproof.conformance.verdict import Outcome, Verdict
from callproof.reports.console import Patient, said
from callproof.reports.terminal import Terminal
from tests.hostile import texts, verdicts

SGR = re.compile(r"\x1b\[[0-9;]*m")


def printed(found: Verdict, *, terminal: bool) -> str:
    out = Patient(file=io.StringIO(), force_terminal=terminal, highlight=False, width=140)
    hears = Terminal(out)
    for result in found.scenarios:
        hears.hear(ScenarioPlayed(result, Outcome.FAILED, "the side"))
    hears.hear(RunEnded(found))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@given(verdicts())
def test_a_terminal_gets_lines_of_ours_and_no_signs_that_act(found: Verdict) -> None:
    plain = printed(found, terminal=False)
    assert plain.replace("\n", "").isprintable()
    assert plain.splitlines().count("Conformant") == 0
    # Of all sequences it gets those of our own styles.
    styled = printed(found, terminal=True)
    assert SGR.sub("", styled).replace("\n", "").isprintable()
    assert len(styled.splitlines()) == len(plain.splitlines())


@given(texts)
def test_no_text_is_markup_or_more_than_a_part_of_a_line(text: str) -> None:
    out = Patient(file=io.StringIO(), highlight=False, width=140)
    out.print(f"begins {said(text)} ends", soft_wrap=True)
    assert isinstance(out.file, io.StringIO)
    (line,) = out.file.getvalue().splitlines()
    assert line.startswith("begins ")
    assert line.endswith(" ends")
