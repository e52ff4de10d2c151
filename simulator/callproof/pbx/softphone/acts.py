"""What the softphone's forms do: calls begin, go on and end, and the PBX tells the CRM."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import redirect, request
from werkzeug.wrappers import Response

from callproof.pbx.admission import CallRefused
from callproof.pbx.engine import Engine
from callproof.pbx.pbx import Pbx
from callproof.pbx.rules.call import Call, IllegalAction
from callproof.pbx.rules.script import Disposition, Party, Script
from callproof.pbx.softphone import remembered
from callproof.web.site import Site

HOME = "/"
LONGEST_NUMBER = 100
LONGEST_SCRIPT = 86_400.0

_Form: TypeAlias = Mapping[str, str]
_Act: TypeAlias = Callable[[Engine, str, _Form], Call]

# What is done in a call, by the last word of the form's address.
_ACTS: Mapping[str, _Act] = {
    "answer": lambda engine, call, form: engine.answer(
        call, _given(form, "extension"), _given(form, "device")
    ),
    "refuse": lambda engine, call, form: engine.refuse(
        call, _given(form, "extension"), _given(form, "device")
    ),
    "engaged": lambda engine, call, _: engine.engaged(call),
    "hold": lambda engine, call, _: engine.hold(call),
    "take-back": lambda engine, call, _: engine.take_back(call),
    "transfer": lambda engine, call, form: engine.transfer(call, form.get("extension", "")),
    "customer-hangs-up": lambda engine, call, _: engine.hang_up(call, Party.CUSTOMER),
    "manager-hangs-up": lambda engine, call, _: engine.hang_up(call, Party.MANAGER),
    "fail": lambda engine, call, _: engine.fail(call),
}


class Acts:
    def __init__(self, pbx: Pbx, site: Site) -> None:
        self._pbx = pbx
        self._site = site

    def add(self) -> None:
        for path, act in (
            ("/phone/call", self._call),
            ("/phone/dial", self._dial),
            ("/phone/telephones", self._choose),
            ("/phone/flush", self._flush),
            ("/phone/retry-refused", self._retry),
            ("/phone/register", self._register),
        ):
            self._site.act(path, act)
        self._site.act("/phone/calls/<call_id>/<act>", self._do)

    def _call(self) -> Response:
        """A customer calls: the number that was typed, else the one that was chosen."""
        form = request.form
        phone = (form.get("other", "").strip() or form.get("customer", ""))[:LONGEST_NUMBER]
        try:
            script = _script(form)
        except ValueError:
            return self._refused(self._site.texts("phone.seconds-wrong"))

        def place() -> None:
            call = self._pbx.engine.place_incoming(phone, form.get("line", ""), script)
            going_on = (one.id for one in self._pbx.engine.going_on())
            remembered.keep_dialled(call.id, going_on)

        return self._done(place)

    def _dial(self) -> Response:
        form = request.form
        phone = form.get("phone", "").strip()[:LONGEST_NUMBER]
        if phone in self._pbx.settings.plan.extensions:
            return self._refused(self._site.texts("phone.internal"))
        return self._done(
            lambda: self._pbx.engine.dial(form.get("extension", ""), phone, _given(form, "line"))
        )

    def _do(self, call_id: str, act: str) -> Response:
        if act not in _ACTS:
            return self._refused(f"{act}?")
        form = request.form.to_dict()
        return self._done(lambda: _ACTS[act](self._pbx.engine, call_id, form))

    def _choose(self) -> Response:
        """Take up another extension, or put one away."""
        plan, form = self._pbx.settings.plan, request.form
        chosen = [code for code in remembered.telephones(plan) if code != form.get("away")]
        added = form.get("extension", "")
        if added in plan.extensions and added not in chosen:
            chosen.append(added)
        return self._done(lambda: remembered.keep_telephones(chosen))

    def _retry(self) -> Response:
        return self._done(self._pbx.reporter.retry_refused)

    def _flush(self) -> Response:
        return self._done(self._pbx.reporter.flush)

    def _register(self) -> Response:
        """The page tells the answer, as long as it is the last one."""
        return self._done(self._pbx.register)

    def _done(self, act: Callable[[], object]) -> Response:
        try:
            act()
        except CallRefused as error:
            return self._refused(self._site.texts(f"phone.refused-{error.status}"))
        except KeyError:
            return self._refused(self._site.texts("phone.no-call"))
        except IllegalAction:
            return self._refused(self._site.texts("phone.too-late"))
        remembered.say_nothing()
        return redirect(HOME, 303)

    def _refused(self, why: str) -> Response:
        remembered.say(why, good=False)
        return redirect(HOME, 303)


def _given(form: _Form, name: str) -> str | None:
    return form.get(name) or None


def _script(form: _Form) -> Script | None:
    """What the form lets happen by itself; None for by hand. Raises ValueError for other seconds."""
    if not (outcome := form.get("outcome")):
        return None
    after, talk = (float(form.get(name) or usual) for name, usual in (("after", 3), ("talk", 10)))
    if not (0 <= after <= LONGEST_SCRIPT and 0 <= talk <= LONGEST_SCRIPT):
        raise ValueError("seconds")
    return Script(Disposition(outcome), after=after, talk=talk)
