"""The actions that a scenario can name, and which method of a control API each of them is."""

from collections.abc import Mapping
from dataclasses import dataclass

from callproof.contract.operations import Side


@dataclass(frozen=True)
class ActionRule:
    """Which end acts, the path of the control method, and the arguments by their names there.

    A side under test need not know an action that is ``optional``: without a stimulus it is absent.
    """

    end: Side
    path: str
    args: Mapping[str, str]
    optional: bool = False


# The actions of a scenario's ``do`` steps. ``{call}`` in a path is the argument of that name.
ACTIONS: dict[str, ActionRule] = {
    "register": ActionRule(Side.PBX, "/register", {}),
    "customer calls": ActionRule(Side.PBX, "/calls", {"from": "from", "to": "to"}),
    "answer": ActionRule(Side.PBX, "/calls/{call}/answer", {"extension": "extension"}),
    "refuse": ActionRule(Side.PBX, "/calls/{call}/refuse", {"extension": "extension"}),
    "hang up": ActionRule(Side.PBX, "/calls/{call}/hang-up", {"by": "by"}),
    "drop": ActionRule(Side.PBX, "/calls/{call}/fail", {}),
    "dial": ActionRule(
        Side.PBX, "/dial", {"extension": "extension", "to": "to", "line": "line"}, optional=True
    ),
    "engaged": ActionRule(Side.PBX, "/calls/{call}/engaged", {}, optional=True),
    "hold": ActionRule(Side.PBX, "/calls/{call}/hold", {}, optional=True),
    "take back": ActionRule(Side.PBX, "/calls/{call}/take-back", {}, optional=True),
    "transfer": ActionRule(Side.PBX, "/calls/{call}/transfer", {"to": "to"}, optional=True),
    "flush": ActionRule(Side.PBX, "/flush", {}, optional=True),
    "set plan": ActionRule(Side.PBX, "/plan", {"plan": "plan"}, optional=True),
    "set hours": ActionRule(Side.PBX, "/hours", {"hours": "hours"}, optional=True),
    "set zone": ActionRule(Side.PBX, "/zone", {"zone": "timezone"}, optional=True),
    "set account": ActionRule(
        Side.CRM,
        "/account",
        {"zone": "timezone", "country": "country", "shops": "shops"},
        optional=True,
    ),
    "manager clicks": ActionRule(
        Side.CRM, "/click-to-call", {"user": "userId", "phone": "phone", "site": "site"}
    ),
    "set user": ActionRule(Side.CRM, "/users/{user}", {"online": "online", "status": "status"}),
    "switch module": ActionRule(Side.CRM, "/modules/{code}", {"active": "active", "freeze": "freeze"}),
    "open account": ActionRule(Side.CRM, "/modules/{code}/account", {}),
    "set mapping": ActionRule(
        Side.CRM,
        "/modules/{code}/mapping",
        {"extensions": "extensions", "lines": "lines"},
        optional=True,
    ),
    "delete module": ActionRule(Side.CRM, "/modules/{code}/delete", {}, optional=True),
    "give key": ActionRule(Side.CRM, "/keys", {"key": "key", "scopes": "scopes", "sites": "sites"}),
    "set budgets": ActionRule(
        Side.CRM, "/budgets", {"general": "general", "telephony": "telephony", "status": "status"}
    ),
    "play": ActionRule(Side.CRM, "/play", {"call": "externalId", "range": "range"}),
}
