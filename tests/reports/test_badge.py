"""The verdict in a few words, as a picture."""

import xml.etree.ElementTree as ET

import pytest

from callproof.conformance.verdict import Check, ScenarioResult, Verdict, Whose
from callproof.reports import badge

GOOD = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:3")
BAD = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:3", problem="found <0> & nothing")


def verdict(
    *checks: Check, stopped: str = "", at_least: float = 0.0, misconfigured: bool = False
) -> Verdict:
    broken = "no view" if misconfigured else ""
    scenario = ScenarioResult("a", "T", "s.yaml", list(checks), broken, by=Whose.CONFIGURATION)
    return Verdict([scenario], 7, strict=False, stopped=stopped, at_least=at_least)


@pytest.mark.parametrize(
    ("found", "words", "colour"),
    [
        (verdict(GOOD), "conformant 0 %", badge.GREEN),
        (verdict(GOOD, BAD), "not conformant, 1 failed", badge.RED),
        (verdict(GOOD, at_least=80), "not conformant", badge.RED),
        (verdict(GOOD, stopped="The run was interrupted."), "no verdict", badge.GREY),
        (verdict(GOOD, misconfigured=True), "no verdict", badge.GREY),
    ],
)
def test_words_and_colour_are_the_verdict(found: Verdict, words: str, colour: str) -> None:
    root = ET.fromstring(badge.write(found))
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    fills = {rect.get("fill") for rect in root.iter("{http://www.w3.org/2000/svg}rect")}
    assert texts == ["callproof", words]
    assert colour in fills
    assert words in str(root.get("aria-label"))
