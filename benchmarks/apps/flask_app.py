"""A plain Flask app that validates and keeps nothing. Runs in the peers' environment."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from flask import Flask, Response, request

_DOCUMENT = json.loads(Path(os.environ["BENCH_DESCRIPTION"]).read_text("utf-8"))
_MANAGER = {"id": 1, "firstName": "Ann", "lastName": "Lee", "email": "user1@crm.example", "code": "100"}

app = Flask(__name__, static_folder=None)


def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    schemas = {"components": {"schemas": _DOCUMENT["components"]["schemas"]}}
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{name}", **schemas})


_EVENT, _CALLS = _validator("payloads.call-event"), _validator("payloads.calls-upload")


def _answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")


def _judged(field: str, validator: jsonschema_rs.Draft202012Validator) -> Any:
    """The decoded field, or None when it breaks its schema."""
    try:
        value = orjson.loads(request.form.get(field, ""))
    except orjson.JSONDecodeError:
        return None
    return value if validator.is_valid(value) else None


@app.post("/api/v5/telephony/call/event")
def event() -> Response:
    good = _judged("event", _EVENT) is not None
    return _answer({"success": good}, 200 if good else 400)


@app.post("/api/v5/telephony/calls/upload")
def upload() -> Response:
    calls = _judged("calls", _CALLS)
    if calls is None:
        return _answer({"success": False}, 400)
    return _answer({"success": True, "processedCallsCount": len(calls)})


@app.get("/api/v5/telephony/manager")
def manager() -> Response:
    good = "phone" in request.args
    return _answer({"success": good, "manager": _MANAGER}, 200 if good else 400)
