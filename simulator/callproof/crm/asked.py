"""A request as an operation sees it, and what an operation gives back."""

from collections.abc import Callable
from dataclasses import field

from callproof.contract.findings import Finding, Kind
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Operation
from callproof.contract.values import immutable
from callproof.crm.rules.model import Grant, User
from callproof.crm.settings import CrmSettings, Readings
from callproof.crm.store.sessions import CrmSession, ShortSession


@immutable(frozen=True, slots=True)
class Asked:
    """One decoded and judged request of somebody who may ask it.

    ``path`` are the parts of the address, ``query`` the plain parameters with canonical types,
    ``entity`` the structure with canonical types, or None where the method has none. ``client_id`` is
    the clientId that some PBXs send beside them, or ``""``. ``now`` is in seconds since 1970.
    ``broken`` is what is wrong with single calls of a batch that is taken all the same, by field name.
    Operations add to ``findings``.
    """

    operation: Operation
    settings: CrmSettings
    grant: Grant
    now: float
    path: dict[str, str]
    query: JsonObject
    entity: Json
    client_id: str
    readings: Readings
    broken: dict[str, str]
    findings: list[Finding]

    @property
    def document(self) -> JsonObject:
        """The entity of a method that takes an object."""
        assert isinstance(self.entity, dict)
        return self.entity

    @property
    def documents(self) -> list[JsonObject]:
        """The entity of a method that takes a list of objects."""
        assert isinstance(self.entity, list)
        return [item for item in self.entity if isinstance(item, dict)]

    def remark(
        self, pointer: str, message: str, remedy: str = "", requirement: str = "", kind: Kind = Kind.NOTICE
    ) -> None:
        where = self.operation.entity or "query"
        self.findings.append(Finding(kind, where, pointer, message, remedy, requirement))


@immutable(frozen=True, slots=True)
class Reply:
    """An answer; a status from 400 makes it one without success.

    ``status_changed`` is the user, as he is now, whose new status the PBX has to hear of.
    """

    body: JsonObject = field(default_factory=dict)
    status: int = 200
    status_changed: User | None = None


# One that needs no more than a short session, and one that needs everything.
ShortHandler = Callable[[ShortSession, Asked], Reply]
OperationHandler = Callable[[CrmSession, Asked], Reply]
