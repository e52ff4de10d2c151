"""What almost every request needs and almost none changes, remembered until somebody changes it.

Each change of keys, modules, shops or settings, and each new user, leaves a new mark that is never used
again. Who finds the mark as it was knows that nothing changed, also when another process or machine writes;
a transaction that was undone took its mark with it.
"""

import orjson
from sqlalchemy import Text, bindparam, cast, select

from simulator.contract.jsontypes import Json
from simulator.core.model import Directory, Grant, Module, Pool, Site
from simulator.storage.driver import Driver
from simulator.storage.tables import grants, marks, modules, settings, sites, users

_MARK = select(marks.c.mark).where(marks.c.id == bindparam("number"))
_GRANTS = select(grants.c.key, cast(grants.c.scopes, Text), cast(grants.c.sites, Text)).order_by(
    grants.c.key
)
_MODULES = select(modules.c.code, cast(modules.c.document, Text)).order_by(modules.c.code)
_SITES = select(sites.c.code, sites.c.name, sites.c.url).order_by(sites.c.code)
_USERS = select(users.c.id)
_SETTINGS = select(settings.c.name, cast(settings.c.content, Text))


class Known:
    """The directory as it was read last; ``country`` reads the lines of its modules."""

    def __init__(self, country: str) -> None:
        self._country = country
        self._last: tuple[str, Directory] | None = None

    def read(self, driver: Driver) -> Directory:
        """The directory as this transaction sees it."""
        row = driver.execute(_MARK, {"number": 1}).fetchone()
        mark, last = row[0] if row else "", self._last
        if last is not None and last[0] == mark:
            return last[1]
        known = frozenset(number for (number,) in driver.execute(_USERS).fetchall())
        directory = Directory(_grants(driver), self._pool(driver), _sites(driver), known, _settings(driver))
        if mark:
            self._last = mark, directory
        return directory

    def _pool(self, driver: Driver) -> Pool:
        rows = driver.execute(_MODULES).fetchall()
        found = (Module(code, orjson.loads(content)) for code, content in rows)
        return Pool(tuple(module for module in found if module.enabled), self._country)


def _grants(driver: Driver) -> tuple[Grant, ...]:
    return tuple(
        Grant(key, tuple(orjson.loads(scopes)), None if shops is None else tuple(orjson.loads(shops)))
        for key, scopes, shops in driver.execute(_GRANTS).fetchall()
    )


def _sites(driver: Driver) -> tuple[Site, ...]:
    return tuple(Site(*row) for row in driver.execute(_SITES).fetchall())


def _settings(driver: Driver) -> dict[str, Json]:
    return {name: orjson.loads(content) for name, content in driver.execute(_SETTINGS).fetchall()}
