"""The history as the API gives it back (evidence#calls-read)."""

import msgspec

from callproof import kinds
from callproof.contract.jsontypes import Json, JsonObject
from callproof.crm.asked import Asked, OperationHandler, Reply
from callproof.crm.operations.people import DEFAULT_LIMIT, present
from callproof.crm.rules.model import HistoryCall
from callproof.crm.rules.told import FinishedCall
from callproof.crm.store.sessions import CrmSession

# Of an incoming call, whatever else became of it.
_TAKEN = "answered"


class _Part(msgspec.Struct):
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


def calls(session: CrmSession, asked: Asked) -> Reply:
    """A part of the history, the newest call first; ``nextCursor`` leads to the calls before, where there
    are any. Links to recordings are not given back."""
    part = kinds.convert(asked.query, _Part)
    before = None if part.cursor is None else int(part.cursor)
    found = session.newest_calls(part.limit + 1, before, asked.grant.sites)
    page = found[: part.limit]
    pagination: JsonObject = {"limit": part.limit}
    if len(found) > part.limit:
        pagination["nextCursor"] = str(page[-1][0])
    shown: list[Json] = [_shown(session, number, call) for number, call in page]
    return Reply({"pagination": pagination, "calls": shown})


def _shown(session: CrmSession, number: int, call: HistoryCall) -> JsonObject:
    told = kinds.convert(call.document, FinishedCall)
    result, user = call.document.get("result"), session.user(call.user_id) if call.user_id else None
    code = told.code or (session.directory().pool.code_of(user.id) if user else None)
    order = session.last_order(call.customer_id) if call.customer_id else None
    manager: JsonObject = {}
    if user:
        names: JsonObject = {"firstName": user.first_name, "lastName": user.last_name}
        manager = present({"id": user.id, **names, "code": code})
    return present(
        {
            "id": number,
            "externalId": told.external_id,
            "type": told.type,
            "date": told.date,
            "code": code,
            "manager": manager or None,
            "phone": told.phone,
            "result": result,
            "duration": call.document.get("duration"),
            "isMissed": told.type == "in" and result != _TAKEN,
            "externalPhone": call.document.get("externalPhone"),
            "orderNumber": order.document.get("number") if order else None,
            "customer": {"id": call.customer_id} if call.customer_id else None,
        }
    )


HANDLERS: dict[str, OperationHandler] = {"calls": calls}
