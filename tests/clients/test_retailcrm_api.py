"""retailcrm-api 0.0.6 from PyPI: the key in the query also on POST, a trailing ``&`` and slash."""

from typing import Any

import orjson
import pytest
import retail

from callproof.running.pair import BuiltIn
from tests.support import call_item


@pytest.fixture
def client(pair: BuiltIn) -> Any:
    return retail.RetailAPI(pair.crm_url, pair.api_key)


def test_it_reads_the_list_that_comes_first(client: Any) -> None:
    assert [user["id"] for user in client.users()] == [1, 2]
    assert client.customers()[0]["id"] == 1


def test_it_uploads_history(client: Any) -> None:
    calls = orjson.dumps([call_item("c-1")]).decode()
    assert client.telephony.calls.upload(params={"calls": calls}) == 1


def test_it_looks_up_with_details(client: Any, pair: BuiltIn) -> None:
    with pair.crm.store.begin() as session:
        customer = session.customer(1)
    assert customer is not None
    found = client.telephony.manager(params={"phone": customer.phones[0]})
    assert found["id"] == customer.manager_id


def test_it_hears_of_a_refusal(client: Any) -> None:
    with pytest.raises(retail.RetailAPIException, match="Expected array"):
        client.telephony.calls.upload(params={"calls": "{"})
