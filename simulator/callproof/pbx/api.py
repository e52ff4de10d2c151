"""One call-back's way through the virtual PBX: judged by its schema, by its clientId, then done."""

import hmac
import logging
from collections.abc import Callable
from pathlib import PurePosixPath

import orjson
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestedRangeNotSatisfiable,
    ServiceUnavailable,
)
from werkzeug.http import parse_range_header
from werkzeug.wrappers import Request as FormRequest
from werkzeug.wrappers import Response

from callproof.contract import payloads
from callproof.contract.findings import Finding, Kind
from callproof.contract.guide import CALL_BACKS, LOGO, RECORDINGS
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import BY_NAME
from callproof.exchange.counting import OPERATION, UNKNOWN
from callproof.exchange.elsewhere import for_a_stranger
from callproof.exchange.exchange import Answer, Body
from callproof.exchange.incoming import Incoming
from callproof.exchange.reach import names_of
from callproof.pbx import recordings
from callproof.pbx.admission import CallRefused
from callproof.pbx.pbx import Pbx
from callproof.storage.watching import StorageTrouble

log = logging.getLogger("callproof.pbx")

# The account is opened by the browser of a user, from a page of the CRM.
_FOR_PROGRAMS = ("make-call", "status-notice", "activity")
_NAMES = {path: name for name, path in CALL_BACKS.items()}

# A receiver, for whoever shows the module to a user.
_LOGO = Answer(
    200,
    (("Content-Type", "image/svg+xml"),),
    Body(
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#2b6cb0"'
        b' d="M3 4a1 1 0 0 1 1-1h4l2 5-2.5 2.5a14 14 0 0 0 6 6L16 14l5 2v4a1 1 0 0 1-1 1A17 17 0 0 1 3 4"/>'
        b"</svg>"
    ),
)


def name_of(_method: str, path: str) -> str:
    """The contract's name of the call-back at a path, ``""`` for none."""
    return "record" if path.startswith(RECORDINGS) else _NAMES.get(path, "")


class PbxApi:
    """``respond`` and ``refuse`` are the PBX's part of ``exchange.answering``."""

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._names = names_of(pbx.settings.base_url, pbx.settings.allowed_hosts)
        self._handlers: dict[str, Callable[[JsonObject, list[Finding]], Answer]] = {
            "make-call": self._make_call,
            "status-notice": self._user_status,
            "activity": self._activity,
            "account": lambda *_: _say({}),
        }

    def respond(self, incoming: Incoming, findings: list[Finding]) -> Answer:
        name = name_of(incoming.method, incoming.path)
        verb = "GET" if incoming.method == "HEAD" else incoming.method
        incoming.environ[OPERATION] = name or UNKNOWN
        try:
            if incoming.path == LOGO and verb == "GET":
                return _LOGO
            if not name:
                raise NotFound
            if BY_NAME[name].method != verb:
                raise MethodNotAllowed([BY_NAME[name].method])
            if name == "record":
                return self._recording(incoming)
            return self._call_back(name, incoming, findings)
        except HTTPException as error:
            return _refused(error, f"{incoming.method} {incoming.path}")
        except StorageTrouble:
            return _refused(ServiceUnavailable(), f"{incoming.method} {incoming.path}")
        except Exception:
            log.exception("A request failed")
            return _refused(InternalServerError(), f"{incoming.method} {incoming.path}")

    def refuse(self, error: HTTPException) -> Answer:
        """What the server itself refuses."""
        return _refused(error, "the request")

    def _call_back(self, name: str, incoming: Incoming, findings: list[Finding]) -> Answer:
        if name in _FOR_PROGRAMS and for_a_stranger(incoming.environ, self._names):
            findings.append(_STRANGERS_PAGE)
            return _say({"error": "Pages of other sites are not served."}, 403)
        sent = FormRequest(incoming.readable()).values.to_dict()
        query = payloads.read(BY_NAME[name].query_schema, sent, "query", plain=True)
        findings += query.findings
        findings += (violation.as_finding("query") for violation in query.violations)
        if query.violations:
            return _say({"error": "; ".join(f"{v.pointer}: {v.message}" for v in query.violations)}, 400)
        assert isinstance(query.value, dict)
        # Only clientId tells who asks (evidence#client-id-alone).
        if not hmac.compare_digest(
            str(query.value["clientId"]).encode(), self._pbx.settings.client_id.encode()
        ):
            findings.append(_STRANGER)
            return _say({"error": "The clientId is unknown."}, 401)
        return self._handlers[name](query.value, findings)

    def _make_call(self, asked: JsonObject, findings: list[Finding]) -> Answer:
        line = asked.get("externalPhone")
        if line and self._pbx.settings.plan.line(str(line)) is None:
            findings.append(_NO_LINE)
        try:
            call = self._pbx.engine.click_to_call(
                str(asked["code"]), str(asked["phone"]), str(line) if line else None
            )
        except CallRefused as error:
            return _say({"error": f"{error}."}, error.status)
        return _say({"callId": call.id})

    def _user_status(self, asked: JsonObject, _: list[Finding]) -> Answer:
        self._pbx.engine.status_changed(str(asked["code"]), str(asked["status"]))
        return _say({})

    def _activity(self, asked: JsonObject, _: list[Finding]) -> Answer:
        self._pbx.switched(str(asked["activity"]))
        return _say({"success": True})

    def _recording(self, incoming: Incoming) -> Answer:
        """The whole file or the part that Range asks for; a HEAD gets the same headers without it."""
        name = incoming.path.removeprefix(RECORDINGS)
        path = PurePosixPath(name)
        call = self._pbx.store.call(path.stem)
        keeps = self._pbx.settings.plan.recordings
        if call is None or call.ended_at is None or path.suffix != f".{keeps.format}" or not call.recorded:
            return _say({"error": f"There is no recording {name}."}, 404)
        age = self._pbx.clock.now() - call.ended_at
        if age < keeps.ready_after:
            return _say({"error": f"The recording {name} is not ready yet."}, 404)
        if keeps.kept_for and age >= keeps.kept_for:
            return _say({"error": f"The recording {name} is not kept any more."}, 410)
        sound = recordings.recording(call.id, call.recorded, keeps.format)
        return _audio(sound, recordings.CONTENT_TYPES[keeps.format], incoming)


