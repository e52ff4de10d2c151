"""The fixture ``crm``: a running CRM and what a test prepares in it, does at it and looks up."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
import orjson

from callproof import kinds
from callproof.clocks.manual import ManualClock
from callproof.contract.guide import CLIENT_ID, LINES, MANAGERS, extension_of
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME
from callproof.control.client import ActionRefused, End
from callproof.face.journal import WatchedJournal
from callproof.face.looking import alike, kept

# As the guide gives them to the users of the seed.
EXTENSIONS: Mapping[str, int] = {extension_of(user): user for user in range(1, MANAGERS + 1)}
# Nothing listens there, so that whoever gives no address sees a refused connection at once.
NOWHERE = "http://127.0.0.1:9"


class _Created(msgspec.Struct):
    id: int


class RunningCrm:
    """A CRM with users 1 and 2, shops ``shop1`` and ``shop2``, some customers, and nothing registered.

    What is returned has the shapes of the control API. Every method raises ActionRefused, in one sentence,
    when the CRM cannot do it. ``end`` is the rest of the control API, ``clock`` moves with ``advance``.
    """

    def __init__(self, end: End, api_key: str, clock: ManualClock, journal: WatchedJournal) -> None:
        self.end = end
        self.url = end.url
        self.api_key = api_key
        self.clock = clock
        self.journal = journal

    def connect_telephony(
        self,
        code: str = "my-telephony",
        *,
        client_id: str = CLIENT_ID,
        extensions: Mapping[str, int] = EXTENSIONS,
        lines: Mapping[str, str] = LINES,
        make_call_url: str = f"{NOWHERE}/make-call",
        status_url: str = f"{NOWHERE}/status",
        **telephony: Json,
    ) -> None:
        """Register a telephony, for a test of what comes after the registration.

        ``extensions`` are extensions with their users, ``lines`` shops with their numbers; ``telephony``
        are more members of ``integrations.telephony``, by the names of the contract.
        """
        settings: JsonObject = {
            "makeCallUrl": make_call_url,
            "changeUserStatusUrl": status_url,
            "inputEventSupported": True,
            "outputEventSupported": True,
            "hangupEventSupported": True,
            "additionalCodes": [{"userId": user, "code": code} for code, user in extensions.items()],
            "externalPhones": [{"siteCode": site, "externalPhone": phone} for site, phone in lines.items()],
            **telephony,
        }
        module: JsonObject = {
            "code": code,
            "integrationCode": code,
            "active": True,
            "name": code,
            "clientId": client_id,
            "baseUrl": NOWHERE,
            "integrations": {"telephony": settings},
        }
        self.api("POST", BY_NAME["module-edit"].path.format(code=code), integrationModule=module)

    def set_user(
        self,
        user: int,
        *,
        online: bool | None = None,
        status: str | None = None,
        active: bool | None = None,
    ) -> JsonObject:
        """A manager comes online, leaves, or becomes free, busy, dinner or break; the PBX hears of it."""
        return self.end.post(f"/users/{user}", _given(online=online, status=status, active=active))

    def add_user(self, user: int, **members: Json) -> None:
        """Add a manager or change one: firstName, lastName, email, online, status, active."""
        self.end.post("/seed", {"users": [{"id": user, **members}]})

    def add_site(self, code: str, **members: Json) -> None:
        """Add a shop or change one: name, url."""
        self.end.post("/seed", {"sites": [{"code": code, **members}]})

    def add_customer(self, phone: str, *, manager: int | None = None, **members: Json) -> int:
        """Add a customer for whom ``manager`` is responsible; the id. More members as in the contract."""
        customer: JsonObject = {"phones": [{"number": phone}], **_given(managerId=manager), **members}
        answer = self.api("POST", BY_NAME["customer-create"].path, customer=customer)
        return kinds.convert(answer, _Created).id

    def add_key(
        self, key: str, *, scopes: Sequence[str] | None = None, sites: Sequence[str] | None = None
    ) -> None:
        """Add an API key or change one; all scopes and all shops by default."""
        self.end.post(
            "/keys",
            {"key": key, **_given(scopes=_list(scopes), sites=_list(sites))},
        )

    def set_budgets(self, *, general: int | None = None, telephony: int | None = None) -> None:
        """How many requests a second each key has, None for no limit; what is more gets 503."""
        self.end.post("/budgets", {"general": general, "telephony": telephony})

    def set_readings(self, **readings: Json) -> JsonObject:
        """How the CRM reads what no source settles; the choices stand in docs/control-api.md."""
        return self.end.post("/readings", readings)

    def click_to_call(self, user: int, phone: str, site: str | None = None) -> JsonObject:
        """A manager clicks on a number: what makeCallUrl was asked, ``succeeded`` and ``outcome``."""
        return self.end.post("/click-to-call", {"userId": user, "phone": phone, **_given(site=site)})

    def play(self, call: str, range: str | None = None) -> JsonObject:  # noqa: A002
        """A manager plays the recording of the call with this externalId: its status, type and size."""
        return self.end.post("/play", {"externalId": call, **_given(range=range)})

    def switch_module(
        self, code: str, *, active: bool | None = None, freeze: bool | None = None
    ) -> JsonObject:
        """An administrator switches a module on or off, or freezes it; the module hears of it."""
        return self.end.post(f"/modules/{code}", _given(active=active, freeze=freeze))

    def map_module(
        self, code: str, extensions: Sequence[JsonObject] = (), lines: Sequence[JsonObject] = ()
    ) -> JsonObject:
        """A user ties extensions (userId, code) and lines (siteCode, externalPhone) by hand:
        all that there are from now on; ``succeeded`` is false where allowEdit is."""
        return self.end.post(f"/modules/{code}/mapping", {"extensions": [*extensions], "lines": [*lines]})

    def delete_module(self, code: str) -> JsonObject:
        """A user deletes the integration."""
        return self.end.post(f"/modules/{code}/delete")

    def open_account(self, code: str) -> JsonObject:
        """A user opens the module's account."""
        return self.end.post(f"/modules/{code}/account")

    def users(self, with_: Json = None) -> list[JsonObject]:
        """``id``, ``online`` and ``status`` of every manager."""
        return kept(self.end, "users", with_)

    def customers(self, with_: Json = None, **query: str) -> list[JsonObject]:
        """The first hundred, as the contract's method ``customers`` lists them."""
        found = self.api("GET", f"{BY_NAME['customers'].path}?{urlencode({'limit': '100', **query})}")
        return alike(found["customers"], with_)

    def cards(self, with_: Json = None) -> list[JsonObject]:
        """The cards of calls that managers saw: ``callExternalId``, ``userId``, ``open`` and so on."""
        return kept(self.end, "cards", with_)

    def calls(self, with_: Json = None) -> list[JsonObject]:
        """The history as it was uploaded."""
        return kept(self.end, "calls", with_)

    def initiations(self, with_: Json = None) -> list[JsonObject]:
        """Every click on a number and what came of it."""
        return kept(self.end, "initiations", with_)

    def modules(self, with_: Json = None) -> list[JsonObject]:
        """The telephonies that are registered, with ``extensions`` and ``lines``."""
        return kept(self.end, "modules", with_)

    def api(self, method: str, path: str, **form: Json) -> JsonObject:
        """A request of the test itself to the contract's API; structures go as JSON text."""
        texts = {n: v if isinstance(v, str) else orjson.dumps(v).decode() for n, v in form.items()}
        response = self.end.api(method, path, self.api_key, texts)
        if not response.ok:
            raise ActionRefused(f"The CRM answered {method} {path} with {response.text[:300]}")
        return kinds.decode(response.content, JsonObject)

    def reset(self) -> None:
        """Back to the beginning: people, modules, history and journal."""
        self.end.post("/reset")


def _given(**members: Json) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


def _list(names: Sequence[str] | None) -> Json:
    return None if names is None else list(names)
