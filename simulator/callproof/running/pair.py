"""The built-in pair that a check or a test starts for itself."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from callproof.clocks.clock import Clock
from callproof.clocks.manual import ManualClock
from callproof.contract.budgets import Limits
from callproof.contract.guide import MANAGERS
from callproof.contract.operations import Side
from callproof.control.client import Ends
from callproof.crm.account import CUSTOMERS, DEFAULT_SEED, api_key
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan
from callproof.pbx.rules.plan import NumberingPlan
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from callproof.running.threads import Address
from callproof.web.site import Surroundings


@dataclass(frozen=True)
class BuiltIn:
    """Two running ends that know each other."""

    crm: Crm
    pbx: Pbx
    crm_url: str
    pbx_url: str
    api_key: str
    # What the scenarios and the traffic drive.
    ends: Ends


@contextmanager
def built_in(
    seed: int = DEFAULT_SEED,
    clock: Clock | None = None,
    *,
    strict: bool = False,
    plan: NumberingPlan | None = None,
    managers: int = MANAGERS,
    customers: int = CUSTOMERS,
    limits: Limits | None = None,
    timezone: str = "UTC",
    country: str = "RU",
    nearby: bool = False,
) -> Iterator[BuiltIn]:
    """Both ends on free loopback ports, in memory, on one clock: a manual one unless given.

    With ``nearby`` they ask each other without a socket.
    """
    key = api_key(seed)
    # The CRM's pages know where the PBX is before that one is there.
    address = Address()
    with closing(address), Opening(clock or ManualClock(), nearby=nearby) as opening:
        crm = opening.crm(
            CrmSettings(
                api_key=key,
                seed=seed,
                strict=strict,
                limits=limits or Limits(),
                timezone=timezone,
                country=country,
                managers=managers,
                customers=customers,
            ),
            around=Surroundings(other=address.url),
        )
        crm_url = crm.settings.base_url
        plan = plan or default_plan(managers)
        pbx = opening.pbx(
            PbxSettings(crm_url=crm_url, api_key=key, seed=seed, plan=plan, timezone=timezone), address
        )
        pbx_url = pbx.settings.base_url
        ends = Ends(
            opening.controlled(Side.CRM, crm_url),
            opening.controlled(Side.PBX, pbx_url),
            key,
            nearby=opening.nearby,
        )
        with closing(ends):
            yield BuiltIn(crm, pbx, crm_url, pbx_url, key, ends)
