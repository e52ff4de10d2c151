"""Whatever a tested side sends and whatever files are called, no report and no terminal is broken by it."""

import io
import re
import xml.etree.ElementTree as ET

import orjson
from hypothesis import given, settings

from callproof.conformance.events import RunEnded, ScenarioPlayed
from callproof.conformance.verdict import Outcome, Verdict
from callproof.reports import ctrf, github, har, html, json_report, junit, markdown
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


@settings(max_examples=25)
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


@settings(max_examples=25)
@given(verdicts())
def test_junit_is_well_formed_and_its_texts_act_on_nothing(found: Verdict) -> None:
    root = ET.fromstring(junit.write(found))
    assert [suite.tag for suite in root] == ["testsuite"] * len(root)
    assert int(root.attrib["tests"]) == len([*root.iter("testcase")])
    for element in root.iter():
        for text in (element.text or "", *element.attrib.values()):
            assert text.replace("\n", "").replace("\t", "").isprintable()


@settings(max_examples=25)
@given(verdicts())
def test_json_of_every_kind_is_utf8_that_can_be_read_back(found: Verdict) -> None:
    for write in (json_report.write, ctrf.write, har.write):
        assert isinstance(orjson.loads(write(found)), dict)
    assert html.write(found).decode("utf-8").rstrip().endswith("</html>")


@settings(max_examples=25)
@given(verdicts())
def test_nobody_adds_a_line_to_markdown_or_a_command_to_annotations(found: Verdict) -> None:
    page = markdown.write(found).decode("utf-8")
    assert page.replace("\n", "").isprintable()
    lines = page.split("\n")
    assert not [
        line for line in lines if re.search(r"<(?!/?(br|details|summary)>)", line) and "`" not in line
    ]
    assert sum(line.startswith("## ") for line in lines) == 1
    for one in github.annotations(found):
        line = str(one)
        assert line.replace("\t", "").isprintable()
        assert re.match(r"::(error|warning) ", line)
