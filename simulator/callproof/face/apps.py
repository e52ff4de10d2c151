"""Ends as Flask apps, for whoever embeds them, asks them by a test client, or lists their routes."""

from flask import Flask

from callproof.clocks.manual import ManualClock
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.crm.settings import CrmSettings
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening


def crm_app(
    *, seed: int = DEFAULT_SEED, strict: bool = False, base_url: str = "http://127.0.0.1:8080"
) -> Flask:
    """A CRM in memory, on a manual clock. Its API key follows from the seed.

    ``base_url`` is the address under which it is reached. It lives as long as its process.
    """
    settings = CrmSettings(api_key=api_key(seed), seed=seed, strict=strict, base_url=base_url)
    return Opening(ManualClock()).app(settings)


def pbx_app(
    *,
    seed: int = DEFAULT_SEED,
    crm_url: str = "http://127.0.0.1:8080",
    base_url: str = "http://127.0.0.1:8081",
) -> Flask:
    """A virtual PBX in memory, on a manual clock, with the guide's numbering plan."""
    settings = PbxSettings(api_key=api_key(seed), seed=seed, crm_url=crm_url, base_url=base_url)
    return Opening(ManualClock()).app(settings)
