"""Speaks to an app of this process as ``requests`` does, without a socket in between."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from callproof.exchange.exchange import Answer, Body, Headers, Request
from callproof.exchange.nearby import answer_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class InProcess(BaseAdapter):
    """Asks ``app``, whose address is ``url``, on the thread of whoever asks.

    For the control API alone, by which nobody is judged.
    """

    def __init__(self, app: "WSGIApplication", url: str) -> None:
        super().__init__()
        self._app = app
        self._url = url

    def ask(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
        """``path`` has its query. Raises requests.ConnectionError when the app breaks off, as a server
        would."""
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
        answer = self.ask(
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
