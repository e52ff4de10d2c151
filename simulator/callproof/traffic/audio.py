"""Whether a recording is served as a player needs it, by its first bytes alone."""

import requests

from callproof.contract import sound
from callproof.exchange.bounded import fetch
from callproof.exchange.exchange import Answer, Body
from callproof.exchange.nearby import NOBODY, Nearby, answer_of, request_to
from callproof.exchange.trust import USUAL, Trust, why

HEAD = 1024
TIMEOUT = 60.0
# Of the encoder's first and last frame, in seconds.
TOLERANCE = 0.5
_PART = {"Range": f"bytes=0-{HEAD - 1}"}


class Listener:
    """Asks for one recording after the other on a connection that it keeps, and without one who is
    ``nearby``. Each thread needs its own; ``close`` it."""

    def __init__(self, trust: Trust = USUAL, nearby: Nearby = NOBODY) -> None:
        self._session = trust.session()
        self._nearby = nearby

    def problem(self, url: str, seconds: int) -> str | None:
        """What is wrong with the recording, as the end of a sentence; ``seconds`` is how long it should
        be."""
        try:
            answer = self._fetch(url)
        except requests.RequestException as error:
            return f"cannot be fetched ({why(error)})"
        return _problem(answer, seconds)

    def close(self) -> None:
        self._session.close()

    def _fetch(self, url: str) -> Answer:
        if app := self._nearby.app(url):
            answer = answer_of(app, request_to("GET", url, None, None, _PART))
            if answer is None:
                raise requests.ConnectionError("the connection was closed before the answer was whole")
            return answer
        found = fetch(self._session, "GET", url, TIMEOUT, headers=_PART)
        return Answer(found.status_code, tuple(found.headers.items()), Body(found.content))


def _problem(answer: Answer, seconds: int) -> str | None:
    if answer.status != 206:
        return f"is answered {answer.status}, expected 206 for a part"
    kind = answer.header("Content-Type")
    if not (kind or "").startswith("audio/"):
        return f"is {kind}, expected audio"
    size = (answer.header("Content-Range") or "").rpartition("/")[2]
    if not size.isdecimal():
        return "is served in parts without its whole size"
    content = answer.body.content
    if not sound.is_sound(content):
        return "is no sound"
    lasts = sound.seconds(content, int(size))
    if lasts is None or abs(lasts - seconds) > TOLERANCE:
        return f"lasts {lasts or 0:.1f} s, expected {seconds}"
    return None
