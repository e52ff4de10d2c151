"""Starts the ends of one test, on free loopback ports and in memory, and closes them after it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from simulator.bench.clocks import SteppedClock
from simulator.bench.ends import End
from simulator.bench.journal import Journal
from simulator.bench.seed import DEFAULT_SEED, api_key
from simulator.contract.operations import Side
from simulator.crm import app as crm_app
from simulator.crm.crm import Crm
from simulator.crm.settings import CrmSettings
from simulator.pbx import app as pbx_app
from simulator.pbx.pbx import Pbx
from simulator.pbx.plan import default_plan, load_plan
from simulator.pbx.settings import PbxSettings
from simulator.plugin.crm import RunningCrm
from simulator.plugin.journal import WatchedJournal
from simulator.plugin.pbx import RunningPbx
from simulator.serving import Address, serving


@dataclass(frozen=True)
class Options:
    """What the marker ``callproof`` may say; the defaults are those of ``callproof serve``."""

    seed: int = DEFAULT_SEED
    strict: bool = False
    country: str = "RU"
    timezone: str = "UTC"
    plan: str = ""


@contextmanager
def running_crm(clock: SteppedClock, options: Options) -> Iterator[RunningCrm]:
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
def running_pbx(clock: SteppedClock, options: Options, crm: RunningCrm | None) -> Iterator[RunningPbx]:
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
    journal: Journal, side: Side, clock: SteppedClock, known: dict[str, str] | None = None
) -> WatchedJournal:
    return WatchedJournal(journal, side, clock.advance, known or {})
