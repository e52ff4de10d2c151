"""Dates as the API writes them: the account's time, without a zone."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from callproof.contract.schemas import DATETIME_FORMAT

_LENGTH = len("2024-05-01 12:00:00")


def written(moment: float, zone: str = "UTC") -> str:
    """Seconds since 1970 as the API writes them, ``2024-05-01 12:00:00``, in the account's time."""
    # In a third of the time that strftime takes.
    return datetime.fromtimestamp(moment, _zone(zone)).isoformat(" ", "seconds")[:_LENGTH]


def read(text: str, zone: str = "UTC") -> float:
    """The inverse of ``written``. Raises ValueError for text of another form."""
    return moments(text, zone)[0]


def moments(text: str, zone: str = "UTC") -> tuple[float, ...]:
    """All that the text may stand for: in the night when the clocks go back an hour comes twice.

    Raises ValueError for text of another form.
    """
    try:
        # Several times as fast, and enough for all that have their leading zeros.
        date = datetime.fromisoformat(text)
    except ValueError:
        date = datetime.strptime(text, DATETIME_FORMAT)
    local = date.replace(tzinfo=_zone(zone))
    first = local.timestamp()
    if zone == "UTC" or (second := local.replace(fold=1).timestamp()) <= first:
        return (first,)
    return first, second


def offset(moment: float, zone: str) -> float:
    """By how many seconds the account's time is ahead of UTC at that moment."""
    ahead = datetime.fromtimestamp(moment, _zone(zone)).utcoffset()
    return ahead.total_seconds() if ahead else 0.0


def zone_problem(name: str) -> str:
    """Why an account cannot live by this time zone, as a sentence; empty where it can."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        # A folder of the database, a path out of it, or a name that it does not have.
        return f"there is no time zone {name!r}; try Europe/Moscow"
    return ""


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
