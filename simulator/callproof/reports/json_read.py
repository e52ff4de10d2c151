"""A report of ``json_report`` read back, as far as two of them are compared."""

from pathlib import Path

import msgspec

from callproof.conformance.verdict import Outcome
from callproof.contract.operations import Side
from callproof.errors import Misuse


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
    """Raises Misuse when the file is no report."""
    try:
        return msgspec.json.decode(Path(file).read_bytes(), type=ReadReport)
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"{file} is no report of callproof check --json: {error}") from None
