"""Who is responsible for a caller, and whether that manager may be returned (evidence#guide-manager,
evidence#manager, evidence#reading-shared-phone)."""

from collections.abc import Callable, Sequence

from callproof.contract.values import immutable
from callproof.crm.rules.model import Customer, Pool, User


@immutable(frozen=True, slots=True)
class Lookup:
    """The customer, if the number is known; the manager, if all conditions hold; else the reason."""

    customer: Customer | None = None
    manager: User | None = None
    code: str = ""
    reason: str = ""
    requirement: str = ""


def caller(customers: Sequence[Customer]) -> Customer | None:
    """Of several customers on one number: the latest changed one with a manager, else the latest one."""
    if not customers:
        return None
    with_manager = [customer for customer in customers if customer.manager_id is not None]
    return max(with_manager or customers, key=lambda c: (c.updated_at, c.id))


def look_up(
    customers: Sequence[Customer], user_of: Callable[[int], User | None], pool: Pool, *, ignore_status: bool
) -> Lookup:
    """All four conditions of the guide, in its order. ``ignore_status`` lifts the two in the middle."""
    customer = caller(customers)
    if customer is None:
        return Lookup(reason="no customer has this number", requirement="CRM-MANAGER-02")
    user = user_of(customer.manager_id) if customer.manager_id is not None else None
    if user is None or not user.active:
        return Lookup(
            customer, reason="the customer has no responsible manager", requirement="CRM-MANAGER-02"
        )
    who = f"the responsible manager, user {user.id},"
    if not ignore_status and not user.online:
        return Lookup(customer, reason=f"{who} is not authorised", requirement="CRM-MANAGER-03")
    if not ignore_status and user.status != "free":
        return Lookup(customer, reason=f"{who} has the status {user.status}", requirement="CRM-MANAGER-04")
    code = pool.code_of(user.id)
    if code is None:
        return Lookup(customer, reason=f"{who} has no extension", requirement="CRM-MANAGER-05")
    return Lookup(customer, user, code)
