"""10 requests a second in general and 40 for telephony, as two budgets (evidence#budget-figures)."""

import pytest

from callproof.contract.budgets import Purse, purse_of


@pytest.mark.parametrize(
    ("path", "purse"),
    [
        ("/api/v5/telephony/call/event", Purse.TELEPHONY),
        ("/api/v4/telephony", Purse.TELEPHONY),
        ("/api/v5/telephone", Purse.GENERAL),
        ("/api/v5/Telephony/manager", Purse.GENERAL),
        ("/api/v5/users", Purse.GENERAL),
        ("/api/credentials", Purse.GENERAL),
        ("/api", Purse.GENERAL),
    ],
)
def test_the_beginning_of_the_path_decides_the_budget(path: str, purse: Purse) -> None:
    assert purse_of(path) is purse
