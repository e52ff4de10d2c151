"""A virtual PBX whose machine's date is set while something waits."""

from collections.abc import Callable

import pytest

from callproof.clocks.clock import Timer
from callproof.clocks.manual import ManualClock
from callproof.contract.jsontypes import JsonObject
from callproof.pbx.crm_client import Told
from callproof.pbx.pbx import Pbx
from callproof.pbx.rules.pacing import Pace
from callproof.pbx.rules.script import Script
from callproof.pbx.settings import PbxSettings

CALLER, LINE = "+7 912 345-67-89", "+7-499-999-99-99"
HOUR = 3600.0


class Settable(ManualClock):
    """What is planned comes when its time has passed, as that of ``RealClock`` does."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead

    def call_at(self, when: float, action: Callable[[], object]) -> Timer:
        return super().call_at(when - self.ahead, action)


class Crm:
    """Takes what it is told, but not before ``up``."""

    def __init__(self, pbx: Pbx) -> None:
        self.up = False
        self.taken: list[str] = []
        self.rows: list[JsonObject] = []
        pbx.crm.event = self._event  # type: ignore[method-assign]
        pbx.crm.upload = self._upload  # type: ignore[method-assign,assignment]
        pbx.crm.manager_extension = lambda *_: ("100", "")  # type: ignore[method-assign]

    def _event(self, event: JsonObject) -> Told:
        return self._told([str(event["type"])])

    def _upload(self, calls: list[JsonObject]) -> Told:
        told = self._told(["upload"] * len(calls))
        self.rows += calls if told.status else []
        return told

    def _told(self, what: list[str]) -> Told:
        self.taken += what if self.up else []
        return Told(200, {"success": True}, "") if self.up else Told(None, {}, "nobody")


@pytest.mark.parametrize("step", [HOUR, -HOUR, -30.0, -0.1])
def test_what_waits_to_be_told_again_waits_no_longer_when_the_date_is_set(step: float) -> None:
    clock = Settable()
    pbx = Pbx(PbxSettings("http://pbx", "http://crm", "key"), clock)
    crm = Crm(pbx)
    for _ in range(3):
        pbx.engine.place_incoming(CALLER, LINE, Script(after=1, talk=10))
    clock.advance(15)
    assert crm.taken == []
    clock.ahead, crm.up = step, True
    clock.advance(150)
    assert sorted(set(crm.taken)) == ["hangup", "in", "upload"]
    pbx.close()


def test_a_call_during_which_the_date_is_set_back_lasts_no_less_than_nothing() -> None:
    clock = Settable()
    pbx = Pbx(PbxSettings("http://pbx", "http://crm", "key"), clock)
    crm = Crm(pbx)
    crm.up = True
    pbx.engine.place_incoming(CALLER, LINE, Script(after=1, talk=10))
    clock.advance(5)
    clock.ahead = -HOUR
    clock.advance(10)
    [row] = crm.rows
    assert (row["result"], row["duration"], row["durationWaiting"]) == ("answered", 0, 1)
    pbx.close()


def test_a_pace_is_kept_from_the_new_date_on() -> None:
    pace = Pace(1)
    assert pace.wait(HOUR) == 0.0
    assert pace.wait(HOUR + 0.5) > 0
    assert pace.wait(0.0) == 0.0
    assert 0 < pace.wait(0.5) < 1
