"""Keys, tokens and clientIds are compared whatever they are made of: what is none of ours is refused."""

import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.pbx.app import create_app as pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.settings import PbxSettings
from tests.support import KEY

SITES = "/api/v5/reference/sites"
FORM = "application/x-www-form-urlencoded"
# As bytes on the wire: no UTF-8, a lone half of a pair, a letter beyond ASCII, a NUL.
ODD = ["%FF", "%ED%A0%80", "%D0%BA", "%00"]


@pytest.mark.parametrize("odd", ODD)
def test_odd_secrets_in_forms_and_queries_are_refused(odd: str) -> None:
    settings = CrmSettings(api_key=KEY, base_url="http://localhost")
    client = create_app(Crm(settings, ManualClock()), "token").test_client()
    assert client.get(f"{SITES}?apiKey={odd}").status_code == 403
    assert client.post(SITES, data=f"apiKey={odd}", content_type=FORM).status_code == 403
    assert client.post("/unlock", data=f"token={odd}&csrf={odd}", content_type=FORM).status_code == 403
    pbx = Pbx(
        PbxSettings(api_key=KEY, base_url="http://localhost", crm_url="http://localhost:9"), ManualClock()
    )
    query = f"clientId={odd}&code=100&phone=1&userId=1"
    assert pbx_app(pbx).test_client().get(f"/callbacks/make-call?{query}").status_code == 401


@pytest.mark.parametrize("odd", ["\xff\xfe", "\xc5\x91", "\x7f"])
def test_odd_secrets_in_headers_are_refused(odd: str) -> None:
    settings = CrmSettings(api_key=KEY, base_url="http://localhost")
    client = create_app(Crm(settings, ManualClock()), "token").test_client()
    assert client.get(SITES, headers={"X-API-KEY": odd}).status_code == 403
    assert client.get("/_bench/state", headers={"X-Callproof-Token": odd}).status_code == 403
