"""The PBX's requests to the CRM (evidence#modules, evidence#telephony)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

import msgspec
import orjson

from callproof import kinds
from callproof.contract import routes
from callproof.contract.guide import CALL_BACKS, LOGO
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Operation
from callproof.exchange.calling import Caller
from callproof.exchange.exchange import Exchange
from callproof.exchange.names import BENCH_HEADER
from callproof.exchange.over_budget import within_budget
from callproof.exchange.parts import in_parts
from callproof.exchange.reach import HostRefused
from callproof.pbx.rules.pacing import Pace
from callproof.pbx.settings import PbxSettings

# A CRM on a busy machine judges and keeps so many extensions in a second.
_A_SECOND = 2_000

_OBJECT = kinds.decoder(JsonObject)


class Told(msgspec.Struct, frozen=True):
    """The CRM's answer: ``status`` None when none came, ``body`` empty when it was no JSON object."""

    status: int | None
    body: JsonObject
    text: str

    @property
    def success(self) -> bool | None:
        """None when the answer says neither."""
        said = self.body.get("success")
        return said if isinstance(said, bool) else None


class CrmClient:
    def __init__(self, caller: Caller, settings: PbxSettings) -> None:
        self._caller = caller
        self._settings = settings
        self._pace = Pace(settings.plan.requests_per_second)
        self._pacing = Lock()

    def connect(self, crm_url: str, api_key: str) -> None:
        """Talk to another CRM from now on."""
        self._settings = replace(self._settings, crm_url=crm_url, api_key=api_key)

    def settle(self, settings: PbxSettings) -> None:
        """Register another numbering plan from now on."""
        self._settings = settings
        self._pace = Pace(settings.plan.requests_per_second)

    def wait(self, now: float, *, urgent: bool = False) -> float:
        """0.0 when a telephony request may be sent now, which is counted; else the seconds until then."""
        with self._pacing:
            return self._pace.wait(now, urgent=urgent)

    def register(self) -> Told:
        """Create or change the telephony with the whole numbering plan."""
        plan = self._settings.plan
        module: JsonObject = {
            "code": self._settings.code,
            "integrationCode": self._settings.code,
            "active": True,
            "name": "Virtual PBX",
            "logo": self._settings.base_url + LOGO,
            "clientId": self._settings.client_id,
            "baseUrl": self._settings.base_url,
            "actions": {"activity": CALL_BACKS["activity"]},
            "accountUrl": self._settings.call_back("account"),
            "integrations": {
                "telephony": {
                    "makeCallUrl": self._settings.call_back("make-call"),
                    "changeUserStatusUrl": self._settings.call_back("status-notice"),
                    "allowEdit": False,
                    "inputEventSupported": True,
                    "outputEventSupported": True,
                    "hangupEventSupported": True,
                    "additionalCodes": [
                        {"userId": extension.user, "code": code}
                        for code, extension in plan.extensions.items()
                    ],
                    "externalPhones": [
                        {"siteCode": line.site, "externalPhone": line.phone} for line in plan.lines
                    ],
                }
            },
        }
        longer = len(plan.extensions) // _A_SECOND
        return self._post(BY_NAME["module-edit"], module, code=self._settings.code, longer=longer)

    def event(self, event: JsonObject) -> Told:
        return self._post(BY_NAME["call-event"], event)

    def upload(self, calls: Sequence[JsonObject]) -> Told:
        return self._post(BY_NAME["calls-upload"], list(calls))

    def manager_extension(self, phone: str, timeout: float) -> tuple[str | None, str]:
        """The extension of the responsible manager, or None and the reason why there is none."""
        told = self._send(
            "GET",
            BY_NAME["manager-lookup"].path,
            params={"phone": phone, "details": "0"},
            timeout=timeout,
        )
        if told.status is None:
            return None, f"the CRM named nobody: {told.text}"
        if not told.success:
            return None, f"the CRM refused the lookup with {told.status}"
        manager = told.body.get("manager")
        code = manager.get("code") if isinstance(manager, Mapping) else None
        return (None, "no responsible manager") if code is None else (str(code), "responsible manager")

    def send_any(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        form: Mapping[str, str],
        api_key: str | None,
        timeout: float | None = None,
        *,
        multipart: bool = False,
    ) -> Told:
        """A request as a tester words it, marked as the bench's own; an empty key sends none."""
        key = self._settings.api_key if api_key is None else api_key
        headers = {BENCH_HEADER: "send"} | ({"X-API-KEY": key} if key else {})
        data: Mapping[str, str] | bytes | None = form or None
        if multipart:
            data, headers["Content-Type"] = in_parts(form)
        return self._send(method, path, params=query, data=data, headers=headers, timeout=timeout)

    def _post(self, asked: Operation, structure: Json, *, code: str = "", longer: float = 0.0) -> Told:
        form = {asked.entity: orjson.dumps(structure).decode()}
        return self._send(asked.method, asked.path.format(code=code), data=form, longer=longer)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        longer: float = 0.0,
    ) -> Told:
        headers = headers or {"X-API-KEY": self._settings.api_key}
        try:
            found = routes.find(method, path)
            ask = partial(
                self._caller.send,
                found.name if found else "",
                method,
                self._settings.crm_url + path,
                params=params,
                data=data,
                headers=headers,
                timeout=timeout,
                longer=longer,
            )
            exchange = within_budget(ask, _status) if self._settings.budgets else ask()
        except HostRefused as error:
            return Told(None, {}, str(error))
        return _told(exchange)


def _status(exchange: Exchange) -> int | None:
    return exchange.answer.status if exchange.answer else None


def _told(exchange: Exchange) -> Told:
    answer = exchange.answer
    if answer is None:
        return Told(None, {}, exchange.error)
    text = answer.body.content.decode("utf-8", "replace")
    try:
        body = _OBJECT.decode(answer.body.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = {}
    return Told(answer.status, body, text)
