"""What a tester does as the parties of calls: place them, and act in them."""

from collections.abc import Callable

from callproof.control.api import Control, ControlError
from callproof.control.wire import known
from callproof.pbx import control_wire as wire
from callproof.pbx import shown
from callproof.pbx.admission import CallRefused
from callproof.pbx.engine import Engine
from callproof.pbx.rules.call import Call, IllegalAction
from callproof.pbx.rules.script import Script


def add_parties(api: Control, engine: Engine) -> None:
    """``/calls``, ``/dial`` and ``/scripts``, by which calls begin, and what is done in each of them."""
    parties = _Parties(engine)
    api.add(
        "POST",
        "/calls",
        "A customer calls a line; with a script the call runs by itself.",
        parties.place,
        wire.PlaceAsked,
    )
    api.add(
        "POST",
        "/dial",
        "A manager dials on a desk phone; line is the number that the customer sees.",
        parties.dial,
        wire.DialAsked,
    )
    api.add(
        "POST",
        "/scripts",
        "What the next outgoing call to a number plays, however it is started.",
        parties.expect,
        wire.ExpectAsked,
    )
    api.add(
        "POST",
        "/calls/{id}/answer",
        "The next party picks up: an extension, or the customer of an outgoing call.",
        parties.answer,
        wire.LegAsked,
    )
    api.add("POST", "/calls/{id}/refuse", "A party that rings says no.", parties.refuse, wire.LegAsked)
    for word, summary, act in (
        ("engaged", "The customer of an outgoing call is on the telephone.", engine.engaged),
        ("hold", "The manager lets the customer wait.", engine.hold),
        ("take-back", "The manager ends the hold.", engine.take_back),
    ):
        api.add("POST", f"/calls/{{id}}/{word}", summary, _plain(act))
    api.add(
        "POST",
        "/calls/{id}/transfer",
        "The manager passes the call on; it comes back when the other extension does not take it.",
        parties.transfer,
        wire.TransferAsked,
    )
    api.add("POST", "/calls/{id}/hang-up", "A party ends the call.", parties.hang_up, wire.HangUpAsked)
    api.add("POST", "/calls/{id}/fail", "The network drops the call.", _plain(engine.fail))


class _Parties:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def place(self, asked: wire.PlaceAsked) -> object:
        return _begun(lambda: self.engine.place_incoming(asked.phone, asked.to, _script(asked)))

    def dial(self, asked: wire.DialAsked) -> object:
        line = known(asked.line)
        return _begun(lambda: self.engine.dial(asked.extension, asked.to, line, _script(asked)))

    def expect(self, asked: wire.ExpectAsked) -> object:
        self.engine.expect(asked.phone, asked.script.script())
        return {}

    def answer(self, asked: wire.LegAsked, call_id: str) -> object:
        extension, device = known(asked.extension), known(asked.device)
        return _acted(call_id, lambda: self.engine.answer(call_id, extension, device))

    def refuse(self, asked: wire.LegAsked, call_id: str) -> object:
        extension, device = known(asked.extension), known(asked.device)
        return _acted(call_id, lambda: self.engine.refuse(call_id, extension, device))

    def transfer(self, asked: wire.TransferAsked, call_id: str) -> object:
        return _acted(call_id, lambda: self.engine.transfer(call_id, asked.to))

    def hang_up(self, asked: wire.HangUpAsked, call_id: str) -> object:
        return _acted(call_id, lambda: self.engine.hang_up(call_id, asked.by))


def _plain(act: Callable[[str], Call]) -> Callable[[str], object]:
    """Something done in a call of which nothing has to be said."""
    return lambda call_id: _acted(call_id, lambda: act(call_id))


def _begun(begin: Callable[[], Call]) -> shown.CallShown:
    try:
        return shown.call(begin())
    except CallRefused as error:
        raise ControlError(f"{error}.", error.status) from None


def _acted(call_id: str, act: Callable[[], Call]) -> shown.CallShown:
    try:
        return _begun(act)
    except KeyError:
        raise ControlError(f"There is no call {call_id}.", 404) from None
    except IllegalAction as error:
        raise ControlError(f"{error}.", 409) from None


def _script(asked: wire.PlaceAsked | wire.DialAsked) -> Script | None:
    sent = known(asked.script)
    return sent.script() if sent else None
