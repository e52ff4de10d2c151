"""What is odd about the naive date of an uploaded call (evidence#date-trouble)."""

HOUR = 3600.0
# A date may be off by so much and still be meant: clocks differ, and uploads take their time.
TOLERANCE = 300.0


def oddity(
    called_at: float, now: float, first_event: float | None, *, waited: float = 0.0, ahead: float = 0.0
) -> str:
    """Why the date looks wrong, or ``""``: in the future, or another zone's.

    ``called_at`` is the date read in the account's time zone, which is ``ahead`` of UTC; ``first_event`` is
    when the call's first event came, None when there was none; ``waited`` is how long the caller waited,
    as the upload says. Moments are in seconds since 1970, the others in seconds.
    """
    if first_event is not None:
        off = called_at - first_event
        # Whoever waits before a manager rings began so much earlier.
        expected = -waited - TOLERANCE <= off <= TOLERANCE
        if not expected and (shift := _shift(off, ahead) or _shift(off + waited, ahead)):
            direction = "after" if shift > 0 else "before"
            hours = abs(shift) / HOUR
            whole = "whole " if hours == int(hours) else ""
            return f"the date lies {hours:g} {whole}hours {direction} the call's first event"
    if called_at > now + TOLERANCE:
        return f"the date lies {round((called_at - now) / 60)} minutes in the future"
    return ""


def _shift(off: float, ahead: float) -> float:
    """The difference of two time zones, in seconds, that ``off`` is; 0.0 when it is none."""
    half_hours = round(off / (HOUR / 2)) * HOUR / 2
    for shift in (half_hours, ahead, -ahead):
        if abs(shift) >= HOUR and abs(off - shift) <= TOLERANCE:
            return shift
    return 0.0
