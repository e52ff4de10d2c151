"""Who is judged, and what every message is judged by, whatever the scenario is about: its schema and its
form."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from msgspec import structs

from callproof.conformance.addresses import ROWS
from callproof.conformance.comparing import Compares
from callproof.conformance.evidence import Seen, is_remark
from callproof.conformance.placing import placed
from callproof.conformance.verdict import Check
from callproof.contract import schemas
from callproof.contract.guide import CLIENT_ID, GUIDES, MODULE_CODE, Account
from callproof.contract.jsontypes import Json, reached
from callproof.contract.operations import Side
from callproof.contract.requirements import Evidence, all_requirements

_JSON = re.compile(r"(?i)\s*(application|text)/([\w.-]+\+)?json\s*(;|$)")
_FORM = re.compile(r"(?i)\s*(application/x-www-form-urlencoded|multipart/form-data)\s*(;|$)")
COMPARES = (Compares("PBX-MODULE-08", "pbx sends module-edit", ("code",), "every message"),)
# The member that differs where an answer as a whole is another one.
WHOLE = "the body"
REDIRECTS = (301, 302, 307, 308)
# Judged in every request of a PBX.
FORM_ROWS = frozenset({"PBX-API-02", "PBX-API-04"})


@dataclass(frozen=True)
class UnderTest:
    """Whom a run judges: both ends, or ``side`` alone, which is somebody else's.

    What only the other side owes is an effect then: its absence breaks the scenario and blames nobody's
    row. ``code`` and ``client_id`` are how the PBX registers itself, ``account`` is who plays in the
    scenarios, and ``run`` a word that no other run on the same side has. A side that ``keeps`` its state is
    taken back to its beginning by nothing but what scenarios do. What a CRM with ``budgets`` of its own
    refuses because of them was sent again.
    """

    side: Side | None = None
    code: str = MODULE_CODE
    client_id: str = CLIENT_ID
    account: Account = GUIDES
    run: str = "0"
    keeps: bool = False
    budgets: bool = False

    def faces(self, side: Side) -> Side:
        """In whose journal the exchanges of ``side`` are read: our own, where only one is ours."""
        return (self.side or side).other

    def binds(self, row: str) -> bool:
        """Whether the row is one of whoever is judged."""
        return self.side in (None, all_requirements()[row].side)

    def counts(self, check: Check) -> bool:
        return self.binds(check.requirement)


BOTH = UnderTest()


def judge(exchange: Seen, where: str, key: str = "") -> Iterator[Check]:
    """Checks on the side that faces the journal: its requests, or its answers to requests. ``key`` is the
    API key of the account."""
    for check in _judged(exchange, where, key):
        yield structs.replace(check, exchanges=(exchange.ref,))


def _judged(exchange: Seen, where: str, key: str) -> Iterator[Check]:
    if exchange.asked_by is exchange.seen_by.other:
        if not exchange.by_bench:
            yield from placed(exchange, where, key)
            yield from _request(exchange, where)
    elif exchange.asked_by is Side.PBX:
        yield from _answer(exchange, where)


def _request(exchange: Seen, where: str) -> Iterator[Check]:
    operation = exchange.operation
    if operation is None:
        return
    schema_id = operation.entity_schema or operation.query_schema
    if operation.asked_by is Side.PBX and operation.scope is not None:
        yield Check("PBX-API-01", str(exchange), where, "" if exchange.keyed else "there is no API key")
    if exchange.refused:
        row = "PBX-API-02" if operation.asked_by is Side.PBX else _own_row(schema_id)
        yield Check(row, str(exchange), where, exchange.refused)
        return
    if schema_id:
        yield from _by_schema(schema_id, exchange.params, exchange.violations, str(exchange), where)
    if operation.name == "module-edit":
        yield _one_code(exchange, where)
        yield _below_an_address(exchange, where)
    if operation.asked_by is Side.PBX:
        yield from _by_form(exchange, where)
    elif exchange.method == operation.method == "POST":
        yield _as_a_form(exchange, operation.name, where)


def _one_code(exchange: Seen, where: str) -> Check:
    """Whether the settings have the code of their path."""
    code, named = exchange.parts.get("code"), reached(exchange.params, "code")
    differs = f"the code is {named!r} in the settings and {code!r} in the path"
    problem = "" if named in (None, "", code) else differs
    return Check("PBX-MODULE-08", str(exchange), where, problem, members=("code",))


def _below_an_address(exchange: Seen, where: str) -> Check:
    """Whether actions, which are paths below baseUrl, have one; that a CRM insists on it was seen once."""
    lacks = reached(exchange.params, "actions") and not reached(exchange.params, "baseUrl")
    problem = "actions are paths below baseUrl, and there is none" if lacks else ""
    because = "whether a CRM takes actions without a baseUrl, single clients alone tell"
    return Check(
        "PBX-MODULE-03",
        str(exchange),
        where,
        problem,
        evidence=Evidence.PARAPHRASE,
        members=("baseUrl",) if problem else (),
        because=because if problem else "",
    )


def _by_form(exchange: Seen, where: str) -> Iterator[Check]:
    """How the request was written down: what was forgiven, ignored or at the wrong place."""
    remarks = [finding for finding in exchange.findings if is_remark(finding)]
    for row in sorted(FORM_ROWS - {finding.requirement for finding in remarks}):
        yield Check(row, f"{exchange.method} {exchange.url}", where)
    for finding in remarks:
        said = str(replace(finding, remedy="", requirement=""))
        place = (member_at(finding.pointer),)
        yield Check(
            finding.requirement,
            str(exchange),
            where,
            said,
            forgiven=True,
            members=place,
            remedy=finding.remedy,
        )


def _as_a_form(exchange: Seen, name: str, where: str) -> Check:
    """Whether the body of a call-back is a form; modules read nothing else."""
    kind = exchange.request.header("content-type")
    size = exchange.request.body.size
    found = (kind or "of no Content-Type") if size else "empty"
    problem = "" if size and _FORM.match(kind) else f"the body is {found}, expected a form"
    return Check(ROWS[name], str(exchange), where, problem, members=(WHOLE,))


def _answer(exchange: Seen, where: str) -> Iterator[Check]:
    if exchange.method == "HEAD":
        return
    what = f"the answer to {exchange}"
    if exchange.status is None:
        yield Check("CRM-API-01", what, where, exchange.error)
        return
    if _leads_on(exchange):
        return
    if not isinstance(exchange.answer, Mapping):
        yield Check("CRM-API-01", what, where, "the body is no JSON object", members=(WHOLE,))
        return
    kind = exchange.headers.get("content-type", "")
    if not _JSON.match(kind):
        yield Check("CRM-API-01", what, where, f"its Content-Type is {kind or 'not there'}, not JSON")
    good = exchange.status < 300
    if good and (exchange.operation is None or not exchange.operation.answer_schema):
        return
    schema_id = exchange.operation.answer_schema if good and exchange.operation else "answers/error"
    violations = schemas.validate(schema_id, exchange.answer)
    yield from _by_schema(schema_id, exchange.answer, violations, what, where)


def _leads_on(exchange: Seen) -> bool:
    """Whether the answer only says that its address is written with a slash at the end, or without; who may
    not do so is told where a status is demanded."""
    try:
        there = urlsplit(urljoin(exchange.url, exchange.headers.get("location", ""))).path
    except ValueError:
        return False
    same = there.rstrip("/") == exchange.path.rstrip("/")
    return exchange.status in REDIRECTS and there != exchange.path and same


def _by_schema(
    schema_id: str,
    value: Json,
    violations: Sequence[schemas.Violation],
    what: str,
    where: str,
) -> Iterator[Check]:
    broken = {violation.requirement for violation in violations}
    for violation in violations:
        if violation.requirement:
            problem, place = (
                f"{violation.pointer}: {violation.message}".removeprefix(": "),
                (member_at(violation.pointer),),
            )
            yield Check(violation.requirement, what, where, problem, members=place, remedy=violation.remedy)
    for row in sorted(touched(schemas.load(schema_id), value) - broken):
        yield Check(row, what, where)


def member_at(pointer: str) -> str:
    """The place that a JSON pointer leads to, as a path: ``phones[].number`` of ``/phones/0/number``."""
    names = ["[]" if name.isdecimal() else f".{name}" for name in pointer.split("/")[1:]]
    return "".join(names).removeprefix(".")


def touched(schema: Json, value: Json) -> set[str]:
    """The rows that the members of this value rest on."""
    if not isinstance(schema, Mapping):
        return set()
    schema = schemas.resolve(schema)
    rows = {str(schema["x-requirement"])} if "x-requirement" in schema else set()
    members = schema.get("properties")
    if isinstance(value, Mapping) and isinstance(members, Mapping):
        for name in value.keys() & members.keys():
            rows |= touched(members[name], value[name])
    elif isinstance(value, list):
        for item in value:
            rows |= touched(schema.get("items"), item)
    return rows


def _own_row(schema_id: str) -> str:
    """The row of a request as a whole; one that has none is known by the clientId that it must carry."""
    return str(schemas.load(schema_id).get("x-requirement", "CRM-MODULE-05"))
