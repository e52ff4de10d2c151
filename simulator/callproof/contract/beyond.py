"""Methods of the API that are known and not simulated; a telephony may well call them
(evidence#neighbours-read, evidence#neighbours-words)."""

import re

# What stands where an id may stand and is none; a method begins or ends there.
WORDS = ("create", "history", "notes", "upload", "combine", "fix-external-ids", "statuses", "subscriptions")

_SECTIONS = (
    "costs|custom-fields|files|loyalty|packs|payment|segments|store|delivery|web-analytics|notifications"
    "|statistic|verification|reference|settings|tasks|orders|customers-corporate"
)
_CUSTOMERS = "history|notes|upload|combine|fix-external-ids|subscriptions|[^/]+/(notes|subscriptions|tags)"
_PATH = re.compile(rf"/api/v[345]/(({_SECTIONS})|customers/({_CUSTOMERS}))(/.*)?")


def is_beyond(path: str) -> bool:
    """Whether a path that none of the contract's methods has is one of the API all the same."""
    return _PATH.fullmatch(path) is not None
