"""What each method does: a function from a judged request and a transaction to a reply.

One module per section of the API. Operations know neither Flask nor SQLAlchemy.
"""

from callproof.crm.asked import OperationHandler
from callproof.crm.operations import (
    customers,
    modules,
    neighbours,
    older,
    service,
    telephony,
    users,
)

HANDLERS: dict[str, OperationHandler] = {
    **service.HANDLERS,
    **modules.HANDLERS,
    **telephony.HANDLERS,
    **users.HANDLERS,
    **customers.HANDLERS,
    **neighbours.HANDLERS,
    **older.HANDLERS,
}
