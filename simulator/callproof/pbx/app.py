"""The virtual PBX as a Flask app: what the CRM calls, and the control API."""

import hmac
from pathlib import PurePosixPath

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from callproof.contract import payloads
from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import BY_NAME
from callproof.exchange.answering import note, record_incoming
from callproof.exchange.rules import MatchedRule
from callproof.pbx import recordings
from callproof.pbx.addresses import CALL_BACKS
from callproof.pbx.control import control
from callproof.pbx.engine import CallRefused
from callproof.pbx.pbx import Pbx

MAX_BODY = 64 * 1024


def create_app(pbx: Pbx, token: str = "") -> Flask:
    """makeCallUrl, changeUserStatusUrl and recordings, and the control API under ``/_bench``."""
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = MatchedRule
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    record_incoming(app, pbx.journal, pbx.clock, pbx.faults, _name, pbx.settings.api_key)

    @app.get("/callbacks/make-call")
    def make_call() -> Response:
        asked = _query("make-call")
        if refusal := _stranger(pbx, asked):
            return refusal
        try:
            call = pbx.engine.click_to_call(
                str(asked["code"]), str(asked["phone"]), _optional(asked, "externalPhone")
            )
        except CallRefused as error:
            return _say({"error": f"{error}."}, error.status)
        return _say({"callId": call.id}, 200)

    @app.get("/callbacks/user-status")
    def user_status() -> Response:
        asked = _query("status-notice")
        if refusal := _stranger(pbx, asked):
            return refusal
        pbx.engine.status_changed(str(asked["code"]), str(asked["status"]))
        return _say({}, 200)

    @app.post("/callbacks/activity")
    def activity() -> Response:
        asked = _query("activity")
        return _stranger(pbx, asked) or _say({"success": True}, 200)

    @app.post("/callbacks/account")
    def account() -> Response:
        asked = _query("account")
        return _stranger(pbx, asked) or _say({}, 200)

    @app.get("/recordings/<name>")
    def recording(name: str) -> Response:
        path = PurePosixPath(name)
        with pbx.store.begin() as session:
            call = session.call(path.stem)
        keeps = pbx.settings.plan.recordings
        if call is None or call.ended_at is None or path.suffix != f".{keeps.format}" or not call.recorded:
            return _say({"error": f"There is no recording {name}."}, 404)
        age = pbx.clock.now() - call.ended_at
        if age < keeps.ready_after:
            return _say({"error": f"The recording {name} is not ready yet."}, 404)
        if keeps.kept_for and age >= keeps.kept_for:
            return _say({"error": f"The recording {name} is not kept any more."}, 410)
        return _audio(recordings.recording(call.id, call.recorded, keeps.format), keeps.format)

    app.register_error_handler(_Malformed, lambda error: _say({"error": str(error)}, 400))
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_blueprint(control(pbx, token).blueprint())
    return app


class _Malformed(Exception):
    """The query breaks its schema; the text names every violation."""


def _query(operation: str) -> JsonObject:
    schema = BY_NAME[operation].query_schema
    query = payloads.read(schema, request.values.to_dict(), "query", plain=True)
    note(*query.findings, *(violation.as_finding("query") for violation in query.violations))
    if query.violations:
        raise _Malformed("; ".join(f"{v.pointer}: {v.message}" for v in query.violations))
    assert isinstance(query.value, dict)
    return query.value


def _name(_method: str, path: str) -> str:
    """The contract's name of the call-back at a path."""
    if path.startswith("/recordings/"):
        return "record"
    return next((name for name, known in CALL_BACKS.items() if known == path), "")


def _stranger(pbx: Pbx, asked: JsonObject) -> Response | None:
    """Only clientId tells who asks (contract.md, section 7.1)."""
    if hmac.compare_digest(str(asked["clientId"]).encode(), pbx.settings.client_id.encode()):
        return None
    note(
        Finding(
            Kind.VIOLATION,
            "query",
            "/clientId",
            "this is not the clientId of the registration",
            "Send the clientId that the PBX registered with.",
            "CRM-MODULE-05",
        )
    )
    return _say({"error": "The clientId is unknown."}, 401)


def _audio(sound: recordings.Wav | recordings.Mp3, kind: str) -> Response:
    """The whole file or the part that Range asks for; a HEAD gets the same headers without it."""
    size, wanted = sound.size, request.range
    headers = {"Accept-Ranges": "bytes"}
    start, stop, status = 0, size, 200
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
        part = wanted.range_for_length(size)
        if part is None:
            return Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        start, stop = part
        status = 206
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response = Response(sound.read(start, stop), status, headers, mimetype=recordings.CONTENT_TYPES[kind])
    response.content_length = stop - start
    return response


def _optional(asked: JsonObject, name: str) -> str | None:
    value = asked.get(name)
    return str(value) if value else None


def _refuse_http(error: HTTPException) -> Response:
    return _say({"error": f"{error.code} {error.name}: {request.method} {request.path}"}, error.code or 500)


def _say(body: JsonObject, status: int) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
