"""The built-in pair that a check or a test starts for itself."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from callproof.clocks.clock import Clock
from callproof.clocks.manual import ManualClock
from callproof.contract.budgets import Limits
from callproof.contract.guide import MANAGERS
from callproof.crm import app as crm_app
from callproof.crm.account import CUSTOMERS, api_key
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.pbx import app as pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan
from callproof.pbx.rules.plan import NumberingPlan
from callproof.pbx.settings import PbxSettings
from callproof.running.threads import Address, serving


@dataclass(frozen=True)
class BuiltIn:
    """Two running ends that know each other."""

    crm: Crm
    pbx: Pbx
    crm_url: str
    pbx_url: str
    api_key: str


@contextmanager
def built_in(
    seed: int = 1,
    clock: Clock | None = None,
    *,
    strict: bool = False,
    plan: NumberingPlan | None = None,
    managers: int = MANAGERS,
    customers: int = CUSTOMERS,
    limits: Limits | None = None,
    timezone: str = "UTC",
) -> Iterator[BuiltIn]:
    """Both ends on free loopback ports, in memory, on one clock: a manual one unless given."""
    clock = clock or ManualClock()
    key = api_key(seed)
    with ExitStack() as stack:
        crm_address, pbx_address = Address(), Address()
        crm_settings = CrmSettings(
            api_key=key,
            base_url=crm_address.url,
            seed=seed,
            strict=strict,
            limits=limits or Limits(),
            timezone=timezone,
            managers=managers,
            customers=customers,
        )
        crm = Crm(crm_settings, clock)
        stack.callback(crm.close)
        pbx_settings = PbxSettings(
            base_url=pbx_address.url,
            crm_url=crm_address.url,
            api_key=key,
            seed=seed,
            plan=plan or default_plan(managers),
            timezone=timezone,
        )
        pbx = Pbx(pbx_settings, clock)
        stack.callback(pbx.close)
        stack.callback(clock.close)
        stack.enter_context(serving(crm_app.create_app(crm), crm_address))
        stack.enter_context(serving(pbx_app.create_app(pbx), pbx_address))
        yield BuiltIn(crm, pbx, crm_address.url, pbx_address.url, key)
