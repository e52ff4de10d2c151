"""What a tester does at the virtual PBX: look into it, act as the parties of calls, see to the outbox."""

from collections import Counter
from collections.abc import Set
from dataclasses import replace

from callproof.contract.dates import zone_problem
from callproof.contract.operations import Side
from callproof.control.again import add_again
from callproof.control.api import Control, ControlError
from callproof.control.faults import add_faults
from callproof.control.health import add_health
from callproof.control.metrics import Gauge, add_metrics
from callproof.control.snapshots import add_snapshots
from callproof.control.wire import PageAsked, SeedAsked, known
from callproof.exchange.reach import names_of
from callproof.files.yamlfile import FileError
from callproof.pbx import control_wire as wire
from callproof.pbx import shown
from callproof.pbx.admission import CallRefused
from callproof.pbx.parties import add_parties
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import read_plan
from callproof.pbx.planfile import SpanWritten
from callproof.pbx.rules.call import State
from callproof.pbx.rules.plan import NumberingPlan


def control(pbx: Pbx, token: str = "") -> Control:
    """The control API of a virtual PBX."""
    names = names_of(pbx.settings.base_url, pbx.settings.allowed_hosts)
    counts, bounds = pbx.counts, pbx.settings.bounds
    api = Control("pbx", pbx.clock, pbx.journal, token, pbx.pulse.bump, names, counts=counts, bounds=bounds)
    add_metrics(api, pbx.counts, lambda: _gauges(pbx))
    _add_looks(api, _PbxState(pbx))
    module = _ModuleActs(pbx)
    api.add("POST", "/reset", "Forget all calls and statuses.", module.reset)
    api.add(
        "POST",
        "/seed",
        "Forget all calls and statuses and make other calls from now on.",
        module.seed,
        SeedAsked,
    )
    api.add("POST", "/register", "Register this PBX with the CRM.", module.register)
    add_parties(api, pbx.engine)
    api.add(
        "POST",
        "/history",
        "Upload history every so many seconds from now, 0 for at once; holds for later calls.",
        module.set_period,
        wire.PeriodAsked,
    )
    settings = _Settings(pbx)
    api.add(
        "POST", "/plan", "Live by this numbering plan until the next reset.", settings.plan, wire.PlanAsked
    )
    api.add(
        "POST",
        "/hours",
        "Open all lines in these hours until the next reset.",
        settings.hours,
        wire.HoursAsked,
    )
    api.add(
        "POST",
        "/zone",
        "Write dates in this time zone until the next reset.",
        settings.zone,
        wire.ZoneAsked,
    )
    api.add("POST", "/flush", "Deliver now what waits for its time.", module.flush)
    api.add("POST", "/retry-refused", "Deliver once more what the CRM refused.", module.retry_refused)
    api.add(
        "POST",
        "/send",
        "Send any request to the CRM, right or wrong; without apiKey the PBX's own key goes along.",
        module.send,
        wire.SendAsked,
    )
    add_faults(api, Side.PBX, pbx.faults)
    add_again(api, pbx.caller)
    add_snapshots(api, pbx.snapshot, pbx.restore, pbx.store.database)
    add_health(api, pbx.store.database)
    return api


def _gauges(pbx: Pbx) -> list[Gauge]:
    with pbx.store.begin() as session:
        going_on = Counter(str(call.state) for call in session.calls(only_open=True))
        counts, under_way = session.counts(), session.under_way()
    calls = {str(state): going_on[state] for state in State}
    calls[State.ENDED] = counts["calls"] - going_on.total()
    outbox = {fate: under_way[fate] for fate in ("waiting", "refused")}
    return [
        ("callproof_calls", "Calls by their state.", "state", calls),
        ("callproof_outbox_reports", "Reports that the CRM has not taken, by their fate.", "fate", outbox),
    ]


