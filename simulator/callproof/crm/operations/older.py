"""Versions 3 and 4 of the telephony methods, mapped on the same state (evidence#older)."""

from dataclasses import replace

from callproof.contract.errors import EntityNotFound
from callproof.contract.jsontypes import Json, JsonObject, inner
from callproof.crm.asked import Asked, Reply
from callproof.crm.operations import modules, telephony
from callproof.crm.store.sessions import CrmSession

_TELEPHONY = (
    "makeCallUrl",
    "changeUserStatusUrl",
    "allowEdit",
    "inputEventSupported",
    "outputEventSupported",
    "hangupEventSupported",
    "additionalCodes",
    "externalPhones",
)
_ROOT = {"code": "code", "clientId": "clientId", "name": "name", "active": "active", "image": "logo"}


def edit_v4(session: CrmSession, asked: Asked) -> Reply:
    """Create or change by ``configuration``; 201 or 200."""
    reply = _edit(session, asked, asked.document)
    return Reply(status=reply.status)


def edit_v3(session: CrmSession, asked: Asked) -> Reply:
    """The same by plain fields; the answer is always 201."""
    _edit(session, asked, asked.query)
    return Reply(status=201)


def get(session: CrmSession, asked: Asked) -> Reply:
    """The settings as a ``configuration``, without clientId."""
    module = session.module(asked.path["code"])
    if module is None:
        raise EntityNotFound
    document = module.document
    telephony_block = inner(inner(document, "integrations"), "telephony")
    shown: JsonObject = {old: document[new] for old, new in _ROOT.items() if new in document}
    del shown["clientId"]
    shown |= {name: telephony_block[name] for name in _TELEPHONY if name in telephony_block}
    codes: list[Json] = [{"userId": str(e.user_id), "code": e.code} for e in module.extensions]
    shown["additionalCodes"] = codes
    return Reply({"configuration": shown})


def event_v3(session: CrmSession, asked: Asked) -> Reply:
    """An event as flat fields, with a single extension."""
    event = {name: value for name, value in asked.query.items() if name not in ("code", "clientId")}
    return telephony.event(session, replace(asked, entity={**event, "codes": [asked.query["code"]]}))


def _edit(session: CrmSession, asked: Asked, sent: JsonObject) -> Reply:
    module: JsonObject = {new: sent[old] for old, new in _ROOT.items() if old in sent}
    settings: JsonObject = {name: sent[name] for name in _TELEPHONY if name in sent}
    module["integrations"] = {"telephony": settings}
    return modules.edit(session, replace(asked, entity=module))


HANDLERS = {
    "setting-v4": get,
    "setting-v3": get,
    "setting-edit-v4": edit_v4,
    "setting-edit-v3": edit_v3,
    "settings-edit-v3": edit_v3,
    "call-event-v3": event_v3,
}
