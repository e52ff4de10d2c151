"""Ends for tests: one account in this process, or both ends on real sockets; always a manual clock."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from simulator.bench.clocks import SteppedClock
from simulator.bench.journal import Exchange
from simulator.contract.findings import Finding
from simulator.contract.jsontypes import Json, JsonObject
from simulator.crm.app import create_app
from simulator.crm.crm import Crm
from simulator.crm.settings import CrmSettings
from simulator.serving import BuiltIn, built_in

KEY = "K" * 32


@dataclass
class Account:
    """A CRM in this process and a PBX engineer's hands on it."""

    crm: Crm
    client: FlaskClient

    def get(self, path: str, **query: str) -> TestResponse:
        return self.client.get(f"/api/v5/{path}", query_string=query, headers={"X-API-KEY": KEY})

    def post(self, path: str, **form: Json) -> TestResponse:
        """Structures go as JSON text, everything else as it is."""
        data = {n: orjson.dumps(v).decode() if isinstance(v, dict | list) else v for n, v in form.items()}
        return self.client.post(f"/api/v5/{path}", data=data, headers={"X-API-KEY": KEY})

    def event(self, **event: Json) -> TestResponse:
        return self.post("telephony/call/event", event=event)

    def upload(self, *calls: JsonObject) -> TestResponse:
        return self.post("telephony/calls/upload", calls=list(calls))

    def register(self, code: str = "my-telephony", **telephony: Json) -> TestResponse:
        """The guide's telephony; keyword arguments change its settings."""
        settings: JsonObject = {
            "makeCallUrl": "http://127.0.0.1:9/make-call",
            "changeUserStatusUrl": "http://127.0.0.1:9/status",
            "additionalCodes": [{"userId": "1", "code": 100}, {"userId": "2", "code": 200}],
            "externalPhones": [
                {"siteCode": "shop1", "externalPhone": "+7-499-999-99-99"},
                {"siteCode": "shop2", "externalPhone": "+7-499-888-88-88"},
            ],
            **telephony,
        }
        module: JsonObject = {
            "code": code,
            "active": True,
            "name": "Telephony name",
            "clientId": "2dbh26tahjj26sg",
            "integrations": {"telephony": settings},
        }
        return self.post(f"integration-modules/{code}/edit", integrationModule=module)

    def state(self, part: str) -> list[JsonObject]:
        found: list[JsonObject] = orjson.loads(self.client.get("/_bench/state").data)[part]
        return found

    @property
    def last(self) -> Exchange:
        """What the journal says of the latest exchange."""
        return self.crm.journal.since()[-1]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.last.findings


def call_item(external_id: str = "c-1", **more: Json) -> JsonObject:
    """A valid element of ``calls``."""
    return {
        "date": "2024-05-01 12:00:00",
        "type": "in",
        "phone": "+7-555-555-55-55",
        "code": "100",
        "result": "answered",
        "duration": 30,
        "externalId": external_id,
        **more,
    }


@pytest.fixture
def account() -> Iterator[Account]:
    """An account in which nothing is registered yet."""
    yield from _account(strict=False)


@pytest.fixture
def strict_account() -> Iterator[Account]:
    yield from _account(strict=True)


@pytest.fixture
def registered(account: Account) -> Account:
    """An account with the guide's telephony."""
    assert account.register().status_code == 201
    return account


@pytest.fixture
def pair() -> Iterator[BuiltIn]:
    """Both ends on free ports, the PBX registered."""
    with built_in() as ends:
        assert ends.pbx.crm.register().success
        yield ends


def _account(*, strict: bool) -> Iterator[Account]:
    crm = Crm(CrmSettings(api_key=KEY, base_url="http://crm.example", strict=strict), SteppedClock())
    yield Account(crm, create_app(crm).test_client())
    crm.close()
