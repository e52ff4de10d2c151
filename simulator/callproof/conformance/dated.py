"""Whether a date of the contract, which names no zone, is that of a moment."""

from math import floor

import msgspec

from callproof import kinds
from callproof.contract.dates import offset, read, written
from callproof.contract.jsontypes import Json

# Zones are so many seconds apart, and at most this far from UTC.
_STEP, _FARTHEST = 900, 14 * 3600
ANY = "any"


class _Of(msgspec.Struct):
    """A date that was told of another moment: its zone."""

    at: float
    date: str


class _Wanted(msgspec.Struct):
    at: float
    zone: _Of | str = ""


def unlike_date(wanted: Json, actual: object, where: str, slack: float, account: str = "UTC") -> list[str]:
    """Why ``actual`` is not the date of ``wanted``: seconds since 1970, in the zone of the ``account``, or
    ``{at, zone}`` with the zone ``any`` or that of another date as ``{at, date}``. ``slack`` seconds may be
    off. Any zone does as long as nobody said which the account has; where that was said, by an account that
    is not in UTC, UTC is what was sent by mistake."""
    asked = kinds.convert(wanted if isinstance(wanted, dict) else {"at": wanted}, _Wanted)
    told = _told(actual)
    elsewhere = asked.zone in ("", ANY) and offset(asked.at, account) != 0.0
    if elsewhere and told is not None and _nearest(told - asked.at) == 0.0:
        return [f"{where} is {actual!r}, sent in UTC, the account is in {account}"]
    expected = asked.at + _ahead(asked, told, account)
    if told is not None and abs(told - expected) < 1.0 + slack:
        return []
    # Between the dates as they are shown.
    off = 0 if told is None else told - floor(expected)
    said = f", which is {abs(off):.0f} s {'later' if off > 0 else 'earlier'}" if off else ""
    zone = " in any zone" if asked.zone == ANY else " in it" * (asked.zone != "")
    return [f"{where} is {actual!r}{said}, expected {written(expected)}{zone}"]


def _ahead(asked: _Wanted, told: float | None, account: str) -> float:
    """By how many seconds the zone is ahead of UTC."""
    if not asked.zone:
        return offset(asked.at, account)
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
