"""Users, their status and groups (evidence#people)."""

from collections.abc import Mapping
from dataclasses import replace

from callproof.contract.dates import written
from callproof.contract.errors import EntityNotFound
from callproof.contract.jsontypes import Json, JsonObject, inner
from callproof.contract.values import whole
from callproof.crm.asked import Asked, Reply, ShortHandler
from callproof.crm.operations.people import Page, user_json
from callproof.crm.rules.model import User
from callproof.crm.store.sessions import CrmSession, ShortSession


def users(session: ShortSession, asked: Asked) -> Reply:
    wanted = inner(asked.query, "filter")
    page = Page.of(asked.query)
    known = session.directory().users.values()
    found = [user for user in known if _matches(user, wanted, asked.settings.timezone)]
    groups = {group.code: group for group in session.directory().groups}
    shown = [
        user_json(user, groups, asked.settings.timezone)
        for user in found[page.offset : page.offset + page.limit]
    ]
    return Reply({"pagination": page.pagination(len(found)), "users": list(shown)})


def user(session: ShortSession, asked: Asked) -> Reply:
    groups = {group.code: group for group in session.directory().groups}
    return Reply({"user": user_json(_known(session, asked), groups, asked.settings.timezone)})


def set_status(session: CrmSession, asked: Asked) -> Reply:
    """Set the status; the PBX hears of it when it really changed."""
    known = _known(session, asked)
    status = str(asked.query["status"])
    if status == known.status:
        return Reply()
    changed = replace(known, status=status)
    session.save_user(changed)
    return Reply(status_changed=changed)


def groups(session: ShortSession, asked: Asked) -> Reply:
    page = Page.of(asked.query)
    found = session.directory().groups
    shown: list[Json] = [
        {
            "id": group.id,
            "name": group.name,
            "code": group.code,
            "isManager": group.is_manager,
            "isPosManager": False,
            "isDeliveryMen": False,
            "deliveryTypes": [],
            "breakdownOrderTypes": [],
            "breakdownSites": [],
            "breakdownOrderMethods": [],
            "grantedOrderTypes": [],
            "grantedSites": [],
        }
        for group in found[page.offset : page.offset + page.limit]
    ]
    return Reply({"pagination": page.pagination(len(found)), "groups": shown})


def _known(session: ShortSession, asked: Asked) -> User:
    number = whole(asked.path["id"])
    found = session.user(number) if number is not None else None
    if found is None:
        raise EntityNotFound
    return found


def _matches(user: User, wanted: Mapping[str, Json], zone: str) -> bool:
    """Whether the user passes ``filter``; a status asks for being online as well
    (evidence#users-status-filter)."""
    plain: JsonObject = {
        "email": user.email,
        "status": user.status if user.online else None,
        "online": user.online,
        "active": user.active,
        "isManager": user.is_manager,
        "isPosManager": False,
        "isAdmin": user.is_admin,
    }
    if any(name in wanted and wanted[name] != value for name, value in plain.items()):
        return False
    groups = wanted.get("groups")
    if isinstance(groups, list) and groups and not set(groups) & set(user.groups):
        return False
    since, until = str(wanted.get("createdAtFrom", "0-0-0")), str(wanted.get("createdAtTo", "9999-12-31"))
    return _moment(since, "00:00:00") <= written(user.created_at, zone) <= _moment(until, "23:59:59")


def _moment(text: str, time: str) -> str:
    """A date or a moment as the API writes moments; a date alone gets this time."""
    day, _, given = text.partition(" ")
    year, month, number = day.split("-")
    return f"{year:>04}-{month:>02}-{number:>02} {given or time:>08}"


SHORT: dict[str, ShortHandler] = {"users": users, "user": user, "user-groups": groups}
HANDLERS = {"user-status": set_status}
