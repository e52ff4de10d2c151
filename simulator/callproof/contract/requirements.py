"""What the contract demands, row by row, and how grave it is to miss a row.

The rows are data: ``schemas/requirements/*.yaml``, one file per chapter of the guide.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path

import msgspec

from callproof import kinds
from callproof.contract import plain_yaml
from callproof.contract.files import by_chapter, shipped
from callproof.contract.operations import Side

# The guide is dated; the set of rows is named after it so that a report says what it judged by.
RULESET = "2020-07"


class Level(StrEnum):
    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Evidence(StrEnum):
    """How well a row is grounded, from official documentation down to our own inference."""

    DOCUMENTED = "D"
    CLIENT_CODE = "C"
    CLIENT_TESTS = "T"
    PARAPHRASE = "P"
    FIELD = "F"
    WEAK = "W"
    MEMORY = "M"
    INFERRED = "I"


class Severity(IntEnum):
    """What missing a row does to the verdict."""

    NOTE = 1
    WARN = 2
    FAIL = 3


@dataclass(frozen=True, slots=True)
class Requirement:
    """One demand. ``excluded`` and ``reading`` are its fate where no check settles it alone.

    ``source`` names the facts that it rests on: anchors of ``docs/evidence.md`` with a comma between them.
    ``excluded`` says why nothing tests the row. ``reading`` says how an ambiguous source is read here
    and ``switch`` names the option that changes the reading. ``remedy`` is one sentence that tells whoever
    missed it what to do.
    """

    id: str
    side: Side
    level: Level
    evidence: Evidence
    chapter: str
    source: str
    text: str
    excluded: str = ""
    reading: str = ""
    switch: str = ""
    remedy: str = ""

    @property
    def anchors(self) -> tuple[str, ...]:
        """The anchors of ``source``."""
        return tuple(self.source.split(", "))

    def severity(self, *, strict: bool = False) -> Severity:
        """A documented must fails, and so does one that an official client's code rests on; anything
        weaker warns; what was inferred or is optional only notes. ``strict`` raises by one."""
        if self.level is Level.MAY or self.evidence is Evidence.INFERRED:
            grade = Severity.NOTE
        elif self.level is Level.MUST and self.evidence in (Evidence.DOCUMENTED, Evidence.CLIENT_CODE):
            grade = Severity.FAIL
        else:
            grade = Severity.WARN
        return Severity(min(grade + strict, Severity.FAIL))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    chapter: str
    rows: list[dict[str, str]]


@cache
def all_requirements() -> dict[str, Requirement]:
    """Every row by its id, chapters in the order of their files.

    Raises ValueError when a file breaks the form of a row or an id stands twice.
    """
    rows: dict[str, Requirement] = {}
    for path in sorted((shipped("schemas") / "requirements").glob("*.yaml"), key=by_chapter):
        for row in _rows(path):
            if row.id in rows:
                raise ValueError(f"{path.name}: {row.id} stands twice")
            rows[row.id] = row
    return rows


def _rows(path: Path) -> Iterator[Requirement]:
    try:
        file = kinds.convert(plain_yaml.read(path), _File)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path.name}: {error}") from None
    for item in file.rows:
        yield _row(item, file.chapter, path.name)


def _row(item: dict[str, str], chapter: str, file: str) -> Requirement:
    try:
        fields = {name: " ".join(str(value).split()) for name, value in item.items()}
        return Requirement(
            id=fields.pop("id"),
            side=Side(item["id"].partition("-")[0].lower()),
            level=Level(fields.pop("level")),
            evidence=Evidence(fields.pop("evidence")),
            chapter=chapter,
            **fields,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: {item.get('id', 'a row without id')}: {error}") from None
