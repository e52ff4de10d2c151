"""Where an incoming call rings: at the responsible manager, else at the line's ring group."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    extensions: tuple[str, ...]
    reason: str


def route(
    manager: str | None,
    group: Sequence[str],
    known: Set[str],
    busy: Set[str],
    statuses: Mapping[str, str],
) -> Route:
    """Choose the extensions that ring.

    ``manager`` is the extension that the CRM named. It is rung whatever its status, because the CRM has
    judged that already; the ring group leaves out those whose last status notice said anything but
    free. An extension with a call on it never rings.
    """
    if manager is not None and manager in known and manager not in busy:
        return Route((manager,), "responsible manager")
    if manager is None:
        why = "no responsible manager"
    elif manager not in known:
        why = f"extension {manager} is unknown here"
    else:
        why = f"extension {manager} is busy"
    free = tuple(code for code in group if code not in busy and statuses.get(code, "free") == "free")
    return Route(free, f"ring group, {why}" if free else f"nobody is free, {why}")
