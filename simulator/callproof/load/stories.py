"""A call as a whole, as the PBX or the CRM goes through it, whatever the other side answers."""

import random
import time
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callproof.contract.jsontypes import JsonObject
from callproof.contract.schemas import DATETIME_FORMAT
from callproof.load import asks
from callproof.load.asks import Ask, CrmAsks, PbxCallbacks, Response
from callproof.load.job import Job
from callproof.load.tally import CARD
from callproof.load.trunk import CallLeg
from callproof.traffic.arrivals import Arrival
from callproof.traffic.reconcile import RESULTS

# What became of a call by its script, in the words of the counters.
FATES = {
    "answered": "answered",
    "no answer": "missed",
    "cancelled": "missed",
    "busy": "busy",
    "refused": "refused",
    "failed": "dropped",
}
HANGUP_STATUS = {
    "answered": "answered",
    "no answer": "no answered",
    "cancelled": "cancel",
    "busy": "busy",
    "refused": "busy",
    "failed": "failed",
}
FAILED = "failed"
# A card that has not come by then is missing; how often it is looked for.
CARD_PATIENCE, CARD_PACE = 5.0, 0.02
# Seconds after its end until a PBX has the recording of a call ready.
RECORD_READY = 1.0


@dataclass
class FirstProblem:
    """The first thing that went wrong in a call, or ""."""

    problem: str = ""

    def note(self, operation: str, problem: str) -> bool:
        """Whether it went well."""
        if problem and not self.problem:
            self.problem = f"{operation}: {problem}"
        return not problem


class FleetCall:
    """A PBX tells a CRM of one call: who is responsible, that it rings, that it ended, its row."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._api = CrmAsks(job.api_key, job.client_id)
        self._codes = tuple(job.extensions)
        self._zone = ZoneInfo(job.timezone)

    def play(self, call: Arrival, call_id: str, wanted: float, leg: CallLeg) -> tuple[str, str]:
        """What became of the call, and why when it failed."""
        job, dice, first = self._job, call.dice, FirstProblem()
        script = str(call.script["outcome"])
        code, rings = dice.choice(self._codes), wanted
        if call.incoming:
            found = self._ask(leg, first, self._api.lookup(call.phone, wanted))
            manager = found.json.get("manager")
            if isinstance(manager, dict) and str(manager.get("code")) in job.extensions:
                code = str(manager["code"])
            rings = leg.now()
        event: JsonObject = {
            "phone": call.phone,
            "type": "in" if call.incoming else "out",
            "codes": [code],
            "externalPhone": call.line,
            "callExternalId": call_id,
        }
        told = self._ask(leg, first, self._api.event(event, rings))
        if not asks.api_problem(told) and job.control and dice.random() < job.samples.card:
            self._see_card(leg, first, call_id, rings)
        ends = wanted + _lasts(call) / job.speed
        leg.until(ends)
        leg.hung_up()
        hangup = {**event, "type": "hangup", "hangupStatus": HANGUP_STATUS[script]}
        self._ask(leg, first, self._api.event(hangup, ends))
        row = self._row(call, call_id, code, leg)
        if first.note("calls-upload", leg.upload(call.line, row, leg.now())):
            leg.acknowledged(call_id)
            if "recordUrl" in row and job.control and dice.random() < job.samples.play:
                body: JsonObject = {"externalId": call_id, "range": "bytes=0-1023"}
                played = asks.control("play", "POST", "/play", body, job.token, leg.now())
                answer = self._ask(leg, first, played)
                if answer.status == 200 and answer.json.get("status") not in (200, 206):
                    first.note("play", str(answer.json.get("outcome")))
        return (FAILED, first.problem) if first.problem else (FATES[script], "")

    def _ask(self, leg: CallLeg, first: FirstProblem, ask: Ask) -> Response:
        answer = leg.ask(ask)
        first.note(ask.operation, ask.problem(answer))
        return answer

    def _row(self, call: Arrival, call_id: str, code: str, leg: CallLeg) -> JsonObject:
        answered = call.script["outcome"] == "answered"
        waiting = round(_number(call, "after"))
        talk = round(_number(call, "talk")) if answered else 0
        began = time.time() - _lasts(call) / self._job.speed
        row: JsonObject = {
            "date": datetime.fromtimestamp(began, self._zone).strftime(DATETIME_FORMAT),
            "type": "in" if call.incoming else "out",
            "phone": call.phone,
            "code": code,
            "result": RESULTS[str(call.script["outcome"])],
            "duration": talk,
            "durationWaiting": waiting,
            "externalId": call_id,
            "externalPhone": call.line,
        }
        return row | ({"recordUrl": leg.record_url(call_id)} if talk else {})

    def _see_card(self, leg: CallLeg, first: FirstProblem, call_id: str, since: float) -> None:
        """Look until the manager's card of this call is open."""
        while leg.now() < since + CARD_PATIENCE:
            path = f"/cards?call={call_id}"
            answer = leg.ask(asks.control("cards", "GET", path, {}, self._job.token, leg.now()))
            if answer.json.get("cards"):
                leg.took(CARD, leg.now() - since)
                return
            if answer.status != 200:
                first.note("cards", asks.plain_problem(answer))
                return
            leg.until(leg.now() + CARD_PACE)
        first.note(CARD, f"not open within {CARD_PATIENCE:.0f} s")


