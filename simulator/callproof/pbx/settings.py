"""What a virtual PBX is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callproof.contract.dates import zone_problem
from callproof.contract.guide import CALL_BACKS, CLIENT_ID, MODULE_CODE
from callproof.errors import Misuse
from callproof.exchange.faults import Fault
from callproof.exchange.trust import USUAL as PUBLIC
from callproof.exchange.trust import Trust
from callproof.limits import USUAL, Bounds
from callproof.pbx.plan import default_plan
from callproof.pbx.rules.plan import NumberingPlan
from callproof.storage.durability import Durability


@dataclass(frozen=True)
class PbxSettings:
    """``base_url`` is this end's own address, under which the CRM reaches it; ``crm_url`` is the CRM's.

    ``code`` and ``client_id`` name the module at registration. ``upload_every`` is the period of history
    uploads in seconds; 0 uploads each call right after its end (evidence#guide-upload).
    ``rewrites`` are beginnings of public addresses of the CRM with what they are reached by; ``trust`` is
    whose certificates are believed. ``timezone`` is the CRM account's, in which dates are written. A CRM
    that keeps ``budgets`` of its own is asked again where it refuses with 503 or 429 (evidence#budgets).
    ``faults`` act from the start. ``bounds`` are the limits of what peers may make it spend.
    """

    base_url: str = ""
    crm_url: str = ""
    api_key: str = ""
    seed: int = 1
    code: str = MODULE_CODE
    client_id: str = CLIENT_ID
    plan: NumberingPlan = field(default_factory=default_plan)
    upload_every: float = 0.0
    timezone: str = "UTC"
    allowed_hosts: tuple[str, ...] = ()
    rewrites: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = PUBLIC
    budgets: bool = False
    database: str = "sqlite://"
    durability: Durability = "commit"
    faults: tuple[Fault, ...] = ()
    bounds: Bounds = USUAL

    def __post_init__(self) -> None:
        """Raises Misuse for a time zone that is none."""
        if problem := zone_problem(self.timezone):
            raise Misuse(problem)

    def call_back(self, operation: str) -> str:
        """The address at which the CRM calls with a method of the contract."""
        return self.base_url + CALL_BACKS[operation]
