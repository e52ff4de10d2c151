"""What the account has by codes: its shops, and the groups that statuses of orders come in."""

from callproof.contract.jsontypes import Json, JsonObject
from callproof.crm.asked import Asked, Reply, ShortHandler
from callproof.crm.operations.service import CURRENCY
from callproof.crm.store.sessions import ShortSession

# Each group with its statuses, in the order in which an order goes through them.
_GROUPS = {
    "new": ("New", ("new",)),
    "approval": ("Approval", ("availability-confirmed", "client-confirmed")),
    "assembling": ("Assembling", ("send-to-assembling", "assembling-complete")),
    "delivery": ("Delivery", ("send-to-delivery", "delivering")),
    "complete": ("Complete", ("complete",)),
    "cancel": ("Cancelled", ("no-call", "cancel-other")),
}


def sites(session: ShortSession, asked: Asked) -> Reply:
    """A map by code, not a list (evidence#sites, evidence#site-id)."""
    shown: JsonObject = {
        site.code: {
            "id": number,
            "name": site.name,
            "url": site.url,
            "code": site.code,
            "defaultForCrm": number == 1,
            "ordering": 10 * number,
            "countryIso": asked.settings.country,
            "currency": CURRENCY,
        }
        for number, site in enumerate(session.directory().sites, start=1)
    }
    return Reply({"sites": shown or []})


def status_groups(session: ShortSession, asked: Asked) -> Reply:
    """The same of the groups of statuses (evidence#status-groups)."""
    shown: dict[str, Json] = {
        code: {
            "name": name,
            "code": code,
            "active": True,
            "ordering": 10 * number,
            "process": code not in ("complete", "cancel"),
            "statuses": list(statuses),
        }
        for number, (code, (name, statuses)) in enumerate(_GROUPS.items(), start=1)
    }
    return Reply({"statusGroups": shown})


SHORT: dict[str, ShortHandler] = {"sites": sites, "status-groups": status_groups}
