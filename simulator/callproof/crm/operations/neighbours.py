"""Tasks, orders and companies: kept, read and listed, tasks changed as well, no more (evidence#neighbours,
evidence#missed-tasks)."""

from dataclasses import dataclass, replace

from callproof import kinds
from callproof.contract.dates import written
from callproof.contract.errors import INVALID, EntityNotFound, InvalidEntity, NotLoaded
from callproof.contract.jsontypes import Json, JsonObject, inner
from callproof.contract.values import whole
from callproof.crm.asked import Asked, OperationHandler, Reply
from callproof.crm.operations.people import Page
from callproof.crm.operations.shops import demand_site
from callproof.crm.rules.model import StoredDocument
from callproof.crm.store.sessions import CrmSession


@dataclass(frozen=True)
class Neighbour:
    """One kind of document; ``singular`` and ``plural`` are its names in answers, ``manager`` the member
    that names a user, ``what`` its name in a refusal."""

    kind: str
    singular: str
    plural: str
    manager: str
    what: str


def create(neighbour: Neighbour) -> OperationHandler:
    def handler(session: CrmSession, asked: Asked) -> Reply:
        sent = asked.document
        stored = session.add_document(
            StoredDocument(
                kind=neighbour.kind,
                external_id=_demand_good(session, neighbour, sent),
                site=demand_site(session, asked, None),
                customer_id=customer_of(session, sent),
                created_at=asked.now,
                document=sent,
            )
        )
        return Reply({"id": stored.id}, 201)

    return handler


def edit(neighbour: Neighbour) -> OperationHandler:
    """Change the members that were sent (evidence#task-edit)."""

    def handler(session: CrmSession, asked: Asked) -> Reply:
        old, sent = known(session, neighbour, asked), asked.document
        external_id = _demand_good(session, neighbour, sent, old.id)
        changed = replace(
            old,
            external_id=external_id if "externalId" in sent else old.external_id,
            customer_id=customer_of(session, sent) if "customer" in sent else old.customer_id,
            document={**old.document, **sent},
        )
        session.save_document(changed)
        return Reply({"id": old.id})

    return handler


def listing(neighbour: Neighbour) -> OperationHandler:
    def handler(session: CrmSession, asked: Asked) -> Reply:
        page = Page.of(asked.query)
        found = [d for d in session.documents(neighbour.kind) if asked.grant.sees(d.site)]
        if asked.query.get("filter"):
            asked.remark("/filter", "filters of this list are not simulated", "Read the whole list.")
        shown: list[Json] = [_shown(d, asked) for d in found[page.offset : page.offset + page.limit]]
        return Reply({"pagination": page.pagination(len(found)), neighbour.plural: shown})

    return handler


def get(neighbour: Neighbour) -> OperationHandler:
    def handler(session: CrmSession, asked: Asked) -> Reply:
        return Reply({neighbour.singular: _shown(known(session, neighbour, asked), asked)})

    return handler


def known(session: CrmSession, neighbour: Neighbour, asked: Asked) -> StoredDocument:
    """The document that the address names. Raises EntityNotFound."""
    uid = asked.path.get("uid") or asked.path["id"]
    if "uid" in asked.path and asked.query.get("by", "externalId") == "externalId":
        found = session.document(neighbour.kind, external_id=uid)
    else:
        found = session.document(neighbour.kind, number=whole(uid) or 0)
    if found is None or not asked.grant.sees(found.site):
        raise EntityNotFound
    return found


def _demand_good(session: CrmSession, neighbour: Neighbour, sent: JsonObject, own: int = 0) -> str | None:
    """The externalId that was sent. Raises NotLoaded for an unknown user, and InvalidEntity when another
    document than that with the number ``own`` has the externalId."""
    user = sent.get(neighbour.manager)
    if isinstance(user, int) and session.user(user) is None:
        refusal = NotLoaded(neighbour.what)
        refusal.errors = {neighbour.manager: INVALID}
        raise refusal
    external_id = kinds.convert(sent.get("externalId"), str | None)
    other = session.document(neighbour.kind, external_id=external_id) if external_id is not None else None
    if other is not None and other.id != own:
        raise InvalidEntity({"externalId": f"{neighbour.what} with this externalId already exists."})
    return external_id


def customer_of(session: CrmSession, sent: JsonObject) -> int | None:
    """Of the customer whom a document names, the id, where there is one."""
    named = inner(sent, "customer")
    if isinstance(number := named.get("id"), int):
        found = session.customer(number)
    elif "externalId" in named:
        found = session.customer_by_external_id(str(named["externalId"]))
    else:
        return None
    return found.id if found else None


def _shown(document: StoredDocument, asked: Asked) -> JsonObject:
    created = written(document.created_at, asked.settings.timezone)
    return {**document.document, "id": document.id, "site": document.site, "createdAt": created}


_TASK = Neighbour("task", "task", "tasks", "performerId", "Task")
_ORDER = Neighbour("order", "order", "orders", "managerId", "Order")
COMPANY = Neighbour("company", "customerCorporate", "customersCorporate", "managerId", "CustomerCorporate")

HANDLERS: dict[str, OperationHandler] = {
    "tasks": listing(_TASK),
    "task-create": create(_TASK),
    "task": get(_TASK),
    "task-edit": edit(_TASK),
    "orders": listing(_ORDER),
    "order-create": create(_ORDER),
    "order": get(_ORDER),
    "customers-corporate": listing(COMPANY),
    "corporate-create": create(COMPANY),
    "corporate": get(COMPANY),
}
