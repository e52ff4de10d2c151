"""10 requests a second in general and 40 for telephony, as two budgets (evidence#budget-figures)."""

import pytest

from callproof.contract.budgets import Purse, purse_of


@pytest.mark.parametrize(
    ("path", "purse"),
    [
        ("/telephony/call/event", Purse.TELEPHONY),
        ("/telephony", Purse.TELEPHONY),
        ("/telephone", Purse.GENERAL),
        ("/Telephony/manager", Purse.GENERAL),
        ("/users", Purse.GENERAL),
    ],
)
def test_the_beginning_of_the_path_decides_the_budget(path: str, purse: Purse) -> None:
    assert purse_of(path) is purse
