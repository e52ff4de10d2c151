"""Ends for a test or a program: on free loopback ports, in memory, on a clock that is moved by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from callproof.clocks.manual import ManualClock
from callproof.crm.account import DEFAULT_SEED
from callproof.face.crm import RunningCrm
from callproof.face.pbx import RunningPbx
from callproof.face.starting import Marked, running_crm, running_pbx


@dataclass(frozen=True)
class Pair:
    """Both ends on one clock. The PBX talks to the CRM, and registers when it is asked to."""

    crm: RunningCrm
    pbx: RunningPbx
    clock: ManualClock


@contextmanager
def start_crm(
    *,
    seed: int = DEFAULT_SEED,
    strict: bool = False,
    country: str = "RU",
    timezone: str = "UTC",
    clock: ManualClock | None = None,
) -> Iterator[RunningCrm]:
    """A CRM that answers until the block ends: ``url``, ``api_key``, ``journal``, ``clock`` and more.

    The same ``seed`` gives the same key and customers. ``strict`` refuses what the real CRM is thought to
    refuse, ``country`` reads national numbers, ``timezone`` (of the IANA database) writes dates.
    """
    with ExitStack() as stack:
        options = Marked(seed=seed, strict=strict, country=country, timezone=timezone)
        yield stack.enter_context(running_crm(_given(clock, stack), options))


@contextmanager
def start_pbx(
    crm: RunningCrm | None = None,
    *,
    seed: int = DEFAULT_SEED,
    timezone: str = "UTC",
    plan: str | Path = "",
    clock: ManualClock | None = None,
) -> Iterator[RunningPbx]:
    """A virtual PBX that answers until the block ends: ``url``, ``journal``, ``clock`` and more.

    It talks to ``crm`` and lives on its clock; without one, ``connect(url, api_key)`` says to which it
    talks. ``plan`` is a file with a numbering plan, by default the guide's. Raises FileError for a broken
    one.
    """
    with ExitStack() as stack:
        options = Marked(seed=seed, timezone=timezone, plan=str(plan))
        used = _given(clock or (crm.clock if crm else None), stack)
        yield stack.enter_context(running_pbx(used, options, crm))


@contextmanager
def start_pair(
    *,
    seed: int = DEFAULT_SEED,
    strict: bool = False,
    country: str = "RU",
    timezone: str = "UTC",
    plan: str | Path = "",
    clock: ManualClock | None = None,
) -> Iterator[Pair]:
    """Both ends opposite each other until the block ends. Raises FileError for a broken plan."""
    with (
        start_crm(seed=seed, strict=strict, country=country, timezone=timezone, clock=clock) as crm,
        start_pbx(crm, seed=seed, timezone=timezone, plan=plan) as pbx,
    ):
        yield Pair(crm, pbx, crm.clock)


def _given(clock: ManualClock | None, stack: ExitStack) -> ManualClock:
    """The caller's clock, which the caller closes, or a new one."""
    if clock is None:
        clock = ManualClock()
        stack.callback(clock.close)
    return clock
