"""What a CRM is started with."""

from dataclasses import dataclass, field

from simulator.core.budgets import Limits

SCOPES = (
    "telephony_read",
    "telephony_write",
    "user_read",
    "user_write",
    "customer_read",
    "customer_write",
    "reference_read",
    "integration_read",
    "integration_write",
    "order_read",
    "order_write",
    "task_read",
    "task_write",
)


@dataclass(frozen=True)
class CrmSettings:
    """``base_url`` is this end's own address, ``country`` reads numbers without a country code.

    ``strict`` refuses what the real CRM is thought to refuse instead of leaving a finding.
    ``limits`` are the budgets of a key, none by default. ``timezone`` is the account's, in which dates
    are written. ``timeout`` is in seconds and holds for every call to the PBX (contract.md, section 9.25).
    """

    api_key: str
    base_url: str
    seed: int = 1
    strict: bool = False
    country: str = "RU"
    timeout: float = 10.0
    allowed_hosts: tuple[str, ...] = ()
    database: str = "sqlite://"
    limits: Limits = field(default_factory=Limits)
    timezone: str = "UTC"
