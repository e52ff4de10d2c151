"""A registration names every extension, and the CRM has the time that it takes."""

from contextlib import closing

import pytest

from callproof.clocks.manual import ManualClock
from callproof.exchange.calling import Caller
from callproof.exchange.exchange import Exchange, Request
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan
from callproof.pbx.settings import PbxSettings


@pytest.mark.parametrize(("managers", "seconds"), [(2, 5.0), (20_000, 15.0)])
def test_the_answer_to_a_large_plan_may_take_longer(
    monkeypatch: pytest.MonkeyPatch, managers: int, seconds: float
) -> None:
    waited = []

    def noted(_: Caller, operation: str, asked: Request, limit: float) -> Exchange:
        waited.append((operation, limit))
        return Exchange(0.0, "out", asked, None, "not sent")

    monkeypatch.setattr(Caller, "_exchange", noted)
    settings = PbxSettings(
        base_url="http://127.0.0.1", crm_url="http://127.0.0.1:9", plan=default_plan(managers)
    )
    with closing(Pbx(settings, ManualClock())) as pbx:
        pbx.crm.register()
    assert waited == [("module-edit", seconds)]
