"""What the virtual PBX tells the CRM of a call, in the contract's two vocabularies (sections 4.1, 4.3)."""

from simulator.contract.jsontypes import Json, JsonObject
from simulator.core.call import Call, Cause, State
from simulator.core.clock import written

# The missed call is "no answered" in events and "no answer" in the history; that is the contract.
HANGUP_STATUS = {
    Cause.ANSWERED: "answered",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no answered",
    Cause.CANCELLED: "cancel",
    Cause.FAILED: "failed",
}
RESULT = {
    Cause.ANSWERED: "answered",
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no answer",
    Cause.CANCELLED: "no answer",
    Cause.FAILED: "failed",
}


def events_between(before: Call, after: Call) -> list[JsonObject]:
    """The events that a step of the call gives rise to.

    A call is reported from the moment that the other party is rung. One that ended before that, such
    as a click-to-call whose manager did not pick up, is not a call with a customer and is not reported.
    """
    events: list[JsonObject] = []
    if before.rang_at is None and after.rang_at is not None:
        events.append(_event(after, after.direction.value))
    if before.state is not State.ENDED and after.state is State.ENDED and after.rang_at is not None:
        assert after.cause is not None
        events.append({**_event(after, "hangup"), "hangupStatus": HANGUP_STATUS[after.cause]})
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
    handled_by = call.answered_by or (call.extensions[0] if len(call.extensions) == 1 else None)
    optional: dict[str, Json] = {"code": handled_by, "recordUrl": record_url}
    return item | {name: value for name, value in optional.items() if value is not None}


def _event(call: Call, kind: str) -> JsonObject:
    return {
        "phone": call.phone,
        "type": kind,
        "codes": list(call.extensions),
        "externalPhone": call.line,
        "callExternalId": call.id,
    }
