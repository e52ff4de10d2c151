"""What the fixtures hand out: an end for one test, and what a test holds it by."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from callproof.clocks.manual import ManualClock
from callproof.contract import schemas
from callproof.contract.guide import CALL_BACKS
from callproof.contract.operations import BY_NAME, Side
from callproof.contract.requirements import all_requirements
from callproof.control.client import End
from callproof.crm.account import api_key
from callproof.crm.settings import CrmSettings
from callproof.exchange.faults import catalogue
from callproof.face.crm import RunningCrm
from callproof.face.journal import WatchedJournal
from callproof.face.pbx import RunningPbx
from callproof.files.real import may_vanish, real_files
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
    with Opening(clock) as opening:
        with real_files():
            settings = CrmSettings(
                api_key=api_key(marked.seed),
                seed=marked.seed,
                strict=marked.strict,
                country=marked.country,
                timezone=marked.timezone,
            )
            _read_ahead(marked)
            crm = opening.crm(settings)
        with closing(End(Side.CRM, crm.settings.base_url)) as end:
            journal = WatchedJournal(crm.journal, Side.CRM, clock.advance)
            yield RunningCrm(end, settings.api_key, clock, journal)


@contextmanager
def running_pbx(clock: ManualClock, marked: Marked, crm: RunningCrm | None) -> Iterator[RunningPbx]:
    """A virtual PBX that answers until the block ends, and talks to ``crm`` if there is one.

    Raises FileError when the marker's numbering plan is broken.
    """
    with Opening(clock) as opening:
        with real_files():
            settings = PbxSettings(
                crm_url=crm.url if crm else "",
                api_key=crm.api_key if crm else "",
                seed=marked.seed,
                plan=load_plan(marked.plan) if marked.plan else default_plan(),
                timezone=marked.timezone,
            )
            _read_ahead(marked)
            pbx = opening.pbx(settings)
        with closing(End(Side.PBX, pbx.settings.base_url)) as end:
            # A CRM under test may be told the addresses without a registration.
            known = {pbx.settings.call_back(operation): operation for operation in CALL_BACKS}
            journal = WatchedJournal(pbx.journal, Side.PBX, clock.advance, known)
            yield RunningPbx(pbx, end, clock, journal)


def _read_ahead(marked: Marked) -> None:
    """What is otherwise read when it is used for the first time, where it may not be there any more."""
    if not may_vanish():
        return
    for schema in schemas.schema_ids():
        schemas.load(schema)
    schemas.explain(BY_NAME["call-event"].entity_schema, {})
    all_requirements()
    catalogue()
    ZoneInfo(marked.timezone)
