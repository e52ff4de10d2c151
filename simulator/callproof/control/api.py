"""The control API of one end, under ``/_bench/``, and its own description.

Every method is one ``Method`` row; routes, checks of the body and ``/_bench/openapi.json`` come from
the rows, so that the description cannot rot. Refusals are one sentence in ``{"error": ...}``.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import orjson
from flask import Blueprint, Response, request
from jsonschema import Draft202012Validator

from callproof import __version__
from callproof.clocks.clock import Clock
from callproof.clocks.manual import ManualClock
from callproof.contract.dates import written
from callproof.contract.jsontypes import Json, JsonObject
from callproof.errors import Refusal
from callproof.exchange.journal import Journal

TOKEN_HEADER = "X-Callproof-Token"
MAX_WAIT = 30.0
LONGEST_PAGE = 1000
# The end of the year 2099, as seconds since 1970.
LATEST = 4_102_444_799


class ControlError(Refusal):
    """The bench cannot do it; ``status`` is the HTTP status, the text one sentence for the tester."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


Handler = Callable[[JsonObject], Json]


@dataclass(frozen=True)
class Method:
    """One method: ``path`` below ``/_bench``, with ``{name}`` parts that join the body's members.

    ``body`` is the JSON Schema of the body's members, ``query`` the names of text parameters.
    """

    verb: str
    path: str
    summary: str
    handler: Handler
    body: JsonObject = field(default_factory=dict)
    required: tuple[str, ...] = ()
    query: tuple[str, ...] = ()


class Control:
    """The methods that every end has; an end adds its own with ``add``."""

    def __init__(self, end: str, clock: Clock, journal: Journal, token: str = "") -> None:
        self.end = end
        self.clock = clock
        self.journal = journal
        self.token = token
        self.methods: list[Method] = []
        number: JsonObject = {"type": "number", "minimum": 0, "maximum": LATEST}
        self.add(
            Method(
                "GET",
                "/journal",
                "Exchanges since a number; waits for the first, up to wait seconds.",
                self._journal,
                query=("since", "wait", "limit"),
            )
        )
        self.add(Method("DELETE", "/journal", "Forget the journal's entries.", self._forget))
        self.add(Method("GET", "/clock", "What time it is and what is due next.", self._clock))
        self.add(
            Method(
                "POST",
                "/clock",
                "Move a manual clock on, by seconds or to a moment.",
                self._advance,
                body={"advance": number, "to": number},
            )
        )
        self.add(Method("GET", "/openapi.json", "This description.", lambda _: self.openapi()))

    def add(self, method: Method) -> None:
        self.methods.append(method)

    def blueprint(self) -> Blueprint:
        """The methods as Flask routes; call it once, after the last ``add``."""
        blueprint = Blueprint("bench", __name__, url_prefix="/_bench")
        blueprint.before_request(self._let_in)
        blueprint.register_error_handler(ControlError, _refuse)
        for method in self.methods:
            path = method.path.replace("{", "<").replace("}", ">")
            blueprint.add_url_rule(
                path,
                endpoint=f"{method.verb} {method.path}".replace(".", "-"),
                view_func=self._view(method),
                methods=[method.verb],
            )
        return blueprint

    def _view(self, method: Method) -> Callable[..., Response]:
        validator = Draft202012Validator(_body_schema(method))

        def view(**path: str) -> Response:
            body = _body(validator) if method.verb != "GET" else {}
            given = {name: value for name, value in request.args.items() if name in method.query}
            result = method.handler({**given, **body, **path})
            if method.verb == "POST" and isinstance(self.clock, ManualClock):
                # What the action set off happens before its answer, so that a step of a test is whole.
                self.clock.advance()
            return _answer(result, 200)

        return view

    def _let_in(self) -> Response | None:
        if self.token and not hmac.compare_digest(
            request.headers.get(TOKEN_HEADER, "").encode(), self.token.encode()
        ):
            return _answer({"error": f"The control API wants its token in {TOKEN_HEADER}."}, 403)
        origin = request.headers.get("Origin")
        if origin and origin != request.host_url.rstrip("/"):
            # Any page that a tester has open could otherwise reach an end on loopback.
            return _answer({"error": f"The control API does not serve pages of {origin}."}, 403)
        return None

    def _journal(self, asked: JsonObject) -> Json:
        since, limit = int(_number(asked, "since", 0)), int(_number(asked, "limit", 1000))
        wait = min(_number(asked, "wait", 0), MAX_WAIT)
        entries = self.journal.since(since, wait=wait, limit=limit)
        return {"lastId": self.journal.last_id, "entries": [entry.as_json() for entry in entries]}

    def _forget(self, _: JsonObject) -> Json:
        self.journal.clear()
        return {"lastId": self.journal.last_id}

    def _clock(self, _: JsonObject) -> Json:
        now = self.clock.now()
        return {
            # Ends in one process may share a clock; whoever moves time has to know.
            "id": self.clock.id,
            "kind": self.clock.kind,
            "now": now,
            "written": written(now),
            "next": self.clock.next_due(),
        }

    def _advance(self, asked: JsonObject) -> Json:
        if not isinstance(self.clock, ManualClock):
            raise ControlError(f"This end runs on a {self.clock.kind} clock, which nobody can move.", 409)
        if "to" in asked:
            self.clock.advance_to(cast(float, asked["to"]))
        else:
            self.clock.advance(cast(float, asked.get("advance", 0)))
        return self._clock({})

    def openapi(self) -> JsonObject:
        """An OpenAPI 3.1 document of exactly these methods."""
        paths: dict[str, Json] = {}
        for method in self.methods:
            described: JsonObject = {
                "summary": method.summary,
                "parameters": _parameters(method),
                "responses": {"200": {"description": "Done."}, "400": {"description": "What was wrong."}},
            }
            if method.verb == "POST":
                described["requestBody"] = {
                    "content": {"application/json": {"schema": _body_schema(method)}}
                }
            known = cast(JsonObject, paths.setdefault(f"/_bench{method.path}", {}))
            known[method.verb.lower()] = described
        title = f"callproof: control of the {self.end.upper()} end"
        return {"openapi": "3.1.0", "info": {"title": title, "version": __version__}, "paths": paths}


