"""The CRM as a Flask app: authentication before routing, then one view for every method of the table."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as HttpMethodNotAllowed
from werkzeug.routing import BaseConverter

from callproof import __version__
from callproof.contract import openapi, operations
from callproof.contract.errors import ApiError, MethodNotAllowed, MethodNotFound
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import OPERATIONS, Operation
from callproof.crm import answering
from callproof.crm.access import NOBODY
from callproof.crm.answering import Answer, Incoming
from callproof.crm.control import control
from callproof.crm.crm import Crm
from callproof.crm.door import Door
from callproof.exchange.answering import note, record_incoming
from callproof.exchange.rules import MatchedRule

MAX_BODY = 4 * 1024 * 1024


def create_app(crm: Crm, token: str = "", *, door: bool = True) -> Flask:
    """The API under ``/api`` and the control API under ``/_bench``.

    Without the ``door`` every request goes through Flask; nobody can tell but by the time that it takes.
    """
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = MatchedRule
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.converters["part"] = _Part
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    record_incoming(app, crm.journal, crm.clock, crm.faults, _name, crm.settings.api_key)

    @app.before_request
    def authenticate() -> None:
        # The key is looked at before the path (contract.md, section 10).
        if not request.path.startswith("/api/") and request.path != "/api":
            return
        incoming = Incoming(
            method=request.method,
            path=request.path,
            query=request.query_string.decode("latin-1"),
            content_type=request.headers.get("Content-Type", ""),
            body=request.get_data(cache=True),
            key=request.headers.get("X-Api-Key", ""),
            address=request.remote_addr or "",
        )
        decoded = incoming.decode(strict=crm.settings.strict)
        note(*decoded.findings)
        admitted = answering.admit(crm, incoming, decoded, crm.directory(), g.findings)
        if admitted.grant is not NOBODY:
            crm.demand_budget(admitted.knobs.limits, admitted.grant.key, incoming.address, incoming.path)
        g.admitted = admitted

    for operation in OPERATIONS:
        view = _view(crm, operation)
        for path in operation.paths if operation.path else ():
            app.add_url_rule(
                path.replace("{", "<part:").replace("}", ">"),
                endpoint=f"{operation.name} {path}".replace(".", "-"),
                view_func=view,
                methods=[operation.method],
                provide_automatic_options=False,
            )
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)
    app.register_blueprint(control(crm, token).blueprint())
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", {"app_name": "callproof"}))

    if door:
        app.wsgi_app = Door(crm, app.wsgi_app)  # type: ignore[method-assign]

    @app.get("/openapi.json")
    def describe() -> Response:
        return _json(openapi.document(crm.settings.base_url, __version__, strict=crm.settings.strict), 200)

    return app


def _name(method: str, path: str) -> str:
    found = operations.find(method, path)
    return found.name if found else "unknown" if path.startswith("/api") else ""


class _Part(BaseConverter):
    """One part of a path; the word ``create`` is a method, not a customer."""

    regex = r"(?!create\Z)[^/]+"
    part_isolating = True


def _view(crm: Crm, operation: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        with crm.store.begin() as session:
            reply = answering.perform(crm, session, operation, g.admitted, path)
        # Success is said after the commit, and the PBX is told after that.
        if reply.status_changed is not None:
            crm.outgoing.notify_status(reply.status_changed)
        return _response(answering.success(reply))

    return view


def _refuse(error: ApiError) -> Response:
    return _response(answering.refusal(error, g.findings))


def _refuse_http(error: HTTPException) -> Response:
    if error.code == 404:
        return _refuse(MethodNotFound())
    if isinstance(error, HttpMethodNotAllowed):
        response = _refuse(MethodNotAllowed())
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    body: JsonObject = {"success": False, "errorMsg": error.name}
    return _json(body, error.code or 500)


def _fail(error: Exception) -> Response:
    current_app.logger.exception("A request failed", exc_info=error)
    return _response(answering.failure())


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, mimetype="application/json")


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
