"""Raw WSGI: it looks at nothing and answers a constant. Runs in the peers' environment."""

from collections.abc import Callable, Iterable
from typing import Any

_BODY = b'{"success":true}'
_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))]


def app(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    start_response("200 OK", _HEADERS)
    return [_BODY]
