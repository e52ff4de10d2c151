"""Serves the recordings of the calls that a fleet makes: the same second of silence for all of them."""

import io
import wave
from collections.abc import Callable, Iterable
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

RATE = 8000


def silence() -> bytes:
    """A second of WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(bytes(2 * RATE))
    return file.getvalue()


SOUND = silence()


class _SilentRequests(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The run has its own counts."""


def _sound(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The whole, or the part that Range asks for."""
    response = Response(SOUND, mimetype="audio/x-wav")
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=len(SOUND))
    except HTTPException as refusal:
        return refusal(environ, start_response)
    return response(environ, start_response)


def serve(host: str) -> tuple[str, Callable[[], None]]:
    """The address below which every name is a recording, on a free port, and what ends the serving."""
    server = ThreadedWSGIServer(host, 0, _sound, _SilentRequests)
    Thread(target=server.serve_forever, name="recordings", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return f"http://{host}:{server.port}", stop
