"""The methods about the account itself (evidence#service)."""

import re

from callproof.clocks.manual import EPOCH
from callproof.contract.dates import written
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import OPERATIONS
from callproof.crm.asked import Asked, Reply
from callproof.crm.store.sessions import ShortSession

VERSIONS = ("3.0", "4.0", "5.0")
SYSTEM_VERSION = "8.7.77"
CURRENCY = "RUB"

_SET_AT = EPOCH - 30 * 86400
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_WORK: JsonObject = {
    "start_time": "09:00",
    "end_time": "18:00",
    "lunch_start_time": "13:00",
    "lunch_end_time": "14:00",
}


def credentials(session: ShortSession, asked: Asked) -> Reply:
    """The rights of the key in both forms, and the shops that it sees (evidence#credentials)."""
    grant = asked.grant
    granted = [op.path for op in OPERATIONS if op.scope and op.scope in grant.scopes]
    methods = [re.sub(r"/v\d", "", path) for path in granted]
    return Reply(
        {
            "credentials": list(dict.fromkeys(methods)),
            "scopes": list(grant.scopes),
            "siteAccess": "access_full" if grant.sites is None else "access_selective",
            "sitesAvailable": [site.code for site in session.directory().sites if grant.sees(site.code)],
        }
    )


def api_versions(session: ShortSession, asked: Asked) -> Reply:
    return Reply({"versions": list(VERSIONS)})


def system_info(session: ShortSession, asked: Asked) -> Reply:
    address = asked.settings.base_url
    return Reply({"systemVersion": SYSTEM_VERSION, "publicUrl": address, "technicalUrl": address})


def settings(session: ShortSession, asked: Asked) -> Reply:
    """What the account lives by, each value with the time of its last change (evidence#settings-read)."""
    zone = asked.settings.timezone

    def value(text: str) -> JsonObject:
        return {"value": text, "updated_at": written(_SET_AT, zone)}

    days: list[Json] = [{"day_type": day, **_WORK} for day in _DAYS]
    return Reply(
        {
            "settings": {
                "default_currency": value(CURRENCY),
                "system_language": value("EN"),
                "timezone": value(zone),
                "work_times": days,
                "non_working_days": [{"start_date": "01.01", "end_date": "01.08"}],
            }
        }
    )


SHORT = {
    "credentials": credentials,
    "api-versions": api_versions,
    "system-info": system_info,
    "settings": settings,
}