_STRANGERS_PAGE = Finding(
    Kind.NOTICE,
    "request",
    "",
    "a page of another site made a browser ask for it",
    "Ask from a program, or allow the name of this end with --allow-host.",
)

_STRANGER = Finding(
    Kind.VIOLATION,
    "query",
    "/clientId",
    "this is not the clientId of the registration",
    "Send the clientId that the PBX registered with.",
    "CRM-MODULE-05",
)

_NO_LINE = Finding(
    Kind.NOTICE,
    "query",
    "/externalPhone",
    "this PBX has no such line, so the call goes out by its first one",
    "Send a line of the registration, or none.",
    "CRM-CALL-02",
)


def _audio(sound: recordings.Wav | recordings.Mp3, kind: str, incoming: Incoming) -> Answer:
    track = recordings.Track(sound)
    response = Response(track, headers={"Content-Type": kind}, direct_passthrough=True)
    response.content_length = sound.size
    environ = incoming.environ
    if not _one_range(incoming.header("Range")):
        environ = {name: value for name, value in environ.items() if name != "HTTP_RANGE"}
    try:
        response.make_conditional(environ, accept_ranges=True, complete_length=sound.size)
    except RequestedRangeNotSatisfiable:
        return Answer(416, (("Accept-Ranges", "bytes"), ("Content-Range", f"bytes */{sound.size}")))
    del response.headers["Date"]  # the server's own
    body = Body(size=response.content_length, chunks=response.iter_encoded())
    return Answer(response.status_code, tuple(response.headers.items()), body)


def _one_range(header: str) -> bool:
    """Whether a part is asked for that one answer can give; everything else means the whole."""
    wanted = parse_range_header(header)
    return wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1


def _refused(error: HTTPException, what: str) -> Answer:
    answer = _say({"error": f"{error.code} {error.name}: {what}"}, error.code or 500)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        allowed = ("Allow", ", ".join(sorted(error.valid_methods)))
        return Answer(answer.status, (*answer.headers, allowed), answer.body)
    return answer


def _say(body: JsonObject, status: int = 200) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), Body(orjson.dumps(body)))
