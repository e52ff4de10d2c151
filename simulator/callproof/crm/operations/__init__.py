"""What each method does: a function from a judged request and a transaction to a reply.

One module per section of the API. Operations know neither Flask nor SQLAlchemy.
"""

from callproof.crm.asked import OperationHandler, ShortHandler
from callproof.crm.operations import (
    companies,
    customers,
    history,
    modules,
    neighbours,
    older,
    references,
    service,
    telephony,
    users,
)

SHORT: dict[str, ShortHandler] = {
    **service.SHORT,
    **modules.SHORT,
    **telephony.SHORT,
    **users.SHORT,
    **references.SHORT,
    **customers.SHORT,
}
HANDLERS: dict[str, OperationHandler] = {
    **SHORT,
    **modules.HANDLERS,
    **users.HANDLERS,
    **customers.HANDLERS,
    **history.HANDLERS,
    **neighbours.HANDLERS,
    **companies.HANDLERS,
    **older.HANDLERS,
}
