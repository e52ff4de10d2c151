"""The things that the CRM keeps, as plain immutable values.

Moments are seconds since 1970 (UTC). Modules and customers keep the document that was sent, so that
a member which no rule here needs is still given back as it came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from callproof import kinds
from callproof.contract.jsontypes import Json, JsonObject, inner
from callproof.contract.phones import phone_key, same_phone
from callproof.contract.values import immutable


@dataclass(frozen=True, slots=True)
class Group:
    id: int
    code: str
    name: str
    is_manager: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    code: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Grant:
    """An API key and what it may do; ``sites`` None means every shop (evidence#site-access)."""

    key: str
    scopes: tuple[str, ...]
    sites: tuple[str, ...] | None = None

    def sees(self, site: str | None) -> bool:
        """Whether an entity of this shop is within the key's reach; one without a shop always is."""
        return self.sites is None or site is None or site in self.sites


@immutable(frozen=True, slots=True)
class User:
    """``online`` says whether the user is authorised in the system; it is independent of ``status``."""

    id: int
    email: str
    first_name: str
    last_name: str
    online: bool
    status: str
    created_at: float
    active: bool = True
    is_admin: bool = False
    is_manager: bool = True
    phone: str = ""
    patronymic: str = ""
    groups: tuple[str, ...] = ()


@immutable(frozen=True, slots=True)
class Customer:
    id: int
    external_id: str | None
    site: str | None
    manager_id: int | None
    phones: tuple[str, ...]
    created_at: float
    updated_at: float
    details: JsonObject = field(default_factory=dict)


@immutable(frozen=True, slots=True)
class StoredDocument:
    """A task, an order or a company: kept as it came, found by id or externalId."""

    kind: str
    external_id: str | None
    site: str | None
    customer_id: int | None
    created_at: float
    document: JsonObject
    id: int = 0


class CustomerQuery(msgspec.Struct, frozen=True, rename="camel"):
    """What ``filter`` of GET customers may ask for; an empty member asks for nothing."""

    ids: tuple[int, ...] = ()
    external_ids: tuple[str, ...] = ()
    managers: tuple[int, ...] = ()
    sites: tuple[str, ...] = ()
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """What a look at the history asks for; an empty member asks for nothing. ``phone`` is a number in any
    notation or some digits of one, ``since`` and ``until`` are days such as ``2024-05-01``."""

    phone: str = ""
    type: str = ""
    result: str = ""
    user_id: int | None = None
    customer_id: int | None = None
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """One pair of ``additionalCodes``."""

    user_id: int
    code: str


@dataclass(frozen=True, slots=True)
class Line:
    """One pair of ``externalPhones``."""

    site_code: str
    phone: str


@dataclass(frozen=True)
class Module:
    """A connected module; ``document`` is the merged ``integrationModule`` with canonical types."""

    code: str
    document: JsonObject

    @cached_property
    def client_id(self) -> str:
        return str(self.document.get("clientId") or "")

    @cached_property
    def enabled(self) -> bool:
        """Whether telephony methods and call-backs work: active, not frozen, with telephony settings."""
        on = self.document.get("active") is True and not self.document.get("freeze")
        return on and self._telephony is not None

    @property
    def allows_edit(self) -> bool:
        """Whether users may change the settings by hand (evidence#guide-registering)."""
        return (self._telephony or {}).get("allowEdit") is not False

    @property
    def is_telephony(self) -> bool:
        return self._telephony is not None

    def mapped(self, extensions: Sequence[Extension], lines: Sequence[Line]) -> "Module":
        """The same with other extensions and lines, as a user sets them by hand (evidence#guide-extensions,
        evidence#guide-lines)."""
        codes: list[Json] = [{"userId": pair.user_id, "code": pair.code} for pair in extensions]
        phones: list[Json] = [{"siteCode": pair.site_code, "externalPhone": pair.phone} for pair in lines]
        telephony: JsonObject = {
            **(self._telephony or {}),
            "additionalCodes": codes,
            "externalPhones": phones,
        }
        integrations = {**inner(self.document, "integrations"), "telephony": telephony}
        return Module(self.code, {**self.document, "integrations": integrations})

    @property
    def make_call_url(self) -> str:
        return str((self._telephony or {}).get("makeCallUrl") or "")

    @property
    def change_user_status_url(self) -> str:
        return str((self._telephony or {}).get("changeUserStatusUrl") or "")

    @cached_property
    def extensions(self) -> tuple[Extension, ...]:
        return tuple(
            Extension(int(str(pair["userId"])), str(pair["code"]))
            for pair in self._pairs("additionalCodes")
        )

    @cached_property
    def codes(self) -> Mapping[int, str]:
        """The extension of each user; with several the first one counts (evidence#reading-two-users)."""
        return {pair.user_id: pair.code for pair in reversed(self.extensions)}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(
            Line(str(pair["siteCode"]), str(pair["externalPhone"]))
            for pair in self._pairs("externalPhones")
        )

    @cached_property
    def _telephony(self) -> JsonObject | None:
        integrations = inner(self.document, "integrations")
        return inner(integrations, "telephony") if "telephony" in integrations else None

    def _pairs(self, name: str) -> list[dict[str, str | int]]:
        found = (self._telephony or {}).get(name) or []
        return kinds.convert(found, list[dict[str, str | int]])


@dataclass(frozen=True)
class Pool:
    """All enabled telephony modules as one: events name no module (evidence#reading-modules)."""

    modules: tuple[Module, ...]
    country: str = "RU"

    @cached_property
    def enabled(self) -> bool:
        return bool(self.modules)

    def of_client(self, client_id: str) -> "Pool":
        """Only the modules that registered with this clientId; empty when none did."""
        return self._by_client.get(client_id) or Pool((), self.country)

    def user_of(self, code: str) -> int | None:
        """Who has the extension; with several entries the last one counts (evidence#reading-two-users)."""
        return self.users.get(code)

    def code_of(self, user_id: int) -> str | None:
        """The user's extension; with several the first one counts (evidence#reading-two-users)."""
        known = (module.codes.get(user_id) for module in self.modules)
        return next((code for code in known if code is not None), None)

    def line(self, phone: str) -> Line | None:
        """The line of the settings that is written like this number in any notation."""
        line = self._lines.get(phone_key(phone, self.country))
        return line if line and same_phone(line.phone, phone, self.country) else None

    @cached_property
    def _by_client(self) -> dict[str, "Pool"]:
        found: dict[str, tuple[Module, ...]] = {}
        for module in self.modules:
            found[module.client_id] = (*found.get(module.client_id, ()), module)
        return {
            client: self if len(mine) == len(self.modules) else Pool(mine, self.country)
            for client, mine in found.items()
        }

    @cached_property
    def _lines(self) -> dict[str, Line]:
        """By what the notations of a number have in common; the first of equal ones counts."""
        lines = [line for module in self.modules for line in module.lines]
        keys = ((phone_key(line.phone, self.country), line) for line in reversed(lines))
        return {key: line for key, line in keys if key}

    @cached_property
    def users(self) -> Mapping[str | None, int]:
        """Who has which extension; nobody has None."""
        return {e.code: e.user_id for module in self.modules for e in module.extensions}


@dataclass(frozen=True)
class Directory:
    """What almost every request needs and almost none changes; ``settings`` are those of the bench."""

    grants: tuple[Grant, ...]
    pool: Pool
    sites: tuple[Site, ...]
    users: Mapping[int, User]
    groups: tuple[Group, ...]
    settings: Mapping[str, Json]


@immutable(frozen=True, slots=True)
class Card:
    """What one manager sees of one call. ``shop`` is whose line was dialled."""

    id: int
    direction: str
    phone: str
    user_id: int
    code: str | None
    call_external_id: str | None
    external_phone: str | None
    shop: str | None
    customer_id: int | None
    opened_at: float
    closed_at: float | None = None
    hangup_status: str | None = None


@immutable(frozen=True, slots=True)
class Initiation:
    """One attempt of a user to start a call; ``status`` is the PBX's answer or None when none came."""

    user_id: int
    phone: str
    code: str
    module: str
    url: str
    at: float
    status: int | None
    outcome: str
    id: int = 0


class HistoryCall(msgspec.Struct, frozen=True):
    """One row of the history as it was uploaded; ``document`` is the item of ``calls``."""

    external_id: str
    document: JsonObject
    phone: str
    user_id: int | None
    customer_id: int | None
    uploaded_at: float

    def as_json(self) -> dict[str, Json]:
        return {**self.document, "userId": self.user_id, "customerId": self.customer_id}
