"""The calls that a scenario made happen: from whom, by which line, who answered and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callproof.conformance.evidence import Seen
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.phones import same_phone

IN, OUT = "in", "out"


@dataclass(frozen=True)
class Act:
    """Somebody did something at ``at``, on the ends' clock; ``answer`` is what the end said to it."""

    action: str
    args: JsonObject
    answer: JsonObject
    at: float


@dataclass
class Call:
    """``id`` is the PBX's own, ``line`` the one that was dialled or asked for, ``asked_by`` the extension
    of a manager who wanted the call. ``answers`` have the moment and the extension of each who answered:
    of a call that went out first the manager, unless he ``dialled`` himself, then the customer.

    Whether waiting on hold, when it was ``held``, is a part of the talk is for the PBX to say. ``odd`` is a
    call of which more happened than can be told here, such as a line that broke.
    """

    id: str
    direction: str
    phone: str
    began: float
    line: str = ""
    asked_by: str = ""
    dialled: bool = False
    held: bool = False
    answers: list[tuple[float, str]] = field(default_factory=list)
    ended: float | None = None
    odd: bool = False

    @property
    def answered(self) -> float | None:
        """Since when both talked."""
        talking = self.answers[0 if self.direction == IN or self.dialled else 1 :]
        return talking[0][0] if talking else None

    @property
    def extension(self) -> str:
        """Whose call it was, as far as that was said; "" for not known."""
        return self.asked_by or (self.answers[0][1] if self.answers else "")

    def __str__(self) -> str:
        return f"call {self.id}"


def made(acts: Iterable[Act], kept: Sequence[Json], seen: Iterable[Seen]) -> list[Call]:
    """The calls of a scenario, in their order. ``kept`` is what the PBX keeps of calls: a call that a
    manager asked for has its id from there, by its number, and is left out where that is not certain. By
    whom and by which line it goes out says the request for it, which is among ``seen``."""
    found: list[Call] = []
    for act in acts:
        phone = str(act.args.get("from") or act.args.get("phone") or "")
        line = str(act.args.get("line", ""))
        if act.action == "customer calls" and "id" in act.answer:
            found.append(Call(str(act.answer["id"]), IN, phone, act.at, str(act.args.get("to", ""))))
        elif act.action == "dial" and "id" in act.answer:
            caller, called = str(act.args.get("extension", "")), str(act.args.get("to", ""))
            found.append(Call(str(act.answer["id"]), OUT, called, act.at, line, caller, dialled=True))
        elif act.action == "manager clicks" and (known := _outgoing(kept, phone)):
            found.append(Call(known, OUT, phone, act.at, *_asked(seen, phone)))
        elif act.action != "play" and "call" in act.args:
            for call in found:
                if call.id == str(act.args["call"]):
                    _happened(call, act)
    return found


def _outgoing(kept: Iterable[Json], phone: str) -> str:
    ids = [
        str(call.get("id", ""))
        for call in kept
        if isinstance(call, Mapping)
        and call.get("direction") == OUT
        and same_phone(str(call.get("phone")), phone)
    ]
    return ids[0] if len(ids) == 1 else ""


def _asked(seen: Iterable[Seen], phone: str) -> tuple[str, str]:
    """The line and the extension of the request for a call, "" for not there."""
    for one in seen:
        number = str(reached(one.params, "phone"))
        if one.is_of("make-call") and same_phone(number, phone):
            line, code = reached(one.params, "externalPhone"), reached(one.params, "code")
            return str(line or ""), str(code or "")
    return "", ""


def _happened(call: Call, act: Act) -> None:
    match act.action:
        case "answer":
            call.answers.append((act.at, str(act.args.get("extension", ""))))
        case "hang up":
            call.ended = act.at
        case "hold" | "take back":
            call.held = True
        case "refuse":
            pass
        case _:
            call.odd = True
