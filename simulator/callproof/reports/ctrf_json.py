"""CTRF, the Common Test Report Format (ctrf.io): one form of JSON for the results of any test tool.

Times are whole milliseconds. What is not known is left out, as its schema demands.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from callproof import __version__
from callproof.contract.jsontypes import Json
from callproof.reports.output import as_json

# The version of the published schema, which tools that validate look up by it.
SPEC = "0.0.0"


class CtrfStatus(StrEnum):
    """All that the format knows; each is counted."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    PENDING = "pending"
    OTHER = "other"


class CtrfTest(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """``suite`` are the names from the widest to the narrowest, ``raw_status`` our own word for it."""

    name: str
    status: CtrfStatus
    duration: int
    suite: tuple[str, ...] = ()
    message: str = ""
    trace: str = ""
    line: int = 0
    raw_status: str = ""
    tags: tuple[str, ...] = ()
    file_path: str = ""


def document(tests: Sequence[CtrfTest], began: float, ended: float) -> bytes:
    """The report as UTF-8; the moments are seconds since 1970."""
    found = Counter(test.status for test in tests)
    summary = {
        "tests": len(tests),
        **{status.value: found[status] for status in CtrfStatus},
        "start": milliseconds(began),
        "stop": milliseconds(ended),
    }
    whole = {
        "reportFormat": "CTRF",
        "specVersion": SPEC,
        "generatedBy": f"callproof {__version__}",
        "results": {
            "tool": {"name": "callproof", "version": __version__},
            "summary": summary,
            "tests": tests,
        },
    }
    plain: Json = msgspec.to_builtins(whole)
    return msgspec.json.format(as_json(plain), indent=2) + b"\n"


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
