"""Starts the ends of one test, on free loopback ports and in memory, and closes them after it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from callproof.clocks.manual import ManualClock
from callproof.contract.operations import Side
from callproof.control.client import End
from callproof.crm import app as crm_app
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange.journal import Journal
from callproof.pbx import app as pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan, load_plan
from callproof.pbx.settings import PbxSettings
from callproof.plugin.crm import RunningCrm
from callproof.plugin.journal import WatchedJournal
from callproof.plugin.pbx import RunningPbx
from callproof.running.threads import Address, serving


@dataclass(frozen=True)
class Options:
    """What the marker ``callproof`` may say; the defaults are those of ``callproof serve``."""

    seed: int = DEFAULT_SEED
    strict: bool = False
    country: str = "RU"
    timezone: str = "UTC"
    plan: str = ""


@contextmanager
def running_crm(clock: ManualClock, options: Options) -> Iterator[RunningCrm]:
    """A CRM that answers until the block ends."""
    with ExitStack() as stack:
        address = Address()
        stack.callback(address.close)
        settings = CrmSettings(
            api_key=api_key(options.seed),
            base_url=address.url,
            seed=options.seed,
            strict=options.strict,
            country=options.country,
            timezone=options.timezone,
        )
        crm = Crm(settings, clock)
        stack.callback(crm.close)
        stack.enter_context(serving(crm_app.create_app(crm), address))
        end = End(Side.CRM, address.url)
        stack.callback(end.close)
        yield RunningCrm(end, settings.api_key, clock, _watched(crm.journal, Side.CRM, clock))


@contextmanager
def running_pbx(clock: ManualClock, options: Options, crm: RunningCrm | None) -> Iterator[RunningPbx]:
    """A virtual PBX that answers until the block ends, and talks to ``crm`` if there is one.

    Raises FileError when the marker's numbering plan is broken.
    """
    with ExitStack() as stack:
        address = Address()
        stack.callback(address.close)
        settings = PbxSettings(
            base_url=address.url,
            crm_url=crm.url if crm else "",
            api_key=crm.api_key if crm else "",
            seed=options.seed,
            plan=load_plan(options.plan) if options.plan else default_plan(),
            timezone=options.timezone,
        )
        pbx = Pbx(settings, clock)
        stack.callback(pbx.close)
        stack.enter_context(serving(pbx_app.create_app(pbx), address))
        end = End(Side.PBX, address.url)
        stack.callback(end.close)
        # A CRM under test may be told the addresses without a registration.
        known = {
            f"{address.url}/callbacks/{path}": operation
            for path, operation in (
                ("make-call", "make-call"),
                ("user-status", "status-notice"),
                ("activity", "activity"),
                ("account", "account"),
            )
        }
        yield RunningPbx(pbx, end, clock, _watched(pbx.journal, Side.PBX, clock, known))


def _watched(
    journal: Journal, side: Side, clock: ManualClock, known: dict[str, str] | None = None
) -> WatchedJournal:
    return WatchedJournal(journal, side, clock.advance, known or {})
