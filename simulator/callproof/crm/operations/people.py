"""Users and customers as the API writes them, and the pages that lists come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from callproof.contract.dates import written
from callproof.contract.jsontypes import Json, JsonObject
from callproof.crm.rules.model import Customer, Group, User

DEFAULT_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Page:
    """A page number from 1 and a length (evidence#pages)."""

    number: int
    limit: int

    @classmethod
    def of(cls, query: Mapping[str, Json]) -> "Page":
        return cls(int(str(query.get("page", 1))), int(str(query.get("limit", DEFAULT_LIMIT))))

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.limit

    def pagination(self, total: int) -> JsonObject:
        return {
            "limit": self.limit,
            "totalCount": total,
            "currentPage": self.number,
            "totalPageCount": ceil(total / self.limit),
        }


def user_json(user: User, groups: Mapping[str, Group], zone: str) -> JsonObject:
    return present(
        {
            "id": user.id,
            "createdAt": written(user.created_at, zone),
            "active": user.active,
            "email": user.email,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "patronymic": user.patronymic,
            "phone": user.phone,
            "status": user.status,
            "online": user.online,
            "isAdmin": user.is_admin,
            "isManager": user.is_manager,
            "groups": [_group(code, groups) for code in user.groups],
        }
    )


def customer_json(customer: Customer, zone: str) -> JsonObject:
    """All that is known; ``phones`` as they were typed, an empty map as a list (evidence#empty-maps)."""
    document: JsonObject = {
        "type": "customer",
        **customer.details,
        "id": customer.id,
        "externalId": customer.external_id,
        "site": customer.site,
        "managerId": customer.manager_id,
        "createdAt": written(customer.created_at, zone),
        "phones": phones_json(customer.phones),
    }
    document["customFields"] = document.get("customFields") or []
    return present(document)


def customer_brief(customer: Customer) -> JsonObject:
    """The members that the manager lookup gives (evidence#manager-details)."""
    names = ("firstName", "lastName", "patronymic", "email")
    return present(
        {
            "id": customer.id,
            "externalId": customer.external_id,
            **{name: customer.details.get(name) for name in names},
            "phones": phones_json(customer.phones),
        }
    )


def phones_json(phones: Sequence[str]) -> list[Json]:
    return [{"number": phone} for phone in phones]


def _group(code: str, groups: Mapping[str, Group]) -> JsonObject:
    group = groups.get(code)
    return {"id": group.id, "name": group.name, "code": code} if group else {"name": code, "code": code}


def present(document: JsonObject) -> JsonObject:
    """Null and unset members are simply absent (evidence#absent-members)."""
    return {name: value for name, value in document.items() if value not in (None, "")}
