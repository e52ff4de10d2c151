"""What the parties of a call do when nobody tells them to."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Script:
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
