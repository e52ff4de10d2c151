"""Every telephony call of versions 3 and 4 of the official Python client, retailcrm 5.3.0."""

import pytest
import retailcrm

from callproof.running.pair import BuiltIn
from tests.support import call_item

V4 = {
    "code": "old",
    "clientId": "c",
    "name": "Old",
    "active": True,
    "makeCallUrl": "http://127.0.0.1:9/call",
    "additionalCodes": [{"userId": "1", "code": "100"}],
}


@pytest.fixture
def v3(pair: BuiltIn) -> "retailcrm.v3":
    pair.crm.reset()
    return retailcrm.v3(pair.crm_url, pair.api_key)


@pytest.fixture
def v4(pair: BuiltIn) -> "retailcrm.v4":
    pair.crm.reset()
    return retailcrm.v4(pair.crm_url, pair.api_key)


def test_v3_registers_reports_uploads_and_looks_up(v3: "retailcrm.v3") -> None:
    settings = v3.telephony_settings("old", "c", "http://127.0.0.1:9/", "true", "Old", "")
    assert (settings.get_status_code(), settings.is_successful()) == (201, True)
    assert v3.telephony_call_event("+79991234567", "hangup", "100", "busy").is_successful()
    upload = v3.telephony_calls_upload([call_item("c-1")]).get_response()
    assert upload["processedCallsCount"] == 1
    assert v3.telephony_manager("+79991234567").get_response()["success"] is True


def test_v4_registers_reports_uploads_and_looks_up(v4: "retailcrm.v4") -> None:
    assert v4.telephony_setting_edit(V4).get_status_code() == 201
    assert v4.telephony_setting("old").get_response()["configuration"]["name"] == "Old"
    event = v4.telephony_call_event({"phone": "+79991234567", "type": "in", "codes": ["100"]})
    assert event.get_response() == {"success": True}
    assert v4.telephony_calls_upload([call_item("c-1")]).get_response()["processedCallsCount"] == 1
    assert v4.telephony_manager("+79991234567", ignore_status=True).is_successful()
    assert len(v4.users().get_response()["users"]) == 2
    assert v4.user_groups().is_successful()
