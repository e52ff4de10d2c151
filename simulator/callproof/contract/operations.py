"""The table of everything that one side may ask of the other: method, path, parameter, schemas.

The CRM builds its routes from it and the runner names what it finds in a journal by it, so that both
read one list. Paths are those of evidence#methods.
"""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Who must obey."""

    CRM = "crm"
    PBX = "pbx"

    @property
    def other(self) -> "Side":
        return Side.PBX if self is Side.CRM else Side.CRM


@dataclass(frozen=True)
class Operation:
    """One method of the contract.

    ``path`` is a template with ``{name}`` parts, or ``""`` where the receiving side chose the address.
    ``entity`` is the parameter that carries a structure as JSON text; ``entity_schema``,
    ``query_schema`` and ``answer_schema`` are ids below ``schemas/``. ``scope`` is the right that the
    key needs, ``None`` for a method that wants no key at all and ``""`` for any valid key.
    """

    name: str
    method: str
    path: str
    asked_by: Side = Side.PBX
    scope: str | None = ""
    entity: str = ""
    entity_schema: str = ""
    query_schema: str = ""
    answer_schema: str = ""
    older: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The path of every version that has the method, v5 first."""
        return (self.path, *(self.path.replace("/v5/", f"/{version}/") for version in self.older))

    @property
    def answered_by(self) -> Side:
        return self.asked_by.other


_V5 = "/api/v5"


