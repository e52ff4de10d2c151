"""What is odd about the naive date of an uploaded call (evidence#date-trouble)."""

HOUR = 3600.0
# A date may be off by so much and still be meant: clocks differ, and uploads take their time.
TOLERANCE = 300.0


def oddity(called_at: float, now: float, first_event: float | None) -> str:
    """Why the date looks wrong, or ``""``: in the future, or whole hours from when the CRM first heard.

    ``called_at`` is the date read in the account's time zone; ``first_event`` is when the call's first
    event came, None when there was none. All in seconds since 1970.
    """
    if first_event is not None:
        hours = round((called_at - first_event) / HOUR)
        if hours and abs(called_at - first_event - hours * HOUR) <= TOLERANCE:
            direction = "after" if hours > 0 else "before"
            return f"the date lies {abs(hours)} whole hours {direction} the call's first event"
    if called_at > now + TOLERANCE:
        return f"the date lies {round((called_at - now) / 60)} minutes in the future"
    return ""