class ClickedCall:
    """A CRM asks a PBX for one call, and sometimes tells of a status or plays the recording."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._callbacks = PbxCallbacks(job.make_call_url, job.status_url, job.client_id)
        self._extensions = tuple(job.extensions.items())

    def play(self, call: Arrival, call_id: str, wanted: float, leg: CallLeg) -> tuple[str, str]:
        """What became of the call, and why when it failed; ``refused`` is the PBX's no to a busy user."""
        job, dice, first = self._job, call.dice, FirstProblem()
        code, user = dice.choice(self._extensions)
        if job.control:
            script = {n: v / job.speed if isinstance(v, float) else v for n, v in call.script.items()}
            body: JsonObject = {"phone": call.phone, "script": script}
            before = leg.now()
            leg.ask(asks.control("script", "POST", "/scripts", body, job.token, wanted))
            # What the bench takes is no delay of the PBX's.
            wanted += leg.now() - before
        asked = self._callbacks.make_call(code, user, call.phone, wanted)
        answer = leg.ask(asked)
        if answer.status == asks.BUSY:
            leg.hung_up()
            return "refused", ""
        if job.status_url and dice.random() < job.samples.status:
            status = dice.choice(("free", "busy", "dinner", "break"))
            told = self._callbacks.status(code, user, status, leg.now())
            first.note("status-notice", told.problem(leg.ask(told)))
        if not first.note("make-call", asked.problem(answer)):
            leg.hung_up()
            return FAILED, first.problem
        at_pbx = str(answer.json.get("callId") or "")
        if job.control and at_pbx:
            leg.acknowledged(at_pbx)
        leg.until(wanted + _lasts(call) / job.speed)
        leg.hung_up()
        if url := self._recorded(call, at_pbx, dice):
            leg.until(leg.now() + RECORD_READY)
            record = self._callbacks.record(url, leg.now())
            first.note("record", record.problem(leg.ask(record)))
        return (FAILED, first.problem) if first.problem else (FATES[str(call.script["outcome"])], "")

    def _recorded(self, call: Arrival, at_pbx: str, dice: random.Random) -> str:
        if dice.random() >= self._job.samples.record:
            return ""
        if self._job.records:
            return dice.choice(self._job.records)
        # A talk of less than a second leaves nothing to hear.
        heard = _number(call, "talk") / self._job.speed >= 2
        return f"/recordings/{at_pbx}.wav" if self._job.control and at_pbx and heard else ""


def _lasts(call: Arrival) -> float:
    """Seconds from the first ring to the end, before they are scaled."""
    return sum(_number(call, part) for part in ("pickUp", "after", "talk"))


def _number(call: Arrival, name: str) -> float:
    value = call.script.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0
