"""Speaks to an app of this process as ``requests`` does, without a socket in between."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, TypeAlias

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from callproof.exchange.exchange import Answer, Body, Headers, Request
from callproof.exchange.nearby import answer_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Directly: TypeAlias = Callable[[str, str, bytes], Answer | None]


def _nothing(_method: str, _target: str, _content: bytes) -> None:
    return None


class InProcess(BaseAdapter):
    """Asks ``app``, whose address is ``url``, on the thread of whoever asks.

    For the control API alone, by which nobody is judged. What ``directly`` answers to a method, a path with
    its query and a body is not asked of the app.
    """

    def __init__(self, app: "WSGIApplication", url: str, directly: Directly = _nothing) -> None:
        super().__init__()
        self._app = app
        self._url = url
        self._directly = directly

    def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        """``path`` has its query. Raises requests.ConnectionError when the app breaks off, as a server
        would."""
        return self._directly(method, path, body) or self._asked(method, path, headers, body)

    def _asked(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        length = (("Content-Length", str(len(body))),) if body else ()
        asked = Request(method, self._url + path, (*headers, *length), Body(body))
        try:
            answer = answer_of(self._app, asked)
        except Exception as error:
            raise requests.ConnectionError(error) from error
        if answer is None:
            raise requests.ConnectionError("the connection was broken off")
        return answer

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        body = request.body or b""
        headers = [
            (name, str(value)) for name, value in request.headers.items() if name != "Content-Length"
        ]
        answer = self._asked(
            request.method or "GET",
            request.path_url,
            tuple(headers),
            body.encode() if isinstance(body, str) else body,
        )
        response = Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.raw = BytesIO(answer.body.content)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is kept open."""
