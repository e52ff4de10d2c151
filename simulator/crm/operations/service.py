"""The methods about the account itself (contract.md, section 2)."""

from simulator.core.ports import CrmSession
from simulator.crm.exchange import Asked, Reply
from simulator.crm.settings import SCOPES

VERSIONS = ("3.0", "4.0", "5.0")
SYSTEM_VERSION = "8.7.77"

# The deprecated form of rights: version-less templates of the methods that are simulated.
TEMPLATES = (
    "/api/integration-modules/{code}",
    "/api/integration-modules/{code}/edit",
    "/api/telephony/call/event",
    "/api/telephony/calls/upload",
    "/api/telephony/manager",
    "/api/users",
    "/api/users/{id}",
    "/api/users/{id}/status",
    "/api/user-groups",
    "/api/reference/sites",
    "/api/customers",
    "/api/customers/create",
    "/api/customers/{externalId}",
    "/api/customers/{externalId}/edit",
)


def credentials(session: CrmSession, asked: Asked) -> Reply:
    return Reply(
        {
            "credentials": list(TEMPLATES),
            "scopes": list(SCOPES),
            "siteAccess": "access_full",
            "sitesAvailable": [site.code for site in session.sites()],
        }
    )


def api_versions(session: CrmSession, asked: Asked) -> Reply:
    return Reply({"versions": list(VERSIONS)})


def system_info(session: CrmSession, asked: Asked) -> Reply:
    address = asked.settings.base_url
    return Reply({"systemVersion": SYSTEM_VERSION, "publicUrl": address, "technicalUrl": address})


HANDLERS = {"credentials": credentials, "api-versions": api_versions, "system-info": system_info}
