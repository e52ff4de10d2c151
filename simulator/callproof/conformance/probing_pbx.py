"""A PBX's integration probed: registered, called, hung up, asked for a call, and left to its clock."""

from collections.abc import Mapping

from callproof.conformance.drivers import settle_in
from callproof.conformance.probing import (
    SET_UP,
    WITHIN,
    Outcome,
    refusal,
    taken,
)
from callproof.conformance.probing_calls import CALLS, EVENT, UPLOAD, CallProbe, of, phone
from callproof.conformance.scenario import PERIOD
from callproof.conformance.target import PASS_TIME, UPLOAD_EVERY
from callproof.contract.dates import read
from callproof.contract.guide import GUIDES
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.phones import same_phone

MAKE_CALL = "makeCallUrl"
# Within how many seconds a call is over that nobody takes.
RINGS = 120.0
# By how many seconds a date may be off before somebody should look.
DATED = 60.0


class PbxProbe(CallProbe):
    """The side under test is the PBX; our CRM sees what it tells."""

    def run(self) -> None:
        with self.trying():
            self._begin()
            self.each(
                self._call_that_is_answered,
                self._call_that_is_refused,
                self._call_that_is_dropped,
                self._call_from_the_crm,
                self._call_that_is_dialled,
                self._period,
                self._call_that_nobody_takes,
            )
            self._settings()
            if self.target.timed:
                with self.trying():
                    self.clock()
        with self.trying():
            self.view("calls")
        self.tell_the_rest()

    def _begin(self) -> None:
        self.set_up()
        if self.account != GUIDES:
            settle_in(self.ends, self.account)
        self._every(0)
        self._register()

    def _register(self) -> None:
        self.do("register")
        sent = self.comes("module-edit")
        if sent is None:
            raise self.stop("register", f"{self.instead('module-edit')}; {self.where_to()}")
        if not taken(sent):
            raise self.stop("register", f"{sent.method} {sent.path}: {refusal(sent)}")
        self.works("register", f"{sent.method} {sent.path} -> {sent.status}")
        telephony = reached(sent.params, "integrations", "telephony")
        account = self.account
        codes = _pairs(telephony, "additionalCodes", "userId", "code")
        for user, extension in zip(account.users, account.extensions, strict=True):
            if (str(user), extension) not in codes:
                said = f"additionalCodes does not give user {user} the extension {extension}"
                self.wrong("register", f"{said}, but {_listed(codes)}; write `account` as your side has it")
        lines = _pairs(telephony, "externalPhones", "siteCode", "externalPhone")
        for shop, line in zip(account.shops, account.lines, strict=True):
            if not any(code == shop and same_phone(phone, line, account.country) for code, phone in lines):
                said = f"externalPhones does not give {shop} the line {line}"
                self.wrong("register", f"{said}, but {_listed(lines)}; write `account` as your side has it")
        for address in (MAKE_CALL, "changeUserStatusUrl"):
            if not reached(telephony, address):
                self.look("register", f"there is no {address}: what is about it is not judged")

    def _call_that_is_answered(self) -> None:
        first, second = self.account.extensions
        with self.called(0, 0) as call:
            self.shown(call, "in", self.numbers[0])
            self.do("answer", {"call": call, "extension": first})
            self.passes(3)
            for name in ("hold", "take back"):
                with self.trying():
                    self.do(name, {"call": call})
                    self.passes(1)
            with self.trying():
                self.do("transfer", {"call": call, "to": second})
                self.passes(1)
                self.do("answer", {"call": call, "extension": second})
                self.passes(1)
            self._hang_up(call, "customer")
            self._in_the_history(call)

    def _hang_up(self, call: str, by: str) -> None:
        self.do("hang up", {"call": call, "by": by})
        end = self.comes(EVENT, lambda seen: of(seen, call, "hangup"))
        if end is None:
            raise self.stop("hang up", f"{self.instead('end of the call')}")
        self.works("hang up", f"{end.method} {end.path} -> {end.status}")
        if reached(end.params, "hangupStatus") not in (None, "answered"):
            said = f"the call was answered, and its end is told as {reached(end.params, 'hangupStatus')!r}"
            self.look("answer", f"{said}: did the hook answer it?")
        self.over(call, "hang up")

    def _in_the_history(self, call: str) -> None:
        row = self.uploaded(call)
        if row is None:
            said = f"the call was not uploaded within {WITHIN:g} s after its end"
            if self.has(UPLOAD_EVERY):
                raise self.stop(UPLOAD_EVERY, f"with 0 {said}")
            self.look(
                "hang up",
                f"{said}; what goes by a period needs `{UPLOAD_EVERY}`, whose 0 is at once or every second",
            )
            raise self.enough()
        if row.get("result") != "answered":
            self.look("answer", f"the history says {row.get('result')!r} of a call that it answered")
        self._dated(row)

    def _dated(self, row: Mapping[str, Json]) -> None:
        try:
            off = read(str(row.get("date")), self.account.timezone) - self.ends.now()
        except ValueError:
            return
        if abs(off) > DATED:
            name = PASS_TIME if self.target.timed else "customer calls"
            said = f"the history dates the call {abs(off):.0f} s {'after' if off > 0 else 'before'} now"
            zone = f"is it written in {self.account.timezone} (`account.timezone`)"
            self.look(name, f"{said}: {zone}{', by the test clock' if self.target.timed else ''}?")

    def _call_that_is_refused(self) -> None:
        with self.called(1, 1) as call:
            for extension in self.account.extensions:
                self.do("refuse", {"call": call, "extension": extension})
            if self.comes(EVENT, lambda seen: of(seen, call, "hangup")) is None:
                self.look("refuse", "everybody refused the call, and its end was not told")

    def _call_that_is_dropped(self) -> None:
        with self.called(2, 0) as call:
            self.do("drop", {"call": call})
            self.over(call, "drop")

    def _call_from_the_crm(self) -> None:
        if "calls" not in self.target.views:
            # Nobody could find its id, to end it.
            return
        user, number = self.account.users[0], self.numbers[3]
        answered = self.prepare("manager clicks", {"user": user, "phone": number})
        asked = reached(answered, "url") or reached(answered, "code")
        if not reached(answered, "succeeded"):
            if asked:
                self.look(MAKE_CALL, f"it is asked, and {answered.get('outcome')}")
            raise self.enough()
        kept = [one for one in self.view("calls") if same_phone(str(one.get("phone")), number)]
        if not kept:
            said = f"makeCallUrl answered 200, and no call to {number} is in it"
            raise self.stop(CALLS, f"{said}: name `pbx keeps calls` under absent if it cannot be shown")
        call = str(kept[0].get("id"))
        with self.hung_up(call):
            self.shown(call, "out", number)
            self.works(MAKE_CALL, f"call {call}")
            for who in ("manager", "customer"):
                with self.in_case(f"without `extension` the {who} of an outgoing call picks up"):
                    self.do("answer", {"call": call})
                self.passes(1)
            self.do("hang up", {"call": call, "by": "manager"})
            self.over(call, "hang up")

    def _call_that_is_dialled(self) -> None:
        answered = self.do("dial", {"extension": self.account.extensions[0], "to": self.numbers[4]})
        call = self.id("dial", answered)
        with self.hung_up(call):
            if self.comes(EVENT, lambda seen: of(seen, call) or phone(seen, self.numbers[4])) is None:
                # Some tell of it only once the customer is there.
                self.works("dial", f"call {call}")
            if self.has("engaged"):
                self.do("engaged", {"call": call})
                self.over(call, "engaged")

    def _period(self) -> None:
        """The history waits for its period, and goes when it is over or asked for."""
        if not self.has(UPLOAD_EVERY):
            return
        self._every(PERIOD)
        try:
            with self.called(5, 0) as call:
                self.do("answer", {"call": call, "extension": self.account.extensions[0]})
                self.passes(1)
                self.do("hang up", {"call": call, "by": "customer"})
                if self.uploaded(call):
                    raise self.stop(
                        UPLOAD_EVERY, f"with {PERIOD} the call was uploaded at once all the same"
                    )
                if self.has("flush"):
                    self.do("flush")
                    if self.uploaded(call) is None:
                        self.wrong("flush", f"{self.instead(UPLOAD)}, though a call waited for its period")
                elif self.target.timed:
                    self.ends.pass_time(PERIOD)
                    if self.uploaded(call) is None:
                        said = f"{PERIOD} s of the test clock later the call that waited was not uploaded"
                        raise self.stop(UPLOAD_EVERY, said)
                self.works(UPLOAD_EVERY, f"a call waited for the end of {PERIOD} s")
        finally:
            self._every(0)

    def _call_that_nobody_takes(self) -> None:
        """It is over by itself, on a clock that need not be waited for."""
        if not self.target.timed:
            self.say(PASS_TIME, Outcome.ABSENT, "time is waited for, and a run takes minutes")
            return
        with self.called(0, 1) as call:
            deadline = self.ends.now() + RINGS
            while not self.ended(call):
                if not self.ends.step(deadline):
                    break
            if self.comes(EVENT, lambda seen: of(seen, call, "hangup")) is None:
                said = f"{RINGS:g} s of the test clock later a call that nobody takes still rings"
                self.look(PASS_TIME, f"{said}: does the clock move your timers?")

    def _settings(self) -> None:
        """What only a set-up takes back, so it comes last."""
        users, extensions = self.account.users, self.account.extensions
        people: JsonObject = {code: {"user": user} for user, code in zip(users, extensions, strict=True)}
        group: Json = {"extensions": list(extensions), "strategy": "linear", "ring-seconds": 10}
        lines: list[Json] = [
            {"phone": line, "shop": shop, "group": "sales"}
            for shop, line in zip(self.account.shops, self.account.lines, strict=True)
        ]
        asked: Mapping[str, JsonObject] = {
            "set zone": {"zone": "Asia/Kolkata"},
            "set hours": {"hours": [{"from": "00:00", "to": "00:01"}]},
            "set plan": {"plan": {"lines": lines, "groups": {"sales": group}, "extensions": people}},
        }
        for name, args in asked.items():
            if not self.has(name):
                continue
            if not self.target.set_up:
                self.say(name, Outcome.UNTRIED, f"there is no {SET_UP} that would take it back")
                continue
            with self.trying():
                self.do(name, args)
            with self.trying():
                self.set_up()

    def _every(self, seconds: int) -> None:
        with self.heard(UPLOAD_EVERY):
            if self.has(UPLOAD_EVERY):
                self.ends.pbx.upload_every(seconds)


def _pairs(telephony: Json, name: str, one: str, other: str) -> list[tuple[str, str]]:
    rows = reached(telephony, name)
    return (
        [(str(reached(row, one)), str(reached(row, other))) for row in rows]
        if isinstance(rows, list)
        else []
    )


def _listed(pairs: list[tuple[str, str]]) -> str:
    return f"has {', '.join(map(' '.join, pairs))}" if pairs else "has none"
