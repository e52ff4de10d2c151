"""What a CRM is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from msgspec import Struct

from callproof.contract.budgets import Limits
from callproof.contract.dates import zone_problem
from callproof.contract.guide import MANAGERS
from callproof.crm.account import CUSTOMERS
from callproof.errors import Misuse
from callproof.exchange.faults import Fault
from callproof.exchange.trust import USUAL as PUBLIC
from callproof.exchange.trust import Trust
from callproof.limits import USUAL, Bounds
from callproof.storage.durability import Durability

Scope = Literal[
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
]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Readings(Struct, frozen=True, rename="camel"):
    """How the CRM reads what no source settles (evidence#readings); the first choice is the default.

    ``repeat``: ``keep`` the first upload of a call, or ``update-record-url`` from a later one
    (evidence#reading-repeat).
    ``brokenCall``: ``refuse-batch`` when one call is broken, or ``take-the-rest`` with status 460
    (evidence#reading-broken-call).
    ``absentCodes``: ``keep`` the extensions when a change leaves them out, or ``clear`` them
    (evidence#reading-absent-codes).
    ``dial``: ``digits`` with the country code in makeCallUrl, or the number ``as-stored``
    (evidence#reading-dial).
    ``recordParams``: which of clientId, externalId and phone a recordUrl is called with
    (evidence#reading-record-params).
    ``links``: ``known`` shows what there is for the caller, ``sample`` the two of the documentation
    (evidence#reading-links).
    ``simpleConnection``: whether modules count as connected by one click (evidence#reading-connection).
    ``funds``: ``short`` refuses to activate a module with 402; ``account``: ``unknown`` refuses every
    request as to a subdomain that does not exist (evidence#refusal-funds, evidence#refusal-account).
    """

    repeat: Literal["keep", "update-record-url"] = "keep"
    broken_call: Literal["refuse-batch", "take-the-rest"] = "refuse-batch"
    absent_codes: Literal["keep", "clear"] = "keep"
    dial: Literal["digits", "as-stored"] = "digits"
    record_params: tuple[Literal["clientId", "externalId", "phone"], ...] = ("clientId",)
    links: Literal["known", "sample"] = "known"
    simple_connection: Literal["enabled", "disabled"] = "enabled"
    funds: Literal["enough", "short"] = "enough"
    account: Literal["exists", "unknown"] = "exists"


@dataclass(frozen=True)
class Knobs:
    """What a tester may turn while the CRM runs; kept in its database, so the same for every worker."""

    readings: Readings = field(default_factory=Readings)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class CrmSettings:
    """``base_url`` is this end's own address, ``country`` reads numbers without a country code.

    ``strict`` refuses what the real CRM is thought to refuse instead of leaving a finding.
    ``rewrites`` are beginnings of public addresses of the PBX with what they are reached by. ``limits``
    are the budgets of a key, none by default. ``timezone`` is the account's, in which dates are written.
    ``managers`` and ``customers`` are how many the seed makes. ``trust`` is whose certificates it believes
    when it calls the PBX. ``faults`` act from the start. Of so many exchanges the journal keeps one,
    ``journal_every``; 0 keeps none. ``workers`` processes answer as this CRM. ``bounds`` are the limits of
    what peers may make it spend, and how long every call to the PBX may take (evidence#reading-timeout).
    """

    api_key: str
    base_url: str = ""
    seed: int = 1
    strict: bool = False
    country: str = "RU"
    allowed_hosts: tuple[str, ...] = ()
    rewrites: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = PUBLIC
    database: str = "sqlite://"
    durability: Durability = "commit"
    limits: Limits = field(default_factory=Limits)
    timezone: str = "UTC"
    managers: int = MANAGERS
    customers: int = CUSTOMERS
    faults: tuple[Fault, ...] = ()
    bounds: Bounds = USUAL
    journal_every: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        """Raises Misuse for a time zone that is none."""
        if problem := zone_problem(self.timezone):
            raise Misuse(problem)
