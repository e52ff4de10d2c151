"""What the virtual PBX tells the CRM of a call, in the contract's two vocabularies (evidence#event,
evidence#upload)."""

from collections.abc import Sequence

from callproof.contract.dates import written
from callproof.contract.jsontypes import Json, JsonObject
from callproof.pbx.rules.call import Call, Cause, State

# The missed call is "no answered" in events and "no answer" in the history; that is the contract.
HANGUP_STATUS = {
    Cause.ANSWERED: "answered",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no answered",
    Cause.CANCELLED: "cancel",
    Cause.REFUSED: "busy",
    Cause.FAILED: "failed",
}
RESULT = {
    Cause.ANSWERED: "answered",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no answer",
    Cause.CANCELLED: "no answer",
    Cause.REFUSED: "busy",
    Cause.FAILED: "failed",
}


def events_between(before: Call | None, after: Call) -> list[JsonObject]:
    """The events that a step of the call gives rise to.

    Each extension is told of once, when it is rung first, so that a call which goes on to another one
    opens a card there. A call that ended before anybody was rung with it, such as a click-to-call whose
    manager did not pick up, is not a call with a customer and is not reported.
    """
    events: list[JsonObject] = []
    known = before.told if before else ()
    newly = [extension for extension in after.told if extension not in known]
    if newly:
        events.append(_event(after, after.direction.value, newly))
    ended_now = after.state is State.ENDED and (before is None or before.state is not State.ENDED)
    if ended_now and after.told:
        assert after.cause is not None
        hangup = _event(after, "hangup", after.told)
        events.append({**hangup, "hangupStatus": HANGUP_STATUS[after.cause]})
    return events


def belongs_in_history(call: Call) -> bool:
    """Ended, and the customer was concerned: he dialled us, or we rang him."""
    return call.state is State.ENDED and (call.direction.value == "in" or call.rang_at is not None)


def history_item(call: Call, record_url: str | None, zone: str = "UTC") -> JsonObject:
    """The call as an element of ``calls``. Raises ValueError while it is still going on."""
    if call.cause is None:
        raise ValueError(f"Call {call.id} has not ended")
    item: JsonObject = {
        "date": written(call.started_at, zone),
        "type": call.direction.value,
        "phone": call.phone,
        "result": RESULT[call.cause],
        "duration": call.duration,
        "durationWaiting": call.waiting,
        "externalId": call.id,
        "externalPhone": call.line,
    }
    handled_by = call.answered_by or (call.told[0] if len(call.told) == 1 else None)
    optional: dict[str, Json] = {"code": handled_by, "recordUrl": record_url}
    return item | {name: value for name, value in optional.items() if value is not None}


def _event(call: Call, kind: str, extensions: Sequence[str]) -> JsonObject:
    return {
        "phone": call.phone,
        "type": kind,
        "codes": list(extensions),
        "externalPhone": call.line,
        "callExternalId": call.id,
    }
