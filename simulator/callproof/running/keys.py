"""By which key and which clientId the ends of one ``callproof serve`` let others in."""

import hmac
from dataclasses import replace

from callproof.crm.keeping import own_key
from callproof.running.meeting import ServeOptions


def keyed(options: ServeOptions) -> ServeOptions:
    """Both ends with the key that was given, that the CRM's database has, or that is new.

    Raises StorageError when the database cannot be used.
    """
    crm, pbx = options.crm, options.pbx
    key = (crm.api_key if crm else "") or (pbx.api_key if pbx else "")
    if crm:
        key = key or own_key(crm.database)
        crm = replace(crm, api_key=key)
    if pbx:
        pbx = replace(pbx, api_key=key, client_id=pbx.client_id or _client_id(key))
    return replace(options, crm=crm, pbx=pbx)


def _client_id(key: str) -> str:
    """As secret as the key, and the same as long as that one, so that a registration stays good."""
    return hmac.digest(key.encode(), b"clientId", "sha256").hex()[:24]
