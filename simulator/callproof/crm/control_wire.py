"""What the methods of the CRM's control API are asked, by types."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, defstruct
from msgspec.structs import fields

from callproof.control.wire import Members
from callproof.crm.settings import Readings, Scope

Text = str | UnsetType
Flag = bool | UnsetType
Status = Literal["free", "busy", "dinner", "break"] | UnsetType
Limit = Annotated[int, Meta(ge=0, le=1_000_000)] | None | UnsetType
Id = Annotated[int, Meta(ge=1, le=999_999_999)]


class UserSeeded(Members, rename="camel"):
    id: Id
    first_name: Text = UNSET
    last_name: Text = UNSET
    email: Text = UNSET
    online: Flag = UNSET
    status: Status = UNSET
    active: Flag = UNSET


class SiteSeeded(Members):
    code: str
    name: str = ""
    url: str = ""


class CrmSeedAsked(Members):
    seed: int | UnsetType = UNSET
    users: tuple[UserSeeded, ...] = ()
    sites: tuple[SiteSeeded, ...] = ()


class AccountAsked(Members):
    """``shops`` are codes of further ones."""

    timezone: Text = UNSET
    country: Text = UNSET
    shops: tuple[str, ...] = ()


class CardsAsked(Members):
    """``call`` is an external id."""

    call: Text = UNSET


class UserAsked(Members):
    online: Flag = UNSET
    status: Status = UNSET
    active: Flag = UNSET


class ClickAsked(Members, rename="camel"):
    user_id: Id
    phone: str
    site: Text = UNSET


class PlayAsked(Members, rename="camel"):
    external_id: str
    range: Text = UNSET


class KeyAsked(Members):
    key: str
    scopes: tuple[Scope, ...] | UnsetType = UNSET
    sites: tuple[str, ...] | UnsetType = UNSET


class BudgetsAsked(Members):
    general: Limit = UNSET
    telephony: Limit = UNSET
    status: Literal[503, 429] | UnsetType = UNSET


class ModuleAsked(Members):
    active: Flag = UNSET
    freeze: Flag = UNSET


class PairAsked(Members, rename="camel"):
    user_id: Id
    code: str


class LineAsked(Members, rename="camel"):
    site_code: str
    external_phone: str


class MappingAsked(Members):
    """All of them: what is left out is tied to nobody any more."""

    extensions: tuple[PairAsked, ...] = ()
    lines: tuple[LineAsked, ...] = ()


# Each reading by the choices that it has.
ReadingsAsked = defstruct(
    "ReadingsAsked",
    [(reading.name, reading.type | UnsetType, UNSET) for reading in fields(Readings)],
    bases=(Members,),
    forbid_unknown_fields=True,
    rename="camel",
)
