"""Where the virtual PBX answers the CRM, below its own address."""

# By the contract's name of the call-back.
CALL_BACKS = {
    "make-call": "/callbacks/make-call",
    "status-notice": "/callbacks/user-status",
    "activity": "/callbacks/activity",
    "account": "/callbacks/account",
}
RECORDINGS = "/recordings/"
