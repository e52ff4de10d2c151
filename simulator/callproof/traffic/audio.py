"""Whether a recording is served as a player needs it, by its first bytes alone."""

import requests

from callproof.contract import sound
from callproof.exchange.bounded import fetch
from callproof.exchange.trust import USUAL, Trust, why

HEAD = 1024
TIMEOUT = 60.0
# Of the encoder's first and last frame, in seconds.
TOLERANCE = 0.5


def problem(url: str, seconds: int, trust: Trust = USUAL) -> str | None:
    """What is wrong with the recording, as the end of a sentence; ``seconds`` is how long it should be."""
    try:
        with trust.session() as session:
            part = {"Range": f"bytes=0-{HEAD - 1}"}
            answer = fetch(session, "GET", url, TIMEOUT, headers=part)
    except requests.RequestException as error:
        return f"cannot be fetched ({why(error)})"
    if answer.status_code != 206:
        return f"is answered {answer.status_code}, expected 206 for a part"
    if not answer.headers.get("Content-Type", "").startswith("audio/"):
        return f"is {answer.headers.get('Content-Type')}, expected audio"
    size = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if not size.isdecimal():
        return "is served in parts without its whole size"
    if not sound.is_sound(answer.content):
        return "is no sound"
    lasts = sound.seconds(answer.content, int(size))
    if lasts is None or abs(lasts - seconds) > TOLERANCE:
        return f"lasts {lasts or 0:.1f} s, expected {seconds}"
    return None
