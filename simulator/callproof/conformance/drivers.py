"""Does what a scenario's actions say, by a method of one end's control API, and what goes before them."""

from collections.abc import Mapping
from urllib.parse import quote

from callproof.conformance.actions import ACTIONS
from callproof.contract.guide import Account
from callproof.contract.jsontypes import Json, JsonObject
from callproof.control.client import ActionRefused, Ends


def act(ends: Ends, action: str, args: Mapping[str, Json]) -> JsonObject:
    """Do one of ``ACTIONS``. Raises ActionRefused for an argument that the action does not know."""
    rule = ACTIONS[action]
    body: JsonObject = {}
    path = rule.path
    for name, value in args.items():
        if "{" + name + "}" in path:
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        elif name in rule.args:
            body[rule.args[name]] = value
        else:
            raise ActionRefused(f"{action!r} has no argument {name!r}")
    return ends.of(rule.end).post(path, body)


def settle_in(ends: Ends, account: Account) -> None:
    """The users and shops of the account are in our own CRM."""
    users: list[Json] = [{"id": user} for user in account.users]
    sites: list[Json] = [{"code": shop} for shop in account.shops]
    ends.crm.post("/seed", {"users": users, "sites": sites})
