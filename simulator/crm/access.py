"""Who may ask: the API key in any of its three places (contract.md, section 1.2)."""

import hmac

from simulator.contract.errors import MissingApiKey, WrongApiKey
from simulator.contract.wire import Decoded


def given_key(header: str | None, request: Decoded) -> str:
    """The key of the request: X-API-KEY before query before form; ``""`` when there is none."""
    if header:
        return header
    for source in (request.query, request.fields):
        if isinstance(value := source.get("apiKey"), str) and value:
            return value
    return ""


def demand_key(key: str, expected: str) -> None:
    """Raises MissingApiKey or WrongApiKey; compares in constant time."""
    if not key:
        raise MissingApiKey
    if not hmac.compare_digest(key.encode(), expected.encode()):
        raise WrongApiKey
