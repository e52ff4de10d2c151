"""The fate of each row: the checks that test it, wherever they stand."""

from collections.abc import Iterator, Mapping

from callproof.conformance import loading
from callproof.conformance.addresses import ELSEWHERE, ROWS, SECRET
from callproof.contract import schemas
from callproof.contract.jsontypes import Json
from callproof.contract.requirements import Requirement, all_requirements

# Judged in messages of every kind, by no schema.
IN_EVERY_REQUEST = (
    *("PBX-API-01", "PBX-API-02", "PBX-API-04", "CRM-API-01", "PBX-MODULE-08"),
    *sorted({*ROWS.values(), *ELSEWHERE.values(), *SECRET.values()}),
)
# Judged at the end of each scenario, whatever it is about, by modules that read messages and weigh more.
IN_EVERY_SCENARIO = (
    "PBX-EVENT-02",
    "PBX-EVENT-03",
    "PBX-EVENT-08",
    "PBX-EVENT-09",
    "PBX-HISTORY-06",
    "PBX-HISTORY-07",
    "PBX-HISTORY-08",
    "PBX-HISTORY-09",
    "PBX-HISTORY-11",
    "PBX-HISTORY-12",
    "PBX-HISTORY-13",
    "PBX-HISTORY-14",
    "PBX-EVENT-06",
    "PBX-HISTORY-05",
    "PBX-EVENT-13",
    "PBX-EVENT-12",
    "PBX-TROUBLE-07",
    "CRM-HISTORY-04",
    "CRM-HISTORY-03",
    "CRM-EVENT-07",
    "CRM-TROUBLE-05",
    "CRM-MODULE-05",
    "CRM-EVENT-06",
    "CRM-TROUBLE-02",
    "CRM-TROUBLE-03",
    "CRM-MANAGER-03",
    "CRM-MANAGER-04",
    "PBX-STATUS-01",
    "PBX-TROUBLE-01",
    "PBX-TROUBLE-02",
    "PBX-TROUBLE-03",
)


def fates() -> dict[str, list[str]]:
    """For each row, what looks at it: scenarios, and ``schema``, ``every request`` or ``every scenario``
    for what is judged everywhere."""
    found: dict[str, list[str]] = {row: [] for row in all_requirements()}
    for played in loading.find():
        for step in played.expectations:
            for row in step.rows:
                if played.id not in found[row]:
                    found[row].append(played.id)
    for schema_id in schemas.schema_ids():
        for row in _annotated(schemas.load(schema_id)):
            if "schema" not in found[row]:
                found[row].append("schema")
    for row in IN_EVERY_REQUEST:
        found[row].append("every request")
    for row in IN_EVERY_SCENARIO:
        found[row].append("every scenario")
    return found


def untested() -> list[tuple[Requirement, str]]:
    """Rows that no check looks at, with the reason, empty where there is none."""
    checks = fates()
    return [(row, row.excluded) for row in all_requirements().values() if not checks[row.id]]


def _annotated(part: Json) -> Iterator[str]:
    if isinstance(part, Mapping):
        if isinstance(part.get("x-requirement"), str):
            yield str(part["x-requirement"])
        for inner in part.values():
            yield from _annotated(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _annotated(inner)
