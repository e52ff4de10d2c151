"""What holds at the end of every scenario: stories are true, and what was refused left nothing."""

from pathlib import Path

import pytest

from callproof.conformance import arrival, coherence, keeping, loading, runner, statuses, story
from callproof.conformance.fates import IN_EVERY_SCENARIO
from callproof.conformance.verdict import Check
from callproof.exchange.faults import catalogue
from tools.kill_matrix import bench

CALL = """
title: Somebody calls, and nobody looks at it
steps:
  - do: customer calls
    from: +7 912 345-67-89
    to: +7-499-888-88-88
    as: call
  - wait: 4
  - do: answer
    call: $call.id
    extension: "200"
  - wait: 30
  - do: hang up
    call: $call.id
    by: customer
  - wait: 5
  - expect: pbx sends manager-lookup
    proves: PBX-MANAGER-01
"""
CLICK = """
title: A manager calls somebody, and nobody looks at it
steps:
  - do: manager clicks
    user: 2
    phone: +7 (912) 123-45-67
  - expect: pbx keeps calls
    with: {phone: {$phone: +7 (912) 123-45-67}}
    proves: PBX-CALL-01
    as: call
  - do: answer
    call: $call.value.id
  - wait: 6
  - do: answer
    call: $call.value.id
  - wait: 20
  - do: hang up
    call: $call.value.id
    by: manager
"""

NAMED = """
title: A manager gets a call
steps:
  - send: call-event
    entity: {phone: "+7-555-555-55-55", type: in, codes: ["200"], callExternalId: c-1}
  - expect: crm answers call-event
    proves: CRM-EVENT-01
"""
NOTICE = """
title: A manager's status changes
steps:
  - do: set user
    user: 1
    status: busy
  - expect: crm sends status-notice
    proves: CRM-STATUS-02
"""
ENDED = (
    NAMED
    + """  - send: call-event
    entity: {phone: "+7-555-555-55-55", type: hangup, codes: ["200"], hangupStatus: busy,
      callExternalId: c-1}
"""
)
BUSY = """
title: A manager is busy, and customers call
given:
  customers: [{externalId: mine-$run, firstName: Mine, managerId: $user2, phones: [{number: $number1}]}]
steps:
  - {do: set user, user: $user2, status: busy}
  - {wait: 5}
  - {do: customer calls, from: $number1, to: $line1, as: call}
  - {wait: 2}
  - {do: hang up, call: $call.id, by: customer}
"""
# The CRM has no time for the end of a call, and then has.
TROUBLE = """
title: The CRM is in trouble when a call ends
steps:
  - {fault: NAME, on: [call-event], where: {event.type: hangup}, first: 1}
  - {do: customer calls, from: $number1, to: $line1, as: call}
  - {do: answer, call: $call.id, extension: $extension1}
  - {wait: 9}
  - {do: hang up, call: $call.id, by: customer}
  - {wait: 60}
"""
# Its telephony is off, so that what it had no time for is refused when it comes again.
REFUSED = TROUBLE.replace("NAME", "crm-overloaded").replace(
    "steps:", "steps:\n  - {do: switch module, code: $module.code, active: false}"
)
# A PBX that was told that its module stands still sends nothing again.
FROZEN = TROUBLE.replace("NAME", "crm-mute").replace(
    "  - {do: hang up", "  - {do: switch module, code: $module.code, freeze: true}\n  - {do: hang up"
)
LATE = """
title: A call begins after its upload, and its end is lost
steps:
  - {fault: pbx-late-start}
  - {do: customer calls, from: $number1, to: $line1, as: call}
  - {fault: pbx-silent-end}
  - {do: hang up, call: $call.id, by: customer}
"""


def problems(folder: Path, text: str, *faults: str) -> dict[str, str]:
    """The first problem of each row that is red at the end."""
    file = folder / "mine.yaml"
    file.write_text(text)
    with bench() as ends:
        broken = [catalogue()[name] for name in faults]
        (result,) = runner.run(loading.find([str(file)]), ends, faults=broken)
    red: list[Check] = [check for check in result.checks if check.problem and check.where == result.file]
    return {check.requirement: check.problem for check in reversed(red)}


HIDDEN = CALL.replace("+7 912 345-67-89", "anonymous")
IN_TROUBLE = TROUBLE.replace("NAME", "crm-overloaded")


@pytest.mark.parametrize(
    "text", [CALL, CLICK, NOTICE, HIDDEN, ENDED, BUSY, IN_TROUBLE, REFUSED, FROZEN, LATE]
)
def test_a_side_that_tells_the_truth_has_nothing_held_against_it(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == {}


@pytest.mark.parametrize(
    ("text", "fault", "row", "problem"),
    [
        (CALL, "pbx-late-dates", "PBX-HISTORY-06", "420 s later"),
        (CALL, "pbx-untrue-history", "PBX-HISTORY-12", "duration is 7, expected 30"),
        (CALL, "pbx-untrue-history", "PBX-HISTORY-09", "result is 'unknown', and somebody answered"),
        (CALL, "pbx-reports-the-line", "PBX-EVENT-02", "phone is '+74999999999'"),
        (CALL, "pbx-reports-the-line", "PBX-EVENT-13", "phone is"),
        (CALL, "pbx-ends-untruly", "PBX-EVENT-08", "hangupStatus is 'busy', and somebody answered"),
        (CALL, "pbx-silent-end", "PBX-EVENT-06", "the end of call"),
        (CALL, "pbx-uploads-twice", "PBX-TROUBLE-07", "says again what was taken"),
        (CALL, "pbx-late-start", "PBX-EVENT-12", "a beginning is told after the end"),
        (NAMED, "crm-shows-everybody", "CRM-EVENT-07", "user 1 sees the card, whom no event names"),
        (CALL, "crm-refuses-and-keeps", "CRM-TROUBLE-05", "was refused"),
        (NOTICE, "crm-stranger", "CRM-MODULE-05", "which did not tell this address"),
        (ENDED, "crm-mixes-ends-up", "CRM-EVENT-06", "sees the card after the end"),
        (BUSY, "crm-names-anybody", "CRM-MANAGER-04", "manager 2 is named, whose status is busy"),
        (BUSY, "pbx-deaf-to-statuses", "PBX-STATUS-01", "200 rings, of whom a notice said busy"),
        (IN_TROUBLE, "pbx-gives-up", "PBX-TROUBLE-01", "was never taken"),
        (TROUBLE.replace("NAME", "crm-down"), "pbx-gives-up", "PBX-TROUBLE-02", "the end of call"),
        (TROUBLE.replace("NAME", "crm-truncated"), "pbx-gives-up", "PBX-TROUBLE-03", "the end of call"),
        (TROUBLE.replace("NAME", "crm-fails"), "pbx-untrue-history", "PBX-HISTORY-12", "duration is 7"),
    ],
)
def test_what_no_step_looks_at_is_held_against_what_happened(
    tmp_path: Path, text: str, fault: str, row: str, problem: str
) -> None:
    assert problem in problems(tmp_path, text, fault)[row]


def test_the_rows_that_are_judged_at_the_end_have_that_fate() -> None:
    assert set(IN_EVERY_SCENARIO) == {
        *story.ROWS,
        *coherence.ROWS,
        *keeping.ROWS,
        *statuses.ROWS,
        *arrival.ROWS,
    }
