"""The directory of a CRM in memory: keys, modules, users, groups, shops and settings."""

from dataclasses import asdict
from operator import itemgetter

import orjson

from callproof.contract.jsontypes import Json, JsonObject
from callproof.crm.rules.model import Directory, Grant, Group, Module, Pool, Site, User
from callproof.crm.store import shapes
from callproof.crm.store.sessions import CrmSession
from callproof.storage.memory import Memory, MemoryTable, Unique


class DirectorySession(CrmSession):
    """It is read when somebody asks for it first after a change."""

    def __init__(self, memory: Memory, country: str) -> None:
        super().__init__(country)
        undo = self._undo = memory.undo
        self._directory: Directory | None = None
        self._grants, self._settings = MemoryTable(shapes.GRANTS, undo), MemoryTable(shapes.SETTINGS, undo)
        self._modules, self._users = MemoryTable(shapes.MODULES, undo), MemoryTable(shapes.USERS, undo)
        self._groups = MemoryTable(shapes.GROUPS, undo, Unique(itemgetter(1)))
        self._sites = MemoryTable(shapes.SITES, undo)
        self._directory_tables = (
            *(self._grants, self._settings, self._modules),
            *(self._users, self._groups, self._sites),
        )

    def read_in(self, country: str) -> None:
        self.country, self._directory = country, None

    def directory(self) -> Directory:
        if self._directory is None:
            self._directory = Directory(
                tuple(_grant(**row) for row in self._grants.all()),
                Pool(tuple(module for module in self.registered() if module.enabled), self.country),
                tuple(Site(**row) for row in self._sites.all()),
                {row["id"]: User(**row | {"groups": tuple(row["groups"])}) for row in self._users.all()},
                tuple(Group(**row) for row in self._groups.all()),
                {row["name"]: row["content"] for row in self._settings.all()},
            )
        return self._directory

    def module(self, code: str) -> Module | None:
        row = self._modules.rows.get(code)
        return Module(row[0], orjson.loads(row[1])) if row else None

    def registered(self) -> list[Module]:
        return [Module(**row) for row in self._modules.all()]

    def save_grant(self, grant: Grant) -> None:
        sites: list[Json] | None = None if grant.sites is None else list(grant.sites)
        self._direct(self._grants, {"key": grant.key, "scopes": list(grant.scopes), "sites": sites})

    def save_setting(self, name: str, content: Json) -> None:
        self._direct(self._settings, {"name": name, "content": content})

    def save_module(self, module: Module) -> None:
        self._direct(self._modules, {"code": module.code, "document": module.document})

    def delete_module(self, code: str) -> None:
        self._modules.remove(code)
        self._change_directory()

    def save_user(self, user: User) -> None:
        self._direct(self._users, asdict(user) | {"groups": list(user.groups)})

    def save_group(self, group: Group) -> None:
        self._direct(self._groups, asdict(group))

    def save_site(self, site: Site) -> None:
        self._direct(self._sites, asdict(site))

    def _direct(self, table: MemoryTable, values: JsonObject) -> None:
        """Change a part of the directory."""
        table.put(table.row(values))
        self._change_directory()

    def _change_directory(self) -> None:
        self._undo.append((self._forget_directory,))
        self._forget_directory()

    def _forget_directory(self) -> None:
        self._directory = None


def _grant(key: str, scopes: list[str], sites: list[str] | None) -> Grant:
    return Grant(key, tuple(scopes), None if sites is None else tuple(sites))
