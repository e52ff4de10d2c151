"""The methods about the account itself (evidence#service)."""

import re

from callproof.contract.operations import OPERATIONS
from callproof.crm.asked import Asked, Reply
from callproof.crm.store.calls import ShortSession

VERSIONS = ("3.0", "4.0", "5.0")
SYSTEM_VERSION = "8.7.77"


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


SHORT = {"credentials": credentials, "api-versions": api_versions, "system-info": system_info}
