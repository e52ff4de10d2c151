"""Scenarios name nobody and nothing that a side would have to have: another account, or one that forgets
nothing, is judged as well."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from callproof.contract.files import shipped
from callproof.contract.jsontypes import Json

# Members that say who it is about, or which call, customer or module.
NAMING = {
    *("user", "userId", "userIds", "managerId", "performerId", "extension", "code", "codes"),
    *("site", "siteCode", "shop", "externalId", "callExternalId", "from", "to", "uid"),
}
NUMBER = re.compile(r"[+]?[78][\d ()-]{9,}")
# What stands in the guide's examples for whoever calls, a number as clients write it, what a fault of ours
# names, what no side knows, and a caller who hides.
ANYBODYS = {
    "+7-555-555-55-55",
    "+7-555-555-55-66",
    "+000",
    "spring",
    88005553125,
    "999",
    "anonymous",
    "",
    "1",
    "0",
}
FILES = sorted(shipped("scenarios").rglob("*.yaml"))


def named(value: Json, name: str = "") -> Iterator[Json]:
    """Every value that stands for somebody or something of an account, and every telephone number."""
    if isinstance(value, dict):
        for inner, found in value.items():
            if inner not in ("$part", "hours"):
                yield from named(found, name if str(inner).startswith("$") else str(inner))
    elif isinstance(value, list):
        for found in value:
            yield from named(found, name)
    elif name in NAMING or (isinstance(value, str) and NUMBER.fullmatch(value)):
        yield value


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_names_who_plays_by_the_names_of_the_account_and_the_run(file: Path) -> None:
    said = named(yaml.safe_load(file.read_text("utf-8")))
    literal = [value for value in said if not (isinstance(value, str) and "$" in value)]
    assert [
        value for value in literal if not isinstance(value, bool | None) and value not in ANYBODYS
    ] == []
