"""Who may ask for what: the API key in any of its three places, and its scopes (evidence#key,
evidence#rights)."""

import hmac
from collections.abc import Iterable

from callproof.contract.decoding import Decoded
from callproof.contract.errors import AccessDenied, MissingApiKey, WrongApiKey
from callproof.crm.rules.model import Grant

# Asks for the one method that wants no key.
NOBODY = Grant("", ())


def given_key(header: str | None, request: Decoded) -> str:
    """The key of the request: X-API-KEY before query before form; ``""`` when there is none."""
    if header:
        return header
    for source in (request.query, request.fields):
        if isinstance(value := source.get("apiKey"), str) and value:
            return value
    return ""


def grant_of(key: str, grants: Iterable[Grant]) -> Grant:
    """What the key may do. Raises MissingApiKey or WrongApiKey; compares in constant time."""
    if not key:
        raise MissingApiKey
    given, found = key.encode(), None
    for grant in grants:
        if hmac.compare_digest(given, grant.key.encode()):
            found = grant
    if found is None:
        raise WrongApiKey
    return found


def demand_scope(grant: Grant, scope: str | None) -> None:
    """Raises AccessDenied when the method needs a scope that the key lacks."""
    if scope and scope not in grant.scopes:
        refusal = AccessDenied()
        refusal.add_note(f"the key lacks the scope {scope}")
        raise refusal
