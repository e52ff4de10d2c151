"""What a PBX's integration does in one call, as far as callproof can see it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from callproof.conformance.drivers import act
from callproof.conformance.evidence import Seen
from callproof.conformance.hooks import OPEN
from callproof.conformance.probing import Probe, brief, refusal, taken, view_row
from callproof.conformance.target import PASS_TIME
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.phones import same_phone
from callproof.control.client import ActionRefused

CALLS = view_row("calls")
EVENT, UPLOAD = "call-event", "calls-upload"


class CallProbe(Probe):
    """Calls that are over when they were tried."""

    def where_to(self) -> str:
        return f"it has to ask {self.ends.crm.url} (CALLPROOF_CRM_URL) with the key CALLPROOF_API_KEY"

    def passes(self, seconds: float) -> None:
        """Real time is not waited for longer than it has to be."""
        with self.heard(PASS_TIME):
            self.ends.pass_time(seconds if self.ends.manual else min(seconds, 1))

    @contextmanager
    def called(self, number: int, line: int) -> Iterator[str]:
        """A customer calls; the CRM hears of it, and the call is over at the end."""
        args: JsonObject = {"from": self.numbers[number], "to": self.account.lines[line]}
        answered = self.do("customer calls", args)
        call = self.id("customer calls", answered)
        with self.hung_up(call):
            event = self.comes(EVENT, lambda seen: of(seen, call) or phone(seen, self.numbers[number]))
            if event is None:
                raise self.stop("customer calls", f"{self.instead(EVENT)}; {self.where_to()}")
            if not taken(event):
                raise self.stop("customer calls", f"{event.method} {event.path}: {refusal(event)}")
            told = reached(event.params, "callExternalId")
            if told is not None and str(told) != call:
                said = f"the answer says id {call!r}, the event callExternalId {str(told)!r}"
                raise self.stop("customer calls", f"{said}; both have to be the same")
            self.works("customer calls", f"call {call}; {event.method} {event.path} -> {event.status}")
            yield call

    @contextmanager
    def hung_up(self, call: str) -> Iterator[None]:
        try:
            yield
        finally:
            if self.has("hang up") and not self.ended(call):
                # Most likely it is over already.
                with suppress(ActionRefused):
                    act(self.ends, "hang up", {"call": call, "by": "customer"})

    def id(self, name: str, answer: JsonObject) -> str:
        found = answer.get("id")
        if found is None or isinstance(found, dict | list):
            said = f"its answer has no `id`, but is {brief(answer)}"
            raise self.stop(name, f"{said}; answer it, or say with `answer: {{id: ...}}` where it stands")
        return str(found)

    def shown(self, call: str, direction: str, number: str) -> None:
        """The call stands in the view as it is."""
        if "calls" not in self.target.views:
            return
        rows = self.view("calls")
        found = next((row for row in rows if str(row.get("id")) == call), None)
        if found is None:
            known = ", ".join(str(row.get("id")) for row in rows) or "none"
            raise self.stop(CALLS, f"call {call} goes on and is not in it; its ids are {known}")
        self.members("calls", found)
        for name, expected in (("direction", direction), ("phone", number)):
            value = found.get(name)
            if name in found and value != expected and not same_phone(str(value), expected):
                self.wrong(CALLS, f"`{name}` of call {call} is {value!r}, expected {expected!r}")
        if "state" in found and found["state"] not in OPEN:
            words = ", ".join(sorted(OPEN))
            said = f"`state` of a call that goes on is {found['state']!r}; as none of {words}"
            self.look(CALLS, f"{said} it does not show a call that stays open")

    def over(self, call: str, deed: str) -> None:
        """It is over by the view as well, some time after the deed."""
        if "calls" in self.target.views and not self.ended(call):
            self.passes(1)
            if not self.ended(call):
                said = f"call {call} goes on in it after {deed!r}"
                self.wrong(CALLS, f"{said}; once it is over its `state` is another word, such as 'ended'")

    def ended(self, call: str) -> bool:
        if "calls" not in self.target.views:
            return False
        rows = self.view("calls")
        return not any(str(row.get("id")) == call and row.get("state") in OPEN for row in rows)

    def uploaded(self, call: str) -> Mapping[str, Json] | None:
        """The call in the history, once it is there."""
        sent = self.comes(UPLOAD, lambda seen: any(is_row(row, call) for row in rows(seen)))
        return next((row for row in rows(sent) if is_row(row, call)), None) if sent else None


def of(seen: Seen, call: str, kind: str = "") -> bool:
    """Whether an event is about the call, as far as it says so."""
    told = reached(seen.params, "callExternalId")
    return (told is None or str(told) == call) and (not kind or reached(seen.params, "type") == kind)


def phone(seen: Seen, number: str) -> bool:
    """Whether an event is about the number."""
    return same_phone(str(reached(seen.params, "phone")), number)


def rows(seen: Seen) -> list[Mapping[str, Json]]:
    rows = seen.params if isinstance(seen.params, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def is_row(row: Mapping[str, Json], call: str) -> bool:
    return str(row.get("externalId")) == call
