"""The pages on what programs meet: the methods of the contract, and the files of reports."""

from collections.abc import Iterator

from callproof.contract import schemas
from callproof.contract.operations import OPERATIONS, Operation, Side
from tools.tables import keys, line, table

# What is written for programs, by the ids of schemas, and where there is more about it.
FILES = {
    "report": "[reports](reports.md)",
    "report-event": "[reports](reports.md)",
    "load-report": "[load](load.md)",
    "baseline": "[known failures](reports.md#known-failures)",
}


def methods() -> str:
    """Every method of the contract by the name that scenarios, faults, journal and figures have for it."""
    lines = [
        "# The methods of the contract",
        "",
        "[Scenarios](scenarios.md), [faults](faults.md), [tests](pytest.md), the journal and the",
        "[figures](operating.md) name each method as it stands here. What is known of it is among the",
        "[facts](evidence.md), what is demanded are the [rows](contract.md). A CRM of callproof has",
        "the whole description, with every member, at `/openapi.json`, and to be tried out at `/docs/`.",
        "",
        "## A CRM answers",
        "",
        "The right is what an API key needs; a method with `any` takes every key, one with `none` is",
        "open. The structure is the parameter that carries JSON text.",
        "",
        *table("method", "request", "versions", "right", "structure"),
    ]
    lines += [_of_crm(operation) for operation in OPERATIONS if operation.answered_by is Side.CRM]
    lines += [
        "",
        "## A PBX answers",
        "",
        "Its addresses are those that it registered.",
        "",
        *table("method", "request", "parameters"),
    ]
    lines += [_of_pbx(operation) for operation in OPERATIONS if operation.answered_by is Side.PBX]
    return "\n".join(lines) + "\n"


def _of_crm(operation: Operation) -> str:
    own = operation.path.split("/")[2]
    versions = (own if own.startswith("v") else "-", *operation.older)
    right = "none" if operation.scope is None else operation.scope or "any"
    entity = f"`{operation.entity}`" if operation.entity else ""
    request = f"`{operation.method} {operation.path}`"
    return line(f"`{operation.name}`", request, ", ".join(versions), right, entity)


def _of_pbx(operation: Operation) -> str:
    names = schemas.load(operation.query_schema).get("properties", {})
    assert isinstance(names, dict)
    return line(f"`{operation.name}`", operation.method, ", ".join(f"`{name}`" for name in names))


def report_files() -> str:
    """Every member of every file that is written for programs."""
    lines = [
        "# Files for programs",
        "",
        "What is written as JSON, member by member. `[]` stands for each element of a list, `*` for",
        "each name.",
    ]
    for schema_id, page in FILES.items():
        lines += ["", *_file(schema_id, page)]
    return "\n".join(lines) + "\n"


def _file(schema_id: str, page: str) -> Iterator[str]:
    schema = schemas.load(schema_id)
    yield f"## {schema_id}.json"
    yield ""
    yield f"{schema['description']} More in {page}; its [schema](../schemas/{schema_id}.json)."
    yield ""
    yield from table("member", "what it says")
    yield from dict.fromkeys(keys(schema))
