"""What options name: numbering plans and faults."""

from collections.abc import Iterable

from callproof.contract.guide import MANAGERS
from callproof.contract.operations import Side
from callproof.errors import Misuse, UnknownName
from callproof.exchange.faults import Fault, named
from callproof.pbx.plan import default_plan, load_plan
from callproof.pbx.rules.plan import NumberingPlan


def plan_of(file: str | None, managers: int | None) -> tuple[NumberingPlan, int]:
    """The plan and how many users the CRM has: as many as asked for, or as the plan names.

    Raises FileError for a broken file.
    """
    plan = load_plan(file) if file else default_plan(managers or MANAGERS)
    return plan, managers or max(extension.user for extension in plan.extensions.values())


def faults_of(names: Iterable[str], judged: Side | None = None) -> tuple[Fault, ...]:
    """The faults of those names, or of those requirements.

    Raises UnknownName, and Misuse for a fault of the side that is ``judged``, which is not ours to break.
    """
    try:
        found = tuple(fault for name in names for fault in named(name))
    except UnknownName as error:
        said = f"{error}" if f"{error}".endswith("?") else f"{error};"
        raise UnknownName(f"{said} callproof faults lists them.") from None
    if any(fault.side is judged for fault in found):
        raise Misuse(f"--fault: a fault of the {judged} can only break callproof's own.")
    return found
