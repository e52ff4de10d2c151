"""What the parties of a call do when nobody tells them to."""

from collections import deque
from enum import StrEnum

import msgspec

from callproof.contract.phones import phone_key


class Party(StrEnum):
    CUSTOMER = "customer"
    MANAGER = "manager"


class Disposition(StrEnum):
    """``busy`` is for the customer of an outgoing call; ``cancelled`` is the caller giving up."""

    ANSWERED = "answered"
    NO_ANSWER = "no answer"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    BUSY = "busy"
    FAILED = "failed"


class Script(msgspec.Struct, frozen=True):
    """Times in seconds: ``after`` from the first ring to what ``outcome`` says, then ``talk``.

    Halfway through the talk the manager may put the customer on hold for ``hold`` seconds, or transfer
    the call to ``transfer_to``. ``pick_up`` is how long the manager of a click-to-call takes.
    """

    outcome: Disposition = Disposition.ANSWERED
    after: float = 5.0
    talk: float = 60.0
    hung_up_by: Party = Party.CUSTOMER
    hold: float = 0.0
    transfer_to: str = ""
    pick_up: float = 2.0


class Expected:
    """What customers will do who are called next, by their numbers in any notation."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Script]] = {}

    def add(self, phone: str, script: Script) -> None:
        """Behind those that wait for this number already."""
        self._waiting.setdefault(phone_key(phone), deque()).append(script)

    def take(self, phone: str) -> Script | None:
        """The first one for this number, which is then forgotten."""
        key = phone_key(phone)
        if not (waiting := self._waiting.get(key)):
            return None
        script = waiting.popleft()
        if not waiting:
            del self._waiting[key]
        return script
