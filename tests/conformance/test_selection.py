"""What a scenario needs of a CRM under test, beyond its steps."""

from callproof.conformance import loading
from callproof.conformance.selection import foreign_needs
from callproof.contract.operations import Side


def needs(scenario: str) -> set[str]:
    return set(foreign_needs(loading.find([scenario])[0], Side.CRM))


def test_users_that_are_given_have_to_be_set_and_customers_to_be_forgotten() -> None:
    assert needs("5-manager/not-free") == {"set user", "set-up"}
    assert needs("5-manager/responsible") == {"set-up"}
    assert needs("5-manager/no-customer") == set()
