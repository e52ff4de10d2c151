"""The account of the guide's examples: two users, two shops with a line each, one registered telephony."""

from collections.abc import Mapping

MANAGERS = 2
LINES = {"shop1": "+7-499-999-99-99", "shop2": "+7-499-888-88-88"}
CLIENT_ID = "2dbh26tahjj26sg"
# The code of the module there is up to whoever registers; this is the one of the virtual PBX.
MODULE_CODE = "virtual-pbx"

# Where the telephony answers the CRM, below its own address, by the contract's names of the call-backs; the
# guide leaves these addresses to the PBX.
CALL_BACKS: Mapping[str, str] = {
    "make-call": "/callbacks/make-call",
    "status-notice": "/callbacks/user-status",
    "activity": "/callbacks/activity",
    "account": "/callbacks/account",
}
RECORDINGS = "/recordings/"


def extension_of(user_id: int) -> str:
    """The guide gives user 1 the extension 100 and user 2 the extension 200; so it goes on."""
    return str(100 * user_id)
