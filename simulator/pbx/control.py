"""What a tester does at the virtual PBX: place calls, act as the parties, look into the outbox."""

from collections.abc import Callable
from typing import cast

from simulator.bench.control import Control, ControlError, Handler, Method
from simulator.contract.jsontypes import Json, JsonObject
from simulator.core.call import Call, IllegalAction, Party
from simulator.pbx.engine import CallRefused
from simulator.pbx.pbx import Pbx

_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "object", "additionalProperties": {"type": "string"}}
_SECONDS: JsonObject = {"type": "number", "minimum": 0}


def control(pbx: Pbx, token: str = "") -> Control:
    """The control API of a virtual PBX."""
    actions = _Actions(pbx)
    api = Control("pbx", pbx.clock, pbx.journal, token)
    extension: JsonObject = {"extension": _TEXT}
    for method in (
        Method("GET", "/state", "Everything that the PBX keeps, beginning with counts.", actions.state),
        Method("POST", "/reset", "Forget all calls and statuses.", actions.reset),
        Method(
            "POST",
            "/seed",
            "Forget all calls and statuses and make other calls from now on.",
            actions.seed,
            body={"seed": {"type": "integer"}},
            required=("seed",),
        ),
        Method("POST", "/register", "Register this PBX with the CRM.", actions.register),
        Method(
            "POST",
            "/calls",
            "A customer calls a line; answerAfter and talk, in seconds, let the call run by itself.",
            actions.place,
            body={"from": _TEXT, "to": _TEXT, "answerAfter": _SECONDS, "talk": _SECONDS},
            required=("from", "to"),
        ),
        Method(
            "POST",
            "/calls/{id}/answer",
            "The next party picks up: an extension, or the customer of an outgoing call.",
            _on_call(lambda a: pbx.engine.answer(str(a["id"]), _extension(a))),
            body=extension,
        ),
        Method(
            "POST",
            "/calls/{id}/refuse",
            "A party that rings says no.",
            _on_call(lambda a: pbx.engine.refuse(str(a["id"]), _extension(a))),
            body=extension,
        ),
        Method(
            "POST",
            "/calls/{id}/hang-up",
            "A party ends the call.",
            _on_call(lambda a: pbx.engine.hang_up(str(a["id"]), Party(str(a["by"])))),
            body={"by": {"enum": [party.value for party in Party]}},
            required=("by",),
        ),
        Method(
            "POST",
            "/calls/{id}/fail",
            "The network drops the call.",
            _on_call(lambda a: pbx.engine.fail(str(a["id"]))),
        ),
        Method(
            "POST",
            "/history",
            "Upload history every so many seconds, 0 for right after each call; holds for later calls.",
            actions.set_period,
            body={"every": _SECONDS},
            required=("every",),
        ),
        Method("POST", "/flush", "Deliver now what waits for its time.", actions.flush),
        Method(
            "POST",
            "/send",
            "Send any request to the CRM, right or wrong; without apiKey the PBX's own key goes along.",
            actions.send,
            body={
                "method": {"enum": ["GET", "POST"]},
                "path": {"type": "string", "pattern": "^/"},
                "query": _TEXTS,
                "form": _TEXTS,
                "apiKey": _TEXT,
            },
            required=("method", "path"),
        ),
    ):
        api.add(method)
    return api


class _Actions:
    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx

    def state(self, _: JsonObject) -> Json:
        with self.pbx.store.begin() as session:
            return {
                "counts": cast(Json, session.counts()),
                "end": "pbx",
                "uploadEvery": self.pbx.reporter.upload_every,
                "statuses": cast(Json, session.statuses()),
                "calls": [_call(call) for call in session.calls()],
                "outbox": [
                    {
                        "id": message.id,
                        "callId": message.call_id,
                        "kind": message.kind.value,
                        "fate": message.fate.value,
                        "attempts": message.attempts,
                        "payload": message.payload,
                        "answer": message.answer,
                    }
                    for message in session.messages()
                ],
            }

    def reset(self, _: JsonObject) -> Json:
        self.pbx.reset()
        return {"lastId": self.pbx.journal.last_id}

    def seed(self, asked: JsonObject) -> Json:
        self.pbx.reset(int(str(asked["seed"])))
        return {"lastId": self.pbx.journal.last_id}

    def register(self, _: JsonObject) -> Json:
        told = self.pbx.crm.register()
        if not told.success:
            raise ControlError(f"The CRM did not take the registration: {told.status} {told.text}", 502)
        return {"status": told.status, "answer": told.body}

    def place(self, asked: JsonObject) -> Json:
        engine = self.pbx.engine
        try:
            call = engine.place_incoming(str(asked["from"]), str(asked["to"]))
        except CallRefused as error:
            raise ControlError(f"{error}.", error.status) from None
        if "answerAfter" in asked:
            self._script(call, float(str(asked["answerAfter"])), float(str(asked.get("talk", 0))))
        return _call(call)

    def set_period(self, asked: JsonObject) -> Json:
        self.pbx.reporter.upload_every = float(str(asked["every"]))
        return {"every": self.pbx.reporter.upload_every}

    def flush(self, _: JsonObject) -> Json:
        self.pbx.reporter.flush()
        return {}

    def send(self, asked: JsonObject) -> Json:
        told = self.pbx.crm.send_any(
            str(asked["method"]),
            str(asked["path"]),
            cast(dict[str, str], asked.get("query") or {}),
            cast(dict[str, str], asked.get("form") or {}),
            cast("str | None", asked.get("apiKey")),
        )
        return {"status": told.status, "text": told.text}

    def _script(self, call: Call, answer_after: float, talk: float) -> None:
        """The manager picks up and, after the talk, the customer hangs up, unless others act before."""
        engine = self.pbx.engine

        def pick_up() -> None:
            try:
                engine.answer(call.id)
            except (IllegalAction, KeyError):
                return
            engine.later(talk, hang_up)

        def hang_up() -> None:
            try:
                engine.hang_up(call.id, Party.CUSTOMER)
            except (IllegalAction, KeyError):
                return

        engine.later(answer_after, pick_up)


def _on_call(act: Callable[[JsonObject], Call]) -> Handler:
    def handler(asked: JsonObject) -> Json:
        try:
            return _call(act(asked))
        except KeyError:
            raise ControlError(f"There is no call {asked['id']}.", 404) from None
        except IllegalAction as error:
            raise ControlError(f"{error}.", 409) from None

    return handler


def _extension(asked: JsonObject) -> str | None:
    value = asked.get("extension")
    return str(value) if value is not None else None


def _call(call: Call) -> Json:
    return {
        "id": call.id,
        "direction": call.direction.value,
        "phone": call.phone,
        "line": call.line,
        "state": call.state.value,
        "extensions": list(call.extensions),
        "answeredBy": call.answered_by,
        "cause": call.cause.value if call.cause else None,
        "reason": call.reason,
        "startedAt": call.started_at,
        "duration": call.duration,
        "durationWaiting": call.waiting,
    }
