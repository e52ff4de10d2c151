"""The rows that say where a request of each side goes, and where its key does."""

from collections.abc import Mapping

from callproof.contract.operations import Side

# The row that says how each method is asked for; the older settings of a telephony are a module's now.
ROWS: Mapping[str, str] = {
    "module-edit": "PBX-MODULE-01",
    "setting-v4": "PBX-MODULE-01",
    "setting-edit-v4": "PBX-MODULE-01",
    "setting-v3": "PBX-MODULE-01",
    "setting-edit-v3": "PBX-MODULE-01",
    "settings-edit-v3": "PBX-MODULE-01",
    "call-event": "PBX-EVENT-01",
    "call-event-v3": "PBX-EVENT-01",
    "calls-upload": "PBX-HISTORY-01",
    "manager-lookup": "PBX-MANAGER-01",
    "make-call": "CRM-CALL-01",
    "status-notice": "CRM-STATUS-01",
    "activity": "CRM-MODULE-12",
    "account": "CRM-MODULE-13",
    "record": "CRM-RECORD-01",
}
# Of any other method.
ELSEWHERE = {Side.PBX: "PBX-API-05", Side.CRM: "CRM-MODULE-17"}
SECRET = {Side.PBX: "PBX-API-06", Side.CRM: "CRM-API-16"}
