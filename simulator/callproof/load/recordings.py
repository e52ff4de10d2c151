"""Serves the recordings of the calls that a fleet makes: the same second of silence for all of them."""

import io
import wave
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

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


class _RecordingHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The whole, or the first bytes when Range asks for them; a player asks for no other part."""
        wanted = self.headers.get("Range", "")
        end = wanted.removeprefix("bytes=0-")
        body = SOUND[: int(end) + 1] if wanted != end and end.isdecimal() else SOUND
        self.send_response(206 if body is not SOUND else 200)
        self.send_header("Content-Type", "audio/x-wav")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(body)))
        if body is not SOUND:
            self.send_header("Content-Range", f"bytes 0-{len(body) - 1}/{len(SOUND)}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The run has its own counts."""


def serve(host: str) -> tuple[str, Callable[[], None]]:
    """The address below which every name is a recording, on a free port, and what ends the serving."""
    server = ThreadingHTTPServer((host, 0), _RecordingHandler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="recordings", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return f"http://{host}:{server.server_port}", stop