def page(asked: JsonObject) -> tuple[int, int]:
    """``after`` and ``limit`` of a list. Raises ControlError when one is no number."""
    return int(_number(asked, "after", 0)), min(int(_number(asked, "limit", LONGEST_PAGE)), LONGEST_PAGE)


def _body_schema(method: Method) -> JsonObject:
    return {
        "type": "object",
        "properties": method.body,
        "required": list(method.required),
        "additionalProperties": False,
    }


def _parameters(method: Method) -> list[Json]:
    in_path = [part[1:-1] for part in method.path.split("/") if part.startswith("{")]
    text: JsonObject = {"type": "string"}
    found: list[Json] = []
    for name in in_path:
        found.append({"name": name, "in": "path", "required": True, "schema": text})
    for name in method.query:
        found.append({"name": name, "in": "query", "schema": text})
    return found


def _body(validator: Draft202012Validator) -> JsonObject:
    raw = request.get_data()
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise ControlError(f"The body is not JSON: {error}.") from None
    problems = sorted(validator.iter_errors(body), key=lambda e: list(map(str, e.absolute_path)))
    if problems:
        where = "/".join(map(str, problems[0].absolute_path)) or "The body"
        raise ControlError(f"{where}: {problems[0].message}.")
    return cast(JsonObject, body)


def _number(asked: JsonObject, name: str, default: float) -> float:
    try:
        value = float(str(asked.get(name, default)))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e15:
        raise ControlError(f"{name} is a number from 0, not {asked[name]!r}.")
    return value


def _refuse(error: ControlError) -> Response:
    return _answer({"error": str(error)}, error.status)


def _answer(body: Json, status: int) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
