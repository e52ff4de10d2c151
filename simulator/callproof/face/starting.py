"""What the fixtures hand out: an end for one test, and what a test holds it by."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from callproof.clocks.manual import ManualClock
from callproof.contract.guide import CALL_BACKS
from callproof.contract.operations import Side
from callproof.control.client import End
from callproof.crm.account import api_key
from callproof.crm.settings import CrmSettings
from callproof.face.crm import RunningCrm
from callproof.face.journal import WatchedJournal
from callproof.face.pbx import RunningPbx
from callproof.pbx.plan import default_plan, load_plan
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening


@dataclass(frozen=True)
class Marked:
    """What the marker ``callproof`` may say; the defaults are those of ``callproof serve``."""

    seed: int = CrmSettings.seed
    strict: bool = CrmSettings.strict
    country: str = CrmSettings.country
    timezone: str = CrmSettings.timezone
    plan: str = ""


@contextmanager
def running_crm(clock: ManualClock, marked: Marked) -> Iterator[RunningCrm]:
    """A CRM that answers until the block ends."""
    settings = CrmSettings(
        api_key=api_key(marked.seed),
        seed=marked.seed,
        strict=marked.strict,
        country=marked.country,
        timezone=marked.timezone,
    )
    with Opening(clock) as opening:
        crm = opening.crm(settings)
        with closing(End(Side.CRM, crm.settings.base_url)) as end:
            journal = WatchedJournal(crm.journal, Side.CRM, clock.advance)
            yield RunningCrm(end, settings.api_key, clock, journal)


@contextmanager
def running_pbx(clock: ManualClock, marked: Marked, crm: RunningCrm | None) -> Iterator[RunningPbx]:
    """A virtual PBX that answers until the block ends, and talks to ``crm`` if there is one.

    Raises FileError when the marker's numbering plan is broken.
    """
    settings = PbxSettings(
        crm_url=crm.url if crm else "",
        api_key=crm.api_key if crm else "",
        seed=marked.seed,
        plan=load_plan(marked.plan) if marked.plan else default_plan(),
        timezone=marked.timezone,
    )
    with Opening(clock) as opening:
        pbx = opening.pbx(settings)
        with closing(End(Side.PBX, pbx.settings.base_url)) as end:
            # A CRM under test may be told the addresses without a registration.
            known = {pbx.settings.call_back(operation): operation for operation in CALL_BACKS}
            journal = WatchedJournal(pbx.journal, Side.PBX, clock.advance, known)
            yield RunningPbx(pbx, end, clock, journal)
