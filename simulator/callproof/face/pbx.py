"""The fixture ``pbx``: a running virtual PBX, calls at it, and what it reports."""

from callproof.clocks.manual import ManualClock
from callproof.contract.jsontypes import Json, JsonObject
from callproof.control.client import End
from callproof.face.journal import WatchedJournal
from callproof.face.looking import kept
from callproof.pbx.pbx import Pbx


class PlacedCall:
    """One call and the hands of its parties. Every method returns the call's record as it is then.

    A record has ``state``, ``legs``, ``answeredBy``, ``cause``, ``duration`` (seconds) and so on, as in
    the control API. What is impossible now raises ActionRefused, which says why.
    """

    def __init__(self, end: End, record: JsonObject) -> None:
        self.id = str(record["id"])
        self._end = end

    @property
    def record(self) -> JsonObject:
        """What the PBX has noted of the call so far."""
        return next(call for call in kept(self._end, "calls") if call["id"] == self.id)

    @property
    def state(self) -> str:
        """Where the call is in its life; ``ended`` is the last."""
        return str(self.record["state"])

    def answer(self, extension: str | None = None) -> JsonObject:
        """The next party picks up: an extension, or the customer of an outgoing call."""
        return self._act("answer", extension=extension)

    def refuse(self, extension: str | None = None) -> JsonObject:
        """A party that rings says no."""
        return self._act("refuse", extension=extension)

    def hang_up(self, by: str = "customer") -> JsonObject:
        """``customer`` or ``manager`` ends the call."""
        return self._act("hang-up", by=by)

    def engaged(self) -> JsonObject:
        """The customer of an outgoing call is on the telephone."""
        return self._act("engaged")

    def hold(self) -> JsonObject:
        """The manager lets the customer wait."""
        return self._act("hold")

    def take_back(self) -> JsonObject:
        """The manager ends the hold."""
        return self._act("take-back")

    def transfer(self, to: str) -> JsonObject:
        """The manager passes the call on to another extension."""
        return self._act("transfer", to=to)

    def drop(self) -> JsonObject:
        """The network drops the call."""
        return self._act("fail")

    def _act(self, what: str, **members: Json) -> JsonObject:
        given = {name: value for name, value in members.items() if value is not None}
        return self._end.post(f"/calls/{self.id}/{what}", given)


class RunningPbx:
    """A virtual PBX with extensions 100 and 200 and the guide's lines, which has registered nowhere yet.

    Beside the fixture ``crm`` it talks to that CRM and shares its clock; otherwise ``connect`` says to
    which. ``end`` is the rest of the control API, ``clock`` moves with ``advance``.
    """

    def __init__(self, pbx: Pbx, end: End, clock: ManualClock, journal: WatchedJournal) -> None:
        self.end = end
        self.url = end.url
        self.clock = clock
        self.journal = journal
        self._pbx = pbx

    @property
    def crm_url(self) -> str:
        """The CRM that it talks to; empty when it talks to none."""
        return self._pbx.settings.crm_url

    @property
    def client_id(self) -> str:
        """What a CRM has to send as clientId."""
        return self._pbx.settings.client_id

    @property
    def make_call_url(self) -> str:
        return self._pbx.settings.call_back("make-call")

    @property
    def status_url(self) -> str:
        return self._pbx.settings.call_back("status-notice")

    def connect(self, crm_url: str, api_key: str) -> None:
        """Talk to this CRM from now on; it has to be on this machine."""
        self._pbx.connect(crm_url.rstrip("/"), api_key)

    def register(self) -> JsonObject:
        """Register at the CRM, as the guide says; ``status`` and ``answer`` of the CRM.

        Raises ActionRefused when it does not take the registration.
        """
        self._demand_crm()
        return self.end.post("/register")

    def incoming(self, phone: str, line: str, script: JsonObject | None = None) -> PlacedCall:
        """A customer calls a line; with a script (``outcome``, ``after``, ``talk``, ...) the call runs by
        itself as the clock advances."""
        self._demand_crm()
        return self._placed("/calls", {"from": phone, "to": line}, script)

    def dial(
        self, extension: str, phone: str, line: str | None = None, script: JsonObject | None = None
    ) -> PlacedCall:
        """A manager dials on a desk phone; ``line`` is the number that the customer sees."""
        self._demand_crm()
        return self._placed("/dial", {"extension": extension, "to": phone, "line": line}, script)

    def expect(self, phone: str, script: JsonObject) -> None:
        """What the next outgoing call to this number plays, however it is started."""
        self.end.post("/scripts", {"phone": phone, "script": script})

    def call(self, call: str) -> PlacedCall:
        """A call by its id, for one that the CRM started."""
        return PlacedCall(self.end, {"id": call})

    def calls(self, with_: Json = None) -> list[JsonObject]:
        """The records of all calls, in the order of their beginning."""
        return kept(self.end, "calls", with_)

    def outbox(self, with_: Json = None) -> list[JsonObject]:
        """Reports to the CRM: ``callId``, ``kind``, ``fate``, ``attempts``, ``payload``, ``answer``."""
        return kept(self.end, "outbox", with_)

    def upload_every(self, seconds: float) -> None:
        """Upload the history in batches, 0 for right after each call; holds for later calls."""
        self.end.post("/history", {"every": seconds})

    def flush(self) -> None:
        """Deliver now what waits for its time."""
        self.end.post("/flush")

    def reset(self) -> None:
        """Forget all calls, statuses and the journal."""
        self.end.post("/reset")

    def _placed(self, path: str, body: JsonObject, script: JsonObject | None) -> PlacedCall:
        more: JsonObject = {"script": script} if script else {}
        given = {name: value for name, value in body.items() if value is not None}
        return PlacedCall(self.end, self.end.post(path, {**given, **more}))

    def _demand_crm(self) -> None:
        if not self.crm_url:
            raise ValueError(
                "This PBX knows no CRM: use the fixture crm beside it, or pbx.connect(url, key)"
            )
