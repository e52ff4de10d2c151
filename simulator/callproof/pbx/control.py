"""What a tester does at the virtual PBX: place calls, act as the parties, look into the outbox."""

from collections.abc import Callable
from typing import cast

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.api import (
    Control,
    ControlError,
    Handler,
    Method,
    page,
)
from callproof.control.faults import add_faults
from callproof.pbx.engine import CallRefused
from callproof.pbx.pbx import Pbx
from callproof.pbx.rules.call import Call, IllegalAction
from callproof.pbx.rules.script import Outcome, Party, Script

_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "object", "additionalProperties": {"type": "string"}}
_SECONDS: JsonObject = {"type": "number", "minimum": 0, "maximum": 86_400}
_PARTY: JsonObject = {"enum": [party.value for party in Party]}
_SCRIPT: JsonObject = {
    "type": "object",
    "properties": {
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "after": _SECONDS,
        "talk": _SECONDS,
        "hungUpBy": _PARTY,
        "hold": _SECONDS,
        "transferTo": _TEXT,
        "pickUp": _SECONDS,
    },
    "additionalProperties": False,
}


def control(pbx: Pbx, token: str = "") -> Control:
    """The control API of a virtual PBX."""
    actions = _Actions(pbx)
    api = Control("pbx", pbx.clock, pbx.journal, token)
    engine = pbx.engine
    leg: JsonObject = {"extension": _TEXT, "device": _TEXT}
    for method in (
        Method("GET", "/state", "Everything that the PBX keeps, beginning with counts.", actions.state),
        Method("GET", "/counts", "How much of everything there is.", actions.counts),
        Method(
            "GET",
            "/calls",
            "Calls in the order of their beginning, those after a position, at most limit.",
            actions.calls,
            query=("after", "limit"),
        ),
        Method(
            "GET",
            "/extensions",
            "Who can be rung: free=1 leaves out whoever is on the telephone.",
            actions.extensions,
            query=("free",),
        ),
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
            "A customer calls a line; with a script the call runs by itself.",
            actions.place,
            body={"from": _TEXT, "to": _TEXT, "script": _SCRIPT},
            required=("from", "to"),
        ),
        Method(
            "POST",
            "/dial",
            "A manager dials on a desk phone; line is the number that the customer sees.",
            actions.dial,
            body={"extension": _TEXT, "to": _TEXT, "line": _TEXT, "script": _SCRIPT},
            required=("extension", "to"),
        ),
        Method(
            "POST",
            "/scripts",
            "What the next outgoing call to a number plays, however it is started.",
            actions.expect,
            body={"phone": _TEXT, "script": _SCRIPT},
            required=("phone", "script"),
        ),
        Method(
            "POST",
            "/calls/{id}/answer",
            "The next party picks up: an extension, or the customer of an outgoing call.",
            _on_call(
                lambda a: engine.answer(str(a["id"]), _optional(a, "extension"), _optional(a, "device"))
            ),
            body=leg,
        ),
        Method(
            "POST",
            "/calls/{id}/refuse",
            "A party that rings says no.",
            _on_call(
                lambda a: engine.refuse(str(a["id"]), _optional(a, "extension"), _optional(a, "device"))
            ),
            body=leg,
        ),
        Method(
            "POST",
            "/calls/{id}/engaged",
            "The customer of an outgoing call is on the telephone.",
            _on_call(lambda a: engine.engaged(str(a["id"]))),
        ),
        Method(
            "POST",
            "/calls/{id}/hold",
            "The manager lets the customer wait.",
            _on_call(lambda a: engine.hold(str(a["id"]))),
        ),
        Method(
            "POST",
            "/calls/{id}/take-back",
            "The manager ends the hold.",
            _on_call(lambda a: engine.take_back(str(a["id"]))),
        ),
        Method(
            "POST",
            "/calls/{id}/transfer",
            "The manager passes the call on; it comes back when the other extension does not take it.",
            _on_call(lambda a: engine.transfer(str(a["id"]), str(a["to"]))),
            body={"to": _TEXT},
            required=("to",),
        ),
        Method(
            "POST",
            "/calls/{id}/hang-up",
            "A party ends the call.",
            _on_call(lambda a: engine.hang_up(str(a["id"]), Party(str(a["by"])))),
            body={"by": _PARTY},
            required=("by",),
        ),
        Method(
            "POST",
            "/calls/{id}/fail",
            "The network drops the call.",
            _on_call(lambda a: engine.fail(str(a["id"]))),
        ),
        Method(
            "POST",
            "/history",
            "Upload history every so many seconds from now, 0 for at once; holds for later calls.",
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
    add_faults(api, Side.PBX, pbx.faults)
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

    def counts(self, _: JsonObject) -> Json:
        with self.pbx.store.begin() as session:
            return cast(Json, session.counts() | session.under_way())

    def calls(self, asked: JsonObject) -> Json:
        after, limit = page(asked)
        with self.pbx.store.begin() as session:
            found = session.calls_after(after, limit)
        return {"calls": [_call(call) for _, call in found], "last": found[-1][0] if found else after}

    def extensions(self, asked: JsonObject) -> Json:
        busy = self.pbx.engine.busy()
        return {
            "extensions": [
                {"extension": code, "user": extension.user, "busy": code in busy}
                for code, extension in self.pbx.settings.plan.extensions.items()
                if code not in busy or not asked.get("free")
            ]
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
        return _started(
            lambda: self.pbx.engine.place_incoming(str(asked["from"]), str(asked["to"]), _script(asked))
        )

    def dial(self, asked: JsonObject) -> Json:
        line, script = _optional(asked, "line"), _script(asked)
        return _started(
            lambda: self.pbx.engine.dial(str(asked["extension"]), str(asked["to"]), line, script)
        )

    def expect(self, asked: JsonObject) -> Json:
        script = _script(asked)
        assert script is not None
        self.pbx.engine.expect(str(asked["phone"]), script)
        return {}

    def set_period(self, asked: JsonObject) -> Json:
        self.pbx.reporter.set_period(float(str(asked["every"])), self.pbx.clock.now())
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


def _started(start: Callable[[], Call]) -> Json:
    try:
        return _call(start())
    except CallRefused as error:
        raise ControlError(f"{error}.", error.status) from None


def _on_call(act: Callable[[JsonObject], Call]) -> Handler:
    def handler(asked: JsonObject) -> Json:
        try:
            return _call(act(asked))
        except KeyError:
            raise ControlError(f"There is no call {asked['id']}.", 404) from None
        except IllegalAction as error:
            raise ControlError(f"{error}.", 409) from None
        except CallRefused as error:
            raise ControlError(f"{error}.", error.status) from None

    return handler


def _optional(asked: JsonObject, name: str) -> str | None:
    value = asked.get(name)
    return str(value) if value is not None else None


def _script(asked: JsonObject) -> Script | None:
    sent = cast("JsonObject | None", asked.get("script"))
    if sent is None:
        return None
    usual = Script()
    return Script(
        outcome=Outcome(str(sent.get("outcome", usual.outcome.value))),
        after=_seconds(sent, "after", usual.after),
        talk=_seconds(sent, "talk", usual.talk),
        hung_up_by=Party(str(sent.get("hungUpBy", usual.hung_up_by.value))),
        hold=_seconds(sent, "hold", usual.hold),
        transfer_to=str(sent.get("transferTo", usual.transfer_to)),
        pick_up=_seconds(sent, "pickUp", usual.pick_up),
    )


def _seconds(sent: JsonObject, name: str, usual: float) -> float:
    return float(cast(float, sent.get(name, usual)))


def _call(call: Call) -> Json:
    return {
        "id": call.id,
        "direction": call.direction.value,
        "phone": call.phone,
        "line": call.line,
        "state": call.state.value,
        "extensions": list(dict.fromkeys(leg.extension for leg in call.legs)),
        "answeredBy": call.answered_by,
        "cause": call.cause.value if call.cause else None,
        "reason": call.reason,
        "choices": [
            {"at": choice.at, "extensions": list(choice.extensions), "reason": choice.reason}
            for choice in call.choices
        ],
        "legs": [
            {
                "extension": leg.extension,
                "device": leg.device,
                "rangAt": leg.rang_at,
                "answeredAt": leg.answered_at,
                "endedAt": leg.ended_at,
                "outcome": leg.outcome,
            }
            for leg in call.legs
        ],
        "told": list(call.told),
        "holds": call.holds,
        "transfers": call.transfers,
        "startedAt": call.started_at,
        "endedAt": call.ended_at,
        "duration": call.duration,
        "durationWaiting": call.waiting,
        "recorded": call.recorded,
    }
