"""Whether a date of the contract, which names no zone, is that of a moment."""

import msgspec

from callproof.contract.dates import read, written
from callproof.contract.jsontypes import Json

# Zones are so many seconds apart, and at most this far from UTC.
_STEP, _FARTHEST = 900, 14 * 3600


class _Of(msgspec.Struct):
    """A date that was told of another moment: its zone."""

    at: float
    date: str


class _Wanted(msgspec.Struct):
    at: float
    zone: _Of | str = "UTC"


def unlike_date(wanted: Json, actual: object, where: str, slack: float) -> list[str]:
    """Why ``actual`` is not the date of ``wanted``: seconds since 1970, in UTC, or ``{at, zone}`` with the
    zone ``any`` or that of another date as ``{at, date}``. ``slack`` seconds may be off."""
    asked = msgspec.convert(wanted if isinstance(wanted, dict) else {"at": wanted}, _Wanted)
    told = _told(actual)
    off = None if told is None else told - asked.at - _ahead(asked, told)
    if off is not None and abs(off) < 1.0 + slack:
        return []
    said = "" if off is None else f", which is {abs(off):.0f} s {'later' if off > 0 else 'earlier'}"
    zone = " in any zone" if asked.zone == "any" else " in it" * (asked.zone != "UTC")
    return [f"{where} is {actual!r}{said}, expected {written(asked.at + _ahead(asked, told))}{zone}"]


def _ahead(asked: _Wanted, told: float | None) -> float:
    """By how many seconds the zone is ahead of UTC."""
    if asked.zone == "UTC":
        return 0.0
    if isinstance(asked.zone, _Of):
        other = _told(asked.zone.date)
        return _nearest(other - asked.zone.at) if other is not None else 0.0
    return _nearest(told - asked.at) if told is not None else 0.0


def _nearest(seconds: float) -> float:
    ahead = round(seconds / _STEP) * _STEP
    return float(max(-_FARTHEST, min(_FARTHEST, ahead)))


def _told(date: object) -> float | None:
    try:
        return read(date) if isinstance(date, str) else None
    except ValueError:
        return None
