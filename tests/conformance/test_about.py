"""Each row is judged by its own members: what differs reddens no other one."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from callproof.conformance import loading, runner
from callproof.conformance.judge import UnderTest
from callproof.conformance.verdict import Check, Outcome
from callproof.contract.operations import Side
from callproof.contract.requirements import Evidence
from callproof.errors import CallproofError
from tools.kill_matrix import bench

SCENARIO = """
title: A call is missed
rule: Each row has its own evidence.
steps:
  - do: customer calls
    from: +7 912 345-67-89
    to: +7-499-999-99-99
    as: call
  - expect: pbx sends call-event
    with: {type: %s}
    within: 5
    proves: PBX-EVENT-04
    about:
      PBX-EVENT-02: {phone: {$phone: +7 912 345-67-89}}
      PBX-EVENT-09: {externalPhone: {$phone: +7-499-888-88-88}}
      PBX-EVENT-10: {callExternalId: $call.id, $status: 200}
  - do: hang up
    call: $call.id
    by: customer
  - expect: pbx sends cdr
    within: 5
    about: {PBX-HISTORY-06: {date: {$date: $call.at}}}
"""


def played(folder: Path, kind: str) -> dict[str, Check]:
    file = folder / "mine.yaml"
    file.write_text(SCENARIO % kind)
    with bench() as ends:
        (result,) = runner.run(loading.find([str(file)]), ends)
    assert result.broken == ""
    return {check.requirement: check for check in result.checks if check.where != result.file}


def test_what_differs_reddens_the_row_about_that_member_alone(tmp_path: Path) -> None:
    checks = played(tmp_path, "in")
    assert [row for row, check in checks.items() if check.problem] == ["PBX-EVENT-09"]
    assert "externalPhone is" in checks["PBX-EVENT-09"].problem
    assert set(checks) == {"PBX-EVENT-02", "PBX-EVENT-04", "PBX-EVENT-09", "PBX-EVENT-10", "PBX-HISTORY-06"}


def test_where_nothing_is_meant_its_members_are_not_looked_at(tmp_path: Path) -> None:
    checks = played(tmp_path, "out")
    assert checks["PBX-EVENT-04"].problem
    assert set(checks) == {"PBX-EVENT-04", "PBX-HISTORY-06"}


def test_a_demand_weighs_no_more_than_what_it_rests_on() -> None:
    check = Check("CRM-API-06", "what", "where", "problem")
    assert check.outcome() is Outcome.FAILED
    assert replace(check, evidence=Evidence.PARAPHRASE).outcome() is Outcome.WARNED
    assert replace(check, evidence=Evidence.INFERRED).outcome() is Outcome.NOTED
    assert replace(check, evidence=Evidence.INFERRED).outcome(strict=True) is Outcome.WARNED
    noted = Check("PBX-API-04", "what", "where", "problem", evidence=Evidence.DOCUMENTED)
    assert noted.outcome() is Outcome.NOTED


LATE = """
title: A call is reported
steps:
  - fault: pbx-late-start
  - do: customer calls
    from: +7 912 345-67-89
    to: +7-499-999-99-99
    as: call
  - wait: %s
  - expect: pbx sends call-event
    with: {type: in}
    since: call
    within: %s
    proves: PBX-MANAGER-04
  - wait: 200
"""


@pytest.mark.parametrize(
    ("waited", "within", "problem"),
    [
        (0, 120, ""),
        (0, 60, "found 0"),
        (130, 60, "took 130 s since call, expected 60 s"),
    ],
)
def test_what_was_to_be_there_within_seconds_since_a_step_may_not_come_later(
    tmp_path: Path, waited: int, within: int, problem: str
) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(LATE % (waited, within))
    with bench() as ends:
        (result,) = runner.run(loading.find([str(file)]), ends)
    (check,) = [check for check in result.checks if check.where != result.file]
    assert problem in check.problem if problem else not check.problem


MAYBE = """
title: Whatever is sent
steps:
  - do: customer calls
    from: +7 912 345-67-89
    to: +7-499-999-99-99
    as: call
  - expect: pbx sends call-event
    with: {type: %s}
    at-most: 5
    about: {PBX-EVENT-02: {phone: other}}
  - do: hang up
    call: $call.id
    by: customer
"""


def test_what_need_not_be_is_judged_where_it_is(tmp_path: Path) -> None:
    for kind, wrong in (("in", True), ("out", False)):
        file = tmp_path / f"{kind}.yaml"
        file.write_text(MAYBE % kind)
        with bench() as ends:
            (result,) = runner.run(loading.find([str(file)]), ends)
        assert any(check.problem for check in result.checks) is wrong


REFUSED = """
title: A call is answered
steps:
  - do: answer
    call: nobody
    blames: PBX-MANAGER-04
  - do: hang up
    call: nobody
    by: customer
"""


def test_a_step_that_is_refused_breaks_the_rows_that_it_blames(tmp_path: Path) -> None:
    file = tmp_path / "refused.yaml"
    file.write_text(REFUSED)
    with bench() as ends:
        (result,) = runner.run(loading.find([str(file)]), ends)
    told = [check for check in result.checks if check.where != result.file]
    assert [(c.requirement, c.what, bool(c.problem)) for c in told] == [("PBX-MANAGER-04", "answer", True)]
    assert result.broken == ""


def test_a_step_blames_rows_of_the_side_that_acts(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(REFUSED.replace("PBX-MANAGER-04", "CRM-MANAGER-01"))
    with pytest.raises(CallproofError, match="CRM-MANAGER-01 binds the crm"):
        loading.find([str(file)])


CRIPPLED = """
title: A call starts
steps:
  - do: manager clicks
    user: 1
    phone: +7 (912) 123-45-67
  - expect: pbx keeps calls
    with: {phone: {$phone: +7 (912) 123-45-68}}
    proves: PBX-CALL-01
    as: call
  - do: hang up
    call: $call.value.id
    by: manager
"""


def test_what_cannot_go_on_after_a_miss_is_the_doing_of_that_row(tmp_path: Path) -> None:
    file = tmp_path / "crippled.yaml"
    file.write_text(CRIPPLED)
    with bench() as ends:
        (both,) = runner.run(loading.find([str(file)]), ends)
        (other,) = runner.run(loading.find([str(file)]), ends, judged=UnderTest(Side.CRM))
    assert [check.requirement for check in both.checks if check.problem] == ["PBX-CALL-01"]
    assert both.broken == ""
    assert "without the effect that was to be" in other.broken
