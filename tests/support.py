"""A PBX engineer's hands on one account in this process; a test says what the answers hold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callproof.contract.findings import Finding
from callproof.contract.jsontypes import JsonObject
from callproof.crm.crm import Crm
from callproof.exchange.exchange import Exchange

KEY = "K" * 32


@dataclass
class Account:
    """A CRM in this process and a PBX engineer's hands on it."""

    crm: Crm
    client: FlaskClient

    def get(self, path: str, **query: str) -> TestResponse:
        return self.client.get(f"/api/v5/{path}", query_string=query, headers={"X-API-KEY": KEY})

    def post(self, path: str, **form: Any) -> TestResponse:
        """Structures go as JSON text, everything else as it is."""
        data = {n: orjson.dumps(v).decode() if isinstance(v, dict | list) else v for n, v in form.items()}
        return self.client.post(f"/api/v5/{path}", data=data, headers={"X-API-KEY": KEY})

    def event(self, **event: Any) -> TestResponse:
        return self.post("telephony/call/event", event=event)

    def advance(self, seconds: float) -> None:
        self.client.post("/_bench/clock", json={"advance": seconds})

    def upload(self, *calls: JsonObject) -> TestResponse:
        return self.post("telephony/calls/upload", calls=list(calls))

    def register(self, code: str = "my-telephony", **telephony: Any) -> TestResponse:
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
            "baseUrl": "http://127.0.0.1:9",
            "integrations": {"telephony": settings},
        }
        return self.post(f"integration-modules/{code}/edit", integrationModule=module)

    def state(self, part: str) -> Any:
        return orjson.loads(self.client.get("/_bench/state").data)[part]

    @property
    def last(self) -> Exchange:
        """What the journal says of the latest exchange."""
        return self.crm.journal.since()[-1]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.last.findings


def call_item(external_id: str = "c-1", **more: Any) -> JsonObject:
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


def mode_of(file: Path) -> int:
    """Who may do what with it, as chmod takes it."""
    return file.stat().st_mode & 0o777
