"""An end as a Flask app whose methods all come the one way."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Response as AnyResponse

from callproof.exchange.answering import Answering, Refuse
from callproof.exchange.arriving import Timely
from callproof.storage.watching import StorageTrouble

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Nobody is judged by what a tester looks at.
SILENT = ("/_bench", "/bench", "/docs", "/openapi.json")
_FOR_PROGRAMS = "/_bench"


# What browsers ask for unbidden.
_ICON = "/favicon.ico"


class _MatchedRule(Rule):
    """A rule that only matches: nothing here builds addresses, and compiling a builder for each of some
    ninety rules is a third of what it costs to make an end."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _no_address


def _no_address(_rule: Rule, **_values: object) -> tuple[str, str]:
    raise NotImplementedError("The rules of this app build no addresses")


class _PageSessions(SecureCookieSessionInterface):
    """Programs have no cookies, and to look for them takes a tenth of what their request does."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(_FOR_PROGRAMS) else super().open_session(app, request)


class EndApp(Flask):
    """Whatever begins with one of ``ours`` comes the one way, and so does what no view knows: a side with
    a wrong address is told so. Only a person who looks for a page gets ``missing``, and nobody is judged.

    Flask's own dispatch costs twice as much as a request of an end, so the methods go past it. They
    stand in the URL map all the same, and the view behind each rule is that very way.
    """

    url_rule_class = _MatchedRule
    session_interface = _PageSessions()

    def __init__(
        self, name: str, answering: Answering, refuse: Refuse, ours: tuple[str, ...], most: int
    ) -> None:
        super().__init__(name, static_folder=None)
        self.config["MAX_CONTENT_LENGTH"] = most
        self._answering = answering
        self._refuse = refuse
        self._ours = ours
        self.missing: Callable[[], AnyResponse] | None = None
        self.register_error_handler(HTTPException, self._not_served)
        self.register_error_handler(StorageTrouble, _troubled)

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(self._ours):
            return self._answering(environ, start_response)
        environ["wsgi.input"] = Timely(environ["wsgi.input"], self._answering.seconds)
        return super().wsgi_app(environ, start_response)

    def add_method(self, name: str, verb: str, path: str) -> None:
        """A rule for a method of the contract."""
        self.add_url_rule(
            path,
            endpoint=f"{name} {path}".replace(".", "-"),
            view_func=self._way,
            methods=[verb],
            provide_automatic_options=False,
        )

    def handle_exception(self, e: Exception) -> Response:
        if isinstance(e, ConnectionResetError):
            raise e  # a fault broke the connection off
        return super().handle_exception(e)

    def _way(self, **_: str) -> "WSGIApplication":
        return self._answering

    def _not_served(self, error: HTTPException) -> "WSGIApplication":
        if error.code in (404, 405):
            if self.missing and _looks_for_a_page() and not request.path.startswith(_FOR_PROGRAMS):
                return self.missing()
            if not request.path.startswith(SILENT):
                return self._answering
        answer = self._refuse(error)
        return AnyResponse(answer.body.content, answer.status, list(answer.headers))


def _troubled(error: StorageTrouble) -> AnyResponse:
    return AnyResponse(f"{error}\n", 503, mimetype="text/plain")


def _looks_for_a_page() -> bool:
    """Whether a browser asks for itself or its person. Scripts in it are programs as any other, Node's
    fetch tells a mode as well, and Java's own client accepts text/html before all else."""
    if request.method not in ("GET", "HEAD"):
        return False
    accepted = request.headers.get("Accept", "")
    return (
        request.path == _ICON
        or request.headers.get("Sec-Fetch-Mode", "cors") != "cors"
        or ("text/html" in accepted and "application/xhtml+xml" in accepted)
    )
