"""The API's own description is valid and complete."""

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support import Account


@pytest.fixture
def document(account: Account) -> Any:
    return account.client.get("/openapi.json").get_json()


def test_it_is_an_openapi_document(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_it_names_every_route_and_no_other(document: Any, account: Account) -> None:
    described = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    served = {
        (verb, re.sub(r"<part:(\w+)>", r"{\1}", rule.rule))
        for rule in account.client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == served


def test_it_names_the_address_that_it_was_asked_at(account: Account) -> None:
    for address in ("http://localhost:8080", "http://crm.example"):
        document = account.client.get("/openapi.json", base_url=address).get_json()
        assert document["servers"] == [{"url": address}]


def test_every_operation_has_its_own_id_and_names_its_refusals(document: Any) -> None:
    operations = [op for verbs in document["paths"].values() for op in verbs.values()]
    assert len({op["operationId"] for op in operations}) == len(operations)
    assert all("503" in op["responses"] for op in operations)


def test_a_structure_is_json_text_in_a_form(document: Any) -> None:
    body = document["paths"]["/api/v5/telephony/call/event"]["post"]["requestBody"]
    content = body["content"]["application/x-www-form-urlencoded"]
    assert content["encoding"] == {"event": {"contentType": "application/json"}}
    assert content["schema"]["required"] == ["event"]


def test_swagger_ui_is_served_without_a_network_and_without_a_trace(account: Account) -> None:
    page = account.client.get("/docs/").get_data(as_text=True)
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert not any(link.startswith(("http:", "https:", "//")) for link in links)
    for link in links:
        file = account.client.get(link)
        assert file.status_code == 200, link
        file.close()
    assert account.crm.journal.since() == []
