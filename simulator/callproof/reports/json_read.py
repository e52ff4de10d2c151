"""A report of ``json_report`` read back, as far as two of them are compared."""

import re
from pathlib import Path

import msgspec

from callproof import kinds
from callproof.conformance.verdict import Outcome
from callproof.contract.operations import Side
from callproof.files.whole import read_whole
from callproof.files.yamlfile import FileError

# Where msgspec met something else than it expected.
_BYTE = re.compile(r" \(byte (\d+)\)$")


class ReadCheck(msgspec.Struct):
    requirement: str
    outcome: Outcome
    where: str
    what: str
    problem: str

    @property
    def told(self) -> str:
        """The problem with its place."""
        return f"{self.where}: {self.what}: {self.problem}"


class ReadScenario(msgspec.Struct, rename="camel"):
    id: str
    outcome: Outcome
    broken: str
    broken_by: str
    checks: list[ReadCheck]


class ReadRow(msgspec.Struct):
    id: str
    outcome: Outcome


class ReadLeftOut(msgspec.Struct):
    scenario: str
    absent: str


class ReadReport(msgspec.Struct, rename="camel"):
    """What a report says; members that are not compared are passed over."""

    callproof: str
    ruleset: str
    strict: bool
    target: Side | None
    conformant: bool
    stopped: str
    requirements: list[ReadRow]
    left_out: list[ReadLeftOut]
    scenarios: list[ReadScenario]


def read(file: str) -> ReadReport:
    """Raises FileError, which names the line, when the file is no report."""
    content = b""
    try:
        with Path(file).open("rb") as opened:
            content = read_whole(opened, file)
        return kinds.decode(content, ReadReport)
    except OSError as error:
        raise FileError(file, 1, f"the file cannot be read: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        at = _BYTE.search(str(error))
        line = content.count(b"\n", 0, int(at[1])) + 1 if at else 1
        said = _BYTE.sub("", str(error))
        raise FileError(file, line, f"the file is no report of callproof check --json: {said}") from None
