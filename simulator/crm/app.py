"""The CRM as a Flask app: authentication before routing, then one view for every method of the table."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from simulator.bench.recording import note, record_incoming
from simulator.contract import coerce, schemas, wire
from simulator.contract.errors import (
    ApiError,
    InvalidEntity,
    InvalidParameters,
    MethodNotAllowed,
    MethodNotFound,
    ParameterMissing,
    ServerFault,
)
from simulator.contract.findings import Finding, Kind
from simulator.contract.jsontypes import Json, JsonObject, bracketed
from simulator.contract.operations import OPERATIONS, Operation
from simulator.contract.schemas import Violation
from simulator.crm.access import demand_key, given_key
from simulator.crm.control import control
from simulator.crm.crm import Crm
from simulator.crm.exchange import Asked
from simulator.crm.operations import HANDLERS

MAX_BODY = 4 * 1024 * 1024
# Parameters that may stand beside those of any method (contract.md, sections 1.2, 1.3 and 10).
COMMON = ("apiKey", "site", "clientId")


def create_app(crm: Crm, token: str = "") -> Flask:
    """The API under ``/api`` and the control API under ``/_bench``."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    record_incoming(app, crm.journal, crm.clock)

    @app.before_request
    def authenticate() -> None:
        # The key is looked at before the path (contract.md, section 10).
        if not request.path.startswith("/api/") and request.path != "/api":
            return
        g.decoded = wire.decode(
            request.query_string.decode("latin-1"),
            request.headers.get("Content-Type", ""),
            request.get_data(cache=True),
            strict=crm.settings.strict,
        )
        note(*g.decoded.findings)
        if request.path.rstrip("/") != "/api/system-info":
            demand_key(given_key(request.headers.get("X-Api-Key"), g.decoded), crm.settings.api_key)

    for operation in OPERATIONS:
        if operation.path:
            app.add_url_rule(
                operation.path.replace("{", "<").replace("}", ">"),
                endpoint=operation.name,
                view_func=_view(crm, operation),
                methods=[operation.method],
                provide_automatic_options=False,
            )
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)
    app.register_blueprint(control(crm, token).blueprint())
    return app


def _view(crm: Crm, operation: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        asked = _judge(crm, operation, g.decoded, path)
        with crm.store.begin() as session:
            reply = HANDLERS[operation.name](session, asked)
        # Success is said after the commit, and the PBX is told after that.
        note(*asked.findings)
        if reply.status_changed is not None:
            crm.outgoing.notify_status(reply.status_changed)
        return _json({"success": True, **reply.body}, reply.status)

    return view


def _judge(crm: Crm, operation: Operation, decoded: wire.Decoded, path: dict[str, str]) -> Asked:
    """The request with canonical types, or the CRM's refusal with every violation in the findings."""
    parameters = {**decoded.query, **decoded.fields}
    query: Json = {}
    if operation.query_schema:
        allowed = {name: value for name, value in parameters.items() if name != "apiKey"}
        if operation.entity:
            allowed.pop(operation.entity, None)
        query = _judge_query(operation, allowed)
    entity: Json = None
    if operation.entity:
        entity = _judge_entity(operation, decoded, strict=crm.settings.strict)
    if not operation.query_schema:
        for name in parameters.keys() - {*COMMON, operation.entity}:
            note(Finding(Kind.IGNORED, "request", f"/{name}", f"the method knows no {name}", "Remove it."))
    assert isinstance(query, dict)
    return Asked(operation, crm.settings, crm.clock.now(), path, query, entity)


def _judge_query(operation: Operation, parameters: JsonObject) -> Json:
    query, findings = coerce.coerce(operation.query_schema, parameters, "query", plain=True)
    note(*findings)
    violations = schemas.validate(operation.query_schema, query)
    if violations:
        note(*(_finding("query", violation) for violation in violations))
        for violation in violations:
            if violation.message.endswith(" is missing"):
                raise ParameterMissing(bracketed("", violation.pointer))
        raise InvalidParameters({bracketed("", v.pointer): v.error for v in violations})
    return query


def _judge_entity(operation: Operation, decoded: wire.Decoded, *, strict: bool) -> Json:
    raw, findings = wire.structure(decoded, operation.entity, strict=strict)
    note(*findings)
    entity, findings = coerce.coerce(operation.entity_schema, raw, operation.entity)
    note(*findings)
    violations = schemas.validate(operation.entity_schema, entity)
    if violations:
        note(*(_finding(operation.entity, violation) for violation in violations))
        root = operation.entity if isinstance(entity, list) else ""
        errors = {bracketed(root, v.pointer) or operation.entity: v.error for v in violations}
        raise InvalidEntity(errors)
    return entity


def _finding(where: str, violation: Violation) -> Finding:
    return Finding(
        Kind.VIOLATION,
        where,
        violation.pointer,
        violation.message,
        violation.remedy,
        violation.requirement,
    )


def _refuse(error: ApiError) -> Response:
    """The refusal, which never goes without a finding that says why."""
    if not any(finding.kind is Kind.VIOLATION for finding in g.findings):
        why = wire.explain(error) or f"refused: {error}"
        note(Finding(Kind.VIOLATION, "request", "", why, error.remedy, error.requirement))
    return _json(error.as_json(), error.status)


def _refuse_http(error: HTTPException) -> Response:
    if error.code == 404:
        return _refuse(MethodNotFound())
    if error.code == 405:
        return _refuse(MethodNotAllowed())
    body: JsonObject = {"success": False, "errorMsg": error.name}
    return _json(body, error.code or 500)


def _fail(error: Exception) -> Response:
    current_app.logger.exception("A request failed", exc_info=error)
    return _json(ServerFault().as_json(), 500)


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
