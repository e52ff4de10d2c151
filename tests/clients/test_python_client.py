"""The official Python client, retailcrm 5.3.0 from PyPI, against a running CRM."""

import pytest
import retailcrm

from callproof.running.pair import BuiltIn

MODULE = {
    "code": "my-telephony",
    "integrationCode": "my-telephony",
    "active": True,
    "name": "Telephony name",
    "clientId": "2dbh26tahjj26sg",
    "integrations": {
        "telephony": {
            "makeCallUrl": "http://127.0.0.1:9/make-call",
            "additionalCodes": [{"userId": "1", "code": 100}, {"userId": "2", "code": 200}],
            "externalPhones": [{"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"}],
        }
    },
}


@pytest.fixture
def client(pair: BuiltIn) -> "retailcrm.v5":
    pair.crm.reset()
    return retailcrm.v5(pair.crm_url, pair.api_key)


def test_it_registers_and_reads_the_settings_back(client: "retailcrm.v5") -> None:
    created = client.integration_module_edit(MODULE)
    assert (created.get_status_code(), created.is_successful()) == (201, True)
    assert client.integration_module_edit(MODULE).get_status_code() == 200
    read = client.integration_module("my-telephony").get_response()["integrationModule"]
    assert read["integrations"]["telephony"]["externalPhones"][0]["siteCode"] == "shop1"


def test_it_is_told_when_no_telephony_is_enabled(client: "retailcrm.v5") -> None:
    event = client.telephony_call_event({"phone": "+79991234567", "type": "in", "codes": ["100"]})
    assert (event.get_status_code(), event.get_error_msg()) == (400, "Telephony not enabled")
    upload = client.telephony_calls_upload([])
    assert upload.is_successful() is False


def test_it_sends_the_events_of_a_call(client: "retailcrm.v5", pair: BuiltIn) -> None:
    client.integration_module_edit(MODULE)
    event = {"phone": "+79991234567", "codes": ["100", "999"], "callExternalId": "c-1"}
    incoming = client.telephony_call_event(
        {**event, "type": "in", "externalPhone": "+7-499-999-99-99"}
    ).get_response()
    assert incoming == {"success": True, "notExistCodes": ["999"]}
    with pair.crm.store.begin() as session:
        assert [card.shop for card in session.open_cards()] == ["shop1"]
    hangup = client.telephony_call_event({**event, "type": "hangup", "hangupStatus": "no answered"})
    assert hangup.is_successful()
    with pair.crm.store.begin() as session:
        assert session.open_cards() == []


def test_it_uploads_history_and_hears_of_duplicates(client: "retailcrm.v5") -> None:
    client.integration_module_edit(MODULE)
    call = {
        "date": "2024-05-01 12:00:00",
        "type": "in",
        "phone": "+79991234567",
        "code": "100",
        "result": "answered",
        "duration": 30,
        "externalId": "c-1",
    }
    first = client.telephony_calls_upload([call]).get_response()
    assert first == {"success": True, "processedCallsCount": 1}
    second = client.telephony_calls_upload([call]).get_response()
    assert second == {"success": True, "processedCallsCount": 0, "duplicateCalls": ["c-1"]}


def test_it_looks_the_responsible_manager_up(client: "retailcrm.v5") -> None:
    client.integration_module_edit(MODULE)
    client.customer_create(
        {"externalId": "caller", "managerId": 2, "phones": [{"number": "8 (999) 123-45-67"}]}
    )
    found = client.telephony_manager("+79991234567", details=True, ignore_status=False).get_response()
    assert found["manager"]["code"] == "200"
    assert found["customer"]["externalId"] == "caller"
    unknown = client.telephony_manager("+79990000000").get_response()
    assert "manager" not in unknown


def test_its_plain_list_of_users_works_although_it_sends_filter_none(client: "retailcrm.v5") -> None:
    users = client.users().get_response()
    assert [user["id"] for user in users["users"]] == [1, 2]
    assert users["pagination"]["totalCount"] == 2


def test_a_wrong_key_is_refused_in_words_that_it_knows(pair: BuiltIn) -> None:
    stranger = retailcrm.v5(pair.crm_url, "wrong")
    answer = stranger.api_credentials()
    assert (answer.get_status_code(), answer.get_error_msg()) == (403, 'Wrong "apiKey" value.')
