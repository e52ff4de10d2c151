"""Of what a CRM with budgets of its own refused, and was asked again, the last answer alone is judged."""

import pytest

from callproof.conformance.watching import Journals
from callproof.contract.operations import Side
from callproof.control.driven import RawRequest
from tools.kill_matrix import bench


@pytest.mark.parametrize(("budgets", "seen"), [(True, [200, 200]), (False, [200, 503, 200])])
def test_a_refusal_that_was_asked_again_is_no_answer(budgets: bool, seen: list[int]) -> None:
    users = RawRequest("GET", "/api/v5/users", {}, {}, None)
    with bench() as ends:
        journals = Journals(ends, budgets=budgets)
        journals.reset()
        ends.crm.post("/budgets", {"general": 1})
        for _ in range(2):
            ends.pbx.send(users)
        journals.read()
        ends.pass_time(2)
        ends.pbx.send(users)
        found = [one.status for one in journals.read() if one.seen_by is Side.PBX]
    assert found == seen
