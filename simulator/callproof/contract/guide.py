"""The account of the guide's examples: two users, two shops with a line each, one registered telephony."""

from collections.abc import Mapping

import msgspec

MANAGERS = 2
LINES = {"shop1": "+7-499-999-99-99", "shop2": "+7-499-888-88-88"}
CLIENT_ID = "2dbh26tahjj26sg"
# The code of the module there is up to whoever registers; this is the one of the virtual PBX.
MODULE_CODE = "virtual-pbx"


class Account(msgspec.Struct, frozen=True):
    """Two users with their extensions and two shops with their lines: the guide's, or those that a side
    under test has in their places. ``timezone`` is the one in which dates are written, ``country`` the one
    whose numbering plan reads national numbers."""

    users: tuple[int, int] = (1, 2)
    extensions: tuple[str, str] = ("100", "200")
    shops: tuple[str, str] = ("shop1", "shop2")
    lines: tuple[str, str] = (LINES["shop1"], LINES["shop2"])
    timezone: str = "UTC"
    country: str = "RU"

    def names(self) -> dict[str, int | str]:
        """As scenarios call them: ``user1``, ``extension2``, ``shop1``, ``line2`` and so on."""
        named: dict[str, int | str] = {}
        for place in (0, 1):
            named[f"user{place + 1}"] = self.users[place]
            named[f"extension{place + 1}"] = self.extensions[place]
            named[f"shop{place + 1}"] = self.shops[place]
            named[f"line{place + 1}"] = self.lines[place]
        return named


GUIDES = Account()


# Where the telephony answers the CRM, below its own address, by the contract's names of the call-backs; the
# guide leaves these addresses to the PBX.
CALL_BACKS: Mapping[str, str] = {
    "make-call": "/callbacks/make-call",
    "status-notice": "/callbacks/user-status",
    "activity": "/callbacks/activity",
    "account": "/callbacks/account",
}
RECORDINGS = "/recordings/"
# A module that is not in the marketplace has to show one (evidence#module-name).
LOGO = "/logo.svg"


def extension_of(user_id: int) -> str:
    """The guide gives user 1 the extension 100 and user 2 the extension 200; so it goes on."""
    return str(100 * user_id)
