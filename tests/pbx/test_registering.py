"""A registration names every extension, and the CRM has the time that it takes."""

from contextlib import closing

import pytest
import requests

from callproof.clocks.manual import ManualClock
from callproof.exchange.calling import Caller
from callproof.exchange.exchange import Exchange, Request
from callproof.pbx.pbx import Pbx
from callproof.pbx.plan import default_plan
from callproof.pbx.settings import PbxSettings
from callproof.running.pair import BuiltIn


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


def test_the_logo_that_the_module_names_is_served(pair: BuiltIn) -> None:
    requests.post(f"{pair.pbx_url}/_bench/register", timeout=10)
    journal = requests.get(f"{pair.pbx_url}/_bench/journal", timeout=10).text
    assert "logo.svg" in journal
    logo, head = (ask(f"{pair.pbx_url}/logo.svg", timeout=10) for ask in (requests.get, requests.head))
    assert (logo.status_code, logo.headers["Content-Type"]) == (200, "image/svg+xml")
    assert logo.text.startswith("<svg ")
    assert (head.status_code, head.text) == (200, "")
    assert requests.post(f"{pair.pbx_url}/logo.svg", timeout=10).status_code == 404
