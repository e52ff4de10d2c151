"""Speaks to an app of this process as ``requests`` does, without a socket in between."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import requests
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class InProcess(BaseAdapter):
    """Asks ``app``, whose address is ``url``, on the thread of whoever asks.

    For the control API alone, by which nobody is judged: what the ends say to each other crosses a socket.
    """

    def __init__(self, app: "WSGIApplication", url: str) -> None:
        super().__init__()
        self._app = app
        self._url = url

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """Raises requests.ConnectionError when the app breaks off, as a server would."""
        environ = EnvironBuilder(
            path=request.path_url,
            base_url=self._url,
            method=request.method or "GET",
            headers=request.headers.items(),
            data=request.body,
        ).get_environ()
        try:
            body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        except Exception as error:
            raise requests.ConnectionError(error, request=request) from error
        response = Response()
        response.status_code = int(status.partition(" ")[0])
        response.headers.update(headers)
        response.raw = BytesIO(b"".join(body))
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is kept open."""