def _kept(
    path: str, part: str, name: str, entity: str, right: str, entity_schema: str
) -> tuple[Operation, ...]:
    """The methods of a kind of document that is listed, created and read."""
    where, read, write = f"{_V5}/{path}", f"{right}_read", f"{right}_write"
    listed, one, site = "payloads/documents-query", "payloads/customer-query", "payloads/site-query"
    new = "answers/created"
    return (
        Operation(path, "GET", where, Side.PBX, read, "", "", listed, "answers/documents"),
        Operation(
            f"{name}-create", "POST", f"{where}/create", Side.PBX, write, entity, entity_schema, site, new
        ),
        Operation(name, "GET", f"{where}/{{{part}}}", Side.PBX, read, "", "", one, "answers/success"),
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation("credentials", "GET", "/api/credentials", answer_schema="answers/credentials"),
    Operation("api-versions", "GET", "/api/api-versions", answer_schema="answers/api-versions"),
    Operation("system-info", "GET", "/api/system-info", scope=None, answer_schema="answers/system-info"),
    Operation(
        "module-edit",
        "POST",
        f"{_V5}/integration-modules/{{code}}/edit",
        scope="integration_write",
        entity="integrationModule",
        entity_schema="payloads/integration-module",
        answer_schema="answers/module-edit",
    ),
    Operation(
        "module",
        "GET",
        f"{_V5}/integration-modules/{{code}}",
        scope="integration_read",
        answer_schema="answers/module",
    ),
    Operation(
        "module-scopes",
        "POST",
        f"{_V5}/integration-modules/{{code}}/update-scopes",
        scope="integration_write",
        entity="requires",
        entity_schema="payloads/requires",
        answer_schema="answers/module-scopes",
    ),
    Operation(
        "call-event",
        "POST",
        f"{_V5}/telephony/call/event",
        scope="telephony_write",
        entity="event",
        entity_schema="payloads/call-event",
        answer_schema="answers/call-event",
        older=("v4",),
    ),
    Operation(
        "calls-upload",
        "POST",
        f"{_V5}/telephony/calls/upload",
        scope="telephony_write",
        entity="calls",
        entity_schema="payloads/calls-upload",
        answer_schema="answers/calls-upload",
        older=("v4", "v3"),
    ),
    Operation(
        "calls",
        "GET",
        f"{_V5}/telephony/calls",
        scope="telephony_read",
        query_schema="payloads/calls-query",
        answer_schema="answers/calls",
    ),
    Operation(
        "manager-lookup",
        "GET",
        f"{_V5}/telephony/manager",
        scope="telephony_read",
        query_schema="payloads/manager-query",
        answer_schema="answers/manager",
        older=("v4", "v3"),
    ),
    Operation(
        "users",
        "GET",
        f"{_V5}/users",
        scope="user_read",
        query_schema="payloads/users-query",
        answer_schema="answers/users",
        older=("v4",),
    ),
    Operation(
        "user", "GET", f"{_V5}/users/{{id}}", scope="user_read", answer_schema="answers/user", older=("v4",)
    ),
    Operation(
        "user-status",
        "POST",
        f"{_V5}/users/{{id}}/status",
        scope="user_write",
        query_schema="payloads/user-status",
        answer_schema="answers/success",
    ),
    Operation(
        "user-groups",
        "GET",
        f"{_V5}/user-groups",
        scope="user_read",
        query_schema="payloads/page-query",
        answer_schema="answers/user-groups",
        older=("v4",),
    ),
    Operation(
        "sites",
        "GET",
        f"{_V5}/reference/sites",
        scope="reference_read",
        answer_schema="answers/sites",
        older=("v4", "v3"),
    ),
    Operation(
        "status-groups",
        "GET",
        f"{_V5}/reference/status-groups",
        scope="reference_read",
        answer_schema="answers/status-groups",
        older=("v4", "v3"),
    ),
    Operation(
        "settings", "GET", f"{_V5}/settings", scope="reference_read", answer_schema="answers/settings"
    ),
    Operation(
        "customers",
        "GET",
        f"{_V5}/customers",
        scope="customer_read",
        query_schema="payloads/customers-query",
        answer_schema="answers/customers",
        older=("v4", "v3"),
    ),
    Operation(
        "customer-create",
        "POST",
        f"{_V5}/customers/create",
        scope="customer_write",
        entity="customer",
        entity_schema="payloads/customer",
        query_schema="payloads/site-query",
        answer_schema="answers/created",
        older=("v4", "v3"),
    ),
    Operation(
        "customer",
        "GET",
        f"{_V5}/customers/{{uid}}",
        scope="customer_read",
        query_schema="payloads/customer-query",
        answer_schema="answers/customer",
        older=("v4", "v3"),
    ),
    Operation(
        "customer-edit",
        "POST",
        f"{_V5}/customers/{{uid}}/edit",
        scope="customer_write",
        entity="customer",
        entity_schema="payloads/customer",
        query_schema="payloads/customer-query",
        answer_schema="answers/edited",
        older=("v4", "v3"),
    ),
    *_kept("tasks", "id", "task", "task", "task", "payloads/task"),
    Operation(
        "task-edit",
        "POST",
        f"{_V5}/tasks/{{id}}/edit",
        scope="task_write",
        entity="task",
        entity_schema="payloads/task-edit",
        query_schema="payloads/site-query",
        answer_schema="answers/edited",
    ),
    *_kept("orders", "uid", "order", "order", "order", "payloads/order"),
    *_kept(
        "customers-corporate",
        "uid",
        "corporate",
        "customerCorporate",
        "customer",
        "payloads/customer-corporate",
    ),
    Operation(
        "corporate-contacts",
        "GET",
        f"{_V5}/customers-corporate/{{uid}}/contacts",
        scope="customer_read",
        query_schema="payloads/contacts-query",
        answer_schema="answers/contacts",
    ),
    Operation(
        "setting-v4",
        "GET",
        "/api/v4/telephony/setting/{code}",
        scope="telephony_read",
        answer_schema="answers/setting",
    ),
    Operation(
        "setting-edit-v4",
        "POST",
        "/api/v4/telephony/setting/{code}/edit",
        scope="telephony_write",
        entity="configuration",
        entity_schema="payloads/setting-v4",
        answer_schema="answers/success",
    ),
    Operation(
        "setting-v3",
        "GET",
        "/api/v3/telephony/setting/{code}",
        scope="telephony_read",
        answer_schema="answers/setting",
    ),
    Operation(
        "setting-edit-v3",
        "POST",
        "/api/v3/telephony/setting/{code}",
        scope="telephony_write",
        query_schema="payloads/setting-v3",
        answer_schema="answers/success",
    ),
    Operation(
        "settings-edit-v3",
        "POST",
        "/api/v3/telephony/settings/{code}",
        scope="telephony_write",
        query_schema="payloads/setting-v3",
        answer_schema="answers/success",
    ),
    Operation(
        "call-event-v3",
        "POST",
        "/api/v3/telephony/call/event",
        scope="telephony_write",
        query_schema="payloads/call-event-v3",
        answer_schema="answers/call-event",
    ),
    Operation("make-call", "GET", "", asked_by=Side.CRM, query_schema="payloads/make-call-query"),
    Operation("status-notice", "GET", "", asked_by=Side.CRM, query_schema="payloads/status-notice-query"),
    Operation("activity", "POST", "", asked_by=Side.CRM, query_schema="payloads/activity-form"),
    Operation("account", "POST", "", asked_by=Side.CRM, query_schema="payloads/account-form"),
    Operation("record", "GET", "", asked_by=Side.CRM, query_schema="payloads/record-query"),
)

BY_NAME = {operation.name: operation for operation in OPERATIONS}
