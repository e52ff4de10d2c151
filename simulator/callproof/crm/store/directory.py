"""What almost every request needs and almost none changes, remembered until somebody changes it.

Each change of keys, users, modules, shops or settings leaves a new mark that is never used again. Who
finds the mark as it was knows that nothing changed, also when another process or machine writes; a
transaction that was undone took its mark with it.
"""

import orjson
from sqlalchemy import Text, bindparam, cast, select

from callproof.contract.jsontypes import Json
from callproof.crm.rules.model import (
    Directory,
    Grant,
    Group,
    Module,
    Pool,
    Site,
    User,
)
from callproof.crm.store.tables import (
    grants,
    groups,
    marks,
    modules,
    settings,
    sites,
    users,
)
from callproof.storage.driver import Driver, Statement
from callproof.storage.rows import Row

_USER = (
    *("id", "email", "first_name", "last_name", "online", "status", "created_at", "active"),
    *("is_admin", "is_manager", "phone", "patronymic"),
)

_MARK = Statement(select(marks.c.mark).where(marks.c.id == bindparam("number")), "number")
_GRANTS = Statement(
    select(grants.c.key, cast(grants.c.scopes, Text), cast(grants.c.sites, Text)).order_by(grants.c.key)
)
_MODULES = Statement(select(modules.c.code, cast(modules.c.document, Text)).order_by(modules.c.code))
_SITES = Statement(select(sites.c.code, sites.c.name, sites.c.url).order_by(sites.c.code))
_USERS = Statement(
    select(*(users.c[name] for name in _USER), cast(users.c.groups, Text)).order_by(users.c.id)
)
_GROUPS = Statement(
    select(groups.c.id, groups.c.code, groups.c.name, groups.c.is_manager).order_by(groups.c.id)
)
_SETTINGS = Statement(select(settings.c.name, cast(settings.c.content, Text)))


class Known:
    """The directory as it was read last; ``country`` reads the lines of its modules."""

    def __init__(self, country: str) -> None:
        self._country = country
        self._last: tuple[str, Directory] | None = None

    def read(self, driver: Driver, *, keep: bool) -> Directory:
        """The directory as this transaction sees it; remembered unless it may still be undone."""
        mark, last = self._mark(driver), self._last
        if last is not None and last[0] == mark:
            return last[1]
        directory = Directory(
            _grants(driver),
            self._pool(driver),
            _sites(driver),
            _users(driver),
            _groups(driver),
            _settings(driver),
        )
        if keep and mark:
            self._last = mark, directory
        return directory

    def forget(self) -> None:
        """Somebody is about to change it."""
        self._last = None

    def _mark(self, driver: Driver) -> str:
        row = driver.execute(_MARK, (1,)).fetchone()
        return str(row[0]) if row else ""

    def _pool(self, driver: Driver) -> Pool:
        return Pool(tuple(module for module in registered(driver) if module.enabled), self._country)


def registered(driver: Driver) -> list[Module]:
    """Every module by its code, also those that are off."""
    rows = driver.execute(_MODULES).fetchall()
    return [Module(code, orjson.loads(content)) for code, content in rows]


def _grants(driver: Driver) -> tuple[Grant, ...]:
    return tuple(
        Grant(key, tuple(orjson.loads(scopes)), None if shops is None else tuple(orjson.loads(shops)))
        for key, scopes, shops in driver.execute(_GRANTS).fetchall()
    )


def _sites(driver: Driver) -> tuple[Site, ...]:
    return tuple(Site(*row) for row in driver.execute(_SITES).fetchall())


def _users(driver: Driver) -> dict[int, User]:
    return {row[0]: _user(row) for row in driver.execute(_USERS).fetchall()}


def _user(row: Row) -> User:
    fields = dict(zip(_USER, row, strict=False))
    for flag in ("online", "active", "is_admin", "is_manager"):
        fields[flag] = bool(fields[flag])
    return User(**fields, groups=tuple(orjson.loads(row[-1])))


def _groups(driver: Driver) -> tuple[Group, ...]:
    return tuple(
        Group(number, code, name, bool(is_manager))
        for number, code, name, is_manager in driver.execute(_GROUPS).fetchall()
    )


def _settings(driver: Driver) -> dict[str, Json]:
    return {name: orjson.loads(content) for name, content in driver.execute(_SETTINGS).fetchall()}