class _PbxState:
    """Looks into what the PBX keeps."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx

    def state(self) -> object:
        with self.pbx.store.begin() as session:
            return {
                "counts": session.counts(),
                "end": "pbx",
                "uploadEvery": self.pbx.reporter.upload_every,
                "statuses": session.statuses(),
                "calls": [shown.call(call) for call in session.calls()],
                "outbox": [shown.report(report) for report in session.reports()],
            }

    def counts(self) -> object:
        with self.pbx.store.begin() as session:
            return session.counts() | session.under_way()

    def calls(self, asked: PageAsked) -> object:
        after, limit = asked.bounds
        with self.pbx.store.begin() as session:
            found = session.calls_after(after, limit)
        return {
            "calls": [shown.call(call) for _, call in found],
            "last": found[-1][0] if found else after,
        }

    def extensions(self, asked: wire.ExtensionsAsked) -> object:
        engine, planned, at = self.pbx.engine, self.pbx.settings.plan.extensions, known(asked.at)
        busy: Set[str] = frozenset() if asked.free else engine.busy()
        if asked.free:
            codes = engine.free(at)
        else:
            codes = list(planned) if at is None else list(planned)[int(at * len(planned)) :][:1]
        return {
            "extensions": [
                {"extension": code, "user": planned[code].user, "busy": code in busy} for code in codes
            ]
        }


def _add_looks(api: Control, look: _PbxState) -> None:
    api.add("GET", "/state", "Everything that the PBX keeps, beginning with counts.", look.state)
    api.add("GET", "/counts", "How much of everything there is.", look.counts)
    api.add(
        "GET",
        "/calls",
        "Calls in the order of their beginning, those after a position, at most limit.",
        look.calls,
        PageAsked,
    )
    api.add(
        "GET",
        "/extensions",
        "Who can be rung: free=1 leaves out whoever is on the telephone, at=0.5 tells the one halfway.",
        look.extensions,
        wire.ExtensionsAsked,
    )


class _Settings:
    """The plan and the zone that the PBX lives by; no call may be going on."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx

    def plan(self, asked: wire.PlanAsked) -> object:
        try:
            return self._settled(read_plan(asked.plan), self.pbx.settings.timezone)
        except FileError as error:
            raise ControlError(f"{error}.") from None

    def hours(self, asked: wire.HoursAsked) -> object:
        plan, spans = self.pbx.settings.plan, asked.hours
        hours = tuple(SpanWritten(span.opens, span.closes, span.days).hours() for span in spans)
        lines = tuple(replace(line, hours=hours) for line in plan.lines)
        return self._settled(replace(plan, lines=lines), self.pbx.settings.timezone)

    def zone(self, asked: wire.ZoneAsked) -> object:
        if problem := zone_problem(asked.timezone):
            raise ControlError(f"timezone: {problem}.")
        return self._settled(self.pbx.settings.plan, asked.timezone)

    def _settled(self, plan: NumberingPlan, timezone: str) -> object:
        try:
            self.pbx.settle(plan, timezone)
        except CallRefused as error:
            raise ControlError(f"{error}.", error.status) from None
        return {"lines": [line.phone for line in plan.lines], "timezone": timezone}


class _ModuleActs:
    """The PBX as the CRM knows it: registered, reporting, sending."""

    def __init__(self, pbx: Pbx) -> None:
        self.pbx = pbx

    def reset(self) -> object:
        self.pbx.reset()
        return {"lastId": self.pbx.journal.last_id}

    def seed(self, asked: SeedAsked) -> object:
        self.pbx.reset(asked.seed)
        return {"lastId": self.pbx.journal.last_id}

    def register(self) -> object:
        told = self.pbx.register()
        if not told.success:
            raise ControlError(
                f"The CRM did not take the registration: {told.status} {told.text.strip()}", 502
            )
        return {"status": told.status, "answer": told.body}

    def set_period(self, asked: wire.PeriodAsked) -> object:
        self.pbx.reporter.set_period(asked.every, self.pbx.clock.now())
        return {"every": self.pbx.reporter.upload_every}

    def flush(self) -> object:
        self.pbx.reporter.flush()
        return {}

    def retry_refused(self) -> object:
        return {"again": self.pbx.reporter.retry_refused()}

    def send(self, asked: wire.SendAsked) -> object:
        key = known(asked.api_key)
        try:
            told = self.pbx.crm.send_any(
                asked.method, asked.path, asked.query, asked.form, key, multipart=asked.multipart
            )
        except UnicodeEncodeError:
            raise ControlError("It cannot be sent: no header can carry this apiKey.") from None
        return {"status": told.status, "text": told.text}
