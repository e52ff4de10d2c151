"""Which calls the PBX does not start, and what it says instead."""

from collections.abc import Collection

from callproof.contract.phones import digits
from callproof.errors import Refusal
from callproof.pbx.rules.plan import NumberingPlan

SHORTEST_NUMBER = 3


class CallRefused(Refusal):
    """The PBX cannot start this call; ``status`` is what makeCallUrl answers."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def demand_number(phone: str) -> None:
    """Raises CallRefused with 422 for what cannot be dialled."""
    if len(digits(phone)) < SHORTEST_NUMBER:
        raise CallRefused(f"{phone!r} is not a number that can be dialled", 422)


def demand_outside(plan: NumberingPlan, phone: str) -> None:
    """Raises CallRefused with 422 for an extension: the contract knows no internal calls."""
    if phone.strip() in plan.extensions:
        why = "internal calls are not part of the contract; dial a customer's number"
        raise CallRefused(f"{phone} is an extension, and {why}", 422)


def demand_free(plan: NumberingPlan, busy: Collection[str], extension: str) -> None:
    """Raises CallRefused with 404 for an unknown extension and 409 for a busy one."""
    if extension not in plan.extensions:
        raise CallRefused(f"There is no extension {extension}", 404)
    if extension in busy:
        raise CallRefused(f"Extension {extension} is busy", 409)
