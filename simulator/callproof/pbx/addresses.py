"""Where a CRM reaches the virtual PBX: paths below its address, by the names of the contract's methods."""

from collections.abc import Mapping

CALL_BACKS: Mapping[str, str] = {
    "make-call": "/callbacks/make-call",
    "status-notice": "/callbacks/user-status",
    "activity": "/callbacks/activity",
    "account": "/callbacks/account",
}
RECORDINGS = "/recordings/"
