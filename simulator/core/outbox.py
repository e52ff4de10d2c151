"""What the virtual PBX still has to say, and what an answer means for it.

Events of one call go in order; the call's history row follows its events. Rows of several calls share
a request, at most 50, oldest first (guide, "Calls history uploading").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from simulator.contract.jsontypes import JsonObject

BATCH = 50
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0


class Kind(StrEnum):
    EVENT = "event"
    HISTORY = "history"


class Fate(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell. ``id`` grows in the order of events; ``due_at`` is when it may go."""

    id: int
    call_id: str
    kind: Kind
    payload: JsonObject
    due_at: float
    attempts: int = 0
    fate: Fate = Fate.PENDING
    answer: str = ""


def next_request(pending: Sequence[Message], now: float) -> list[Message]:
    """The messages that the next request carries: one event, or up to 50 history rows, or none.

    ``pending`` is everything not yet delivered. An event waits for the earlier messages of its call,
    a history row for all events of its call.
    """
    waiting: set[str] = set()
    rows: list[Message] = []
    for message in sorted(pending, key=lambda m: m.id):
        if message.call_id in waiting:
            continue
        if message.due_at > now:
            waiting.add(message.call_id)
        elif message.kind is Kind.EVENT:
            return [message]
        else:
            rows.append(message)
    rows.sort(key=lambda m: (str(m.payload.get("date")), m.id))
    return rows[:BATCH]


def next_due(pending: Sequence[Message]) -> float | None:
    """When the outbox has to be looked at again: what waits behind another message does not count."""
    heads: dict[str, Message] = {}
    for message in sorted(pending, key=lambda m: m.id):
        heads.setdefault(message.call_id, message)
    return min((message.due_at for message in heads.values()), default=None)


def fate_of(status: int | None, success: bool | None) -> Fate:
    """What the CRM's answer means.

    No answer, 5xx and 429 mean "try again"; 200 with success means delivered; everything else is a
    refusal, which a repeat would only earn again.
    """
    if status is None or status >= 500 or status == 429:
        return Fate.PENDING
    return Fate.SENT if status in (200, 201) and success else Fate.REFUSED


def retry_delay(attempts: int) -> float:
    """Seconds to wait after the given number of failed attempts: 1, 2, 4, ... up to 60."""
    return float(min(FIRST_RETRY * 2 ** (max(attempts, 1) - 1), LONGEST_RETRY))
