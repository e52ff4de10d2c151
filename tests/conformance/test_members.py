"""No member of a message passes unseen: somebody compares its value, or there is a reason against it."""

from pathlib import Path

import pytest

from callproof.conformance import loading
from callproof.conformance.comparing import FORMS, THROUGH, VALUES, asked
from callproof.conformance.matching import OPERATORS
from callproof.conformance.members import Fate, Member, explain, fates
from callproof.files.yamlfile import Document, FileError


def test_every_member_is_compared_or_has_a_reason() -> None:
    unseen = [
        f"{member.message}: {member.path}"
        for member, fate in fates().items()
        if not (fate.rows or fate.reason)
    ]
    assert unseen == [], "compare them in a scenario, or say in schemas/unjudged.yaml why nobody can"


def test_what_the_scenarios_compare_is_found() -> None:
    date = fates()[Member("pbx sends cdr", ("date",))]
    assert "3-history/at-once" in date.rows["PBX-HISTORY-06"]
    assert fates()[Member("pbx sends module-edit", ("code",))].rows == {"PBX-MODULE-08": ["every message"]}
    assert "schema" in fates()[Member("crm answers users", ("success",))].rows["CRM-API-01"]


SCENARIO = """
title: Some calls
steps:
  - expect: pbx sends cdr
    with: {type: in}
    proves: PBX-HISTORY-05
    as: row
  - expect: pbx sends cdr
    %s
"""


def places(folder: Path, step: str) -> set[str]:
    file = folder / "mine.yaml"
    file.write_text(SCENARIO % step)
    (scenario,) = loading.find([str(file)])
    return {".".join(one.place) for one in asked(list(scenario.expectations)[-1])}


LOOKS_AT_A_FORM = ["{$any: true}", "{$absent: true}", "{$matches: '^a'}", "{$length: 1}", "{$not: x}"]


@pytest.mark.parametrize("pattern", LOOKS_AT_A_FORM)
def test_what_looks_at_a_form_alone_compares_nothing(tmp_path: Path, pattern: str) -> None:
    assert places(tmp_path, f"about: {{PBX-HISTORY-06: {{date: {pattern}}}}}") == set()


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("{date: {$if-present: x}}", "date"),
        ("{date: {$one-of: [x, y]}}", "date"),
        ("{date: {$contains: {a: x}}}", "date.[].a"),
        ("{date: {$json: {a: x}}}", "date.a"),
        ("{date: {$set: [x, y]}}", "date.[]"),
        ("{date: {$date: 1714564800}}", "date"),
        ("{date: {$as-text: 1}}", "date"),
        ("{date: [x, y]}", "date.[]"),
        ("{date: []}", "date"),
        ("{$status: 200}", "the status"),
    ],
)
def test_a_value_inside_other_operators_is_compared(tmp_path: Path, pattern: str, place: str) -> None:
    assert places(tmp_path, f"about: {{PBX-HISTORY-06: {pattern}}}") == {place}


def test_every_operator_is_known_to_ask_for_a_value_or_a_form() -> None:
    assert {*THROUGH, *VALUES, *FORMS} == set(OPERATORS)
    assert {pattern.partition(":")[0].strip("{") for pattern in LOOKS_AT_A_FORM} == set(FORMS)


def test_what_never_comes_says_nothing_of_what_does(tmp_path: Path) -> None:
    never = "with: {date: x}\n    times: 0\n    proves: PBX-HISTORY-06"
    assert places(tmp_path, never) == set()


MEMBER = Member("pbx sends cdr", ("site",))


@pytest.mark.parametrize(
    ("fate", "name", "problem"),
    [
        (Fate({"PBX-HISTORY-14": ["x"]}), "site", "site is compared after all"),
        (Fate({"PBX-HISTORY-14": ["x"]}), "the rest", "there is no member the rest"),
        (Fate(), "sight", "there is no member sight"),
    ],
)
def test_a_reason_without_need_is_refused(tmp_path: Path, fate: Fate, name: str, problem: str) -> None:
    file = tmp_path / "reasons.yaml"
    file.write_text(f"reasons:\n  - reason: Why not.\n    members:\n      pbx sends cdr: [{name}]\n")
    with pytest.raises(FileError, match=f"reasons.yaml:4: .*{problem}"):
        explain({MEMBER: fate}, Document(file))
