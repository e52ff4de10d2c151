"""One exchange: request and answer as they went over the wire, what was found about them, what the contract
says there, and how it is asked again."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit, urlunsplit

import orjson
from flask import Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from callproof.bench.lines import findings
from callproof.bench.workplace import Workplace, said
from callproof.conformance.evidence import Seen
from callproof.contract import schemas
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import OPERATIONS
from callproof.contract.requirements import all_requirements
from callproof.contract.secrets import MASK
from callproof.control.client import ActionRefused, Unreachable
from callproof.reports.bodies import FORM, curl, query_of, readable
from callproof.reports.forms import form_body, form_text
from callproof.reports.stands import Stands

_SCHEMAS = {
    name
    for operation in OPERATIONS
    for name in (operation.entity_schema, operation.query_schema, operation.answer_schema)
    if name
}

# What is made anew for each request.
_OF_CONNECTION = ("host", "content-length", "connection", "transfer-encoding")


def add_exchanges(workplace: Workplace) -> None:
    """``/bench/exchanges/N``, ``/bench/latest``, and the rows and schemas to which they lead."""
    site = workplace.site

    def latest() -> "str | Response":
        seen = workplace.seen()
        return _shown(workplace, seen, seen[-1]) if seen else workplace.missing()

    def one(number: str) -> "str | Response":
        seen = workplace.seen()
        found = next((each for each in seen if str(each.id) == number), None)
        return _shown(workplace, seen, found) if found else workplace.missing()

    def again() -> AnyResponse:
        form = request.form
        back = f"/bench/exchanges/{form.get('from', type=int) or 0}"
        try:
            told = workplace.own.post("/again", _edited(form, _hidden_before(workplace)))
        except (ActionRefused, Unreachable, ValueError) as error:
            return said(back, str(error))
        if told["id"]:
            return said(f"/bench/exchanges/{told['id']}")
        return said(back, workplace.site.texts("bench.unkept", outcome=told["status"] or told["error"]))

    def row(name: str) -> "str | Response":
        found = all_requirements().get(name)
        return workplace.write("row.html", row=found) if found else workplace.missing("row")

    def schema(name: str) -> "str | Response":
        if name not in _SCHEMAS:
            return workplace.missing("schema")
        found = schemas.load(name)
        text = orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()
        return workplace.write("schema.html", name=name, text=text)

    site.page("/bench/latest", latest)
    site.page("/bench/exchanges/<number>", one)
    site.act("/bench/again", again)
    site.page("/bench/rows/<name>", row)
    site.page("/bench/schemas/<path:name>", schema)


def _hidden_before(workplace: Workplace) -> Callable[[str], str]:
    """Puts what was hidden in the form back. Raises ValueError, with a sentence, where nobody knows it."""
    form, seen = request.form, workplace.seen()
    found = next((each for each in seen if str(each.id) == form.get("from", "")), None)
    if found is None and not form.get("shown") and any(MASK in text for text in form.values()):
        raise ValueError(f"The journal has lost the message, so nobody knows what {MASK} stands for.")
    return Stands(found.request, workplace.secrets, shown="shown" in form).show if found else str


def _edited(form: MultiDict[str, str], show: Callable[[str], str]) -> JsonObject:
    """What is to be sent, from the form's texts: headers one a line, the body encoded if it was shown as
    fields; ``show`` puts back what was hidden. Raises ValueError, with a sentence."""
    method, url = form.get("method", "").strip().upper(), show(form.get("url", "").strip())
    if not re.fullmatch("[A-Z]{1,20}", method):
        raise ValueError(f"The method is letters only, such as POST, not {method!r}.")
    if not url.startswith(("/", "http://", "https://")):
        raise ValueError(f"The address must begin with / or http://, not {url[:40]!r}.")
    headers: list[tuple[str, str]] = []
    for line in show(form.get("headers", "")).splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            raise ValueError(f"The header {line!r} has no colon.")
        if line.strip():
            headers.append((name.strip(), value.strip()))
    body = show(form.get("body", ""))
    if not form.get("crlf"):
        # Browsers end lines of a text so, whatever they ended by before.
        body = body.replace("\r\n", "\n")
    is_form = any(name.lower() == "content-type" and value.startswith(FORM) for name, value in headers)
    if form.get("fields") and is_form:
        body = form_body(body)
    return {"method": method, "url": url, "headers": [[*pair] for pair in headers], "body": body}


def _address(one: Seen) -> str:
    """At this end by its path, elsewhere as a whole."""
    if one.exchange.direction == "out":
        return one.url
    parts = urlsplit(one.url)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))


def _shown(workplace: Workplace, seen: Sequence[Seen], one: Seen) -> str:
    operation = one.operation
    place = seen.index(one)
    line = next(
        (
            line
            for line in workplace.lines()
            if line.ladder and any(e.exchange is one for e in line.exhibits)
        ),
        None,
    )
    masked = workplace.redactor.exchange(one)
    stands = Stands(one.request, workplace.secrets, shown=workplace.site.shows_secrets)
    kept = [pair for pair in one.request.headers if pair[0].lower() not in _OF_CONNECTION]
    fields = form_text(one.request)
    return workplace.write(
        "exchange.html",
        seen=masked,
        line=line,
        findings=findings(masked),
        known=all_requirements(),
        curl=curl(masked),
        address=stands.hide(_address(one)),
        headers=stands.hide("\n".join(f"{name}: {value}" for name, value in kept)),
        fields=bool(fields),
        body=stands.hide(fields or one.request.body.text or ""),
        request=readable(masked.request, query_of(masked.url)),
        answer=readable(masked.reply) if masked.reply else [],
        schema=(operation.entity_schema or operation.query_schema) if operation else "",
        answer_schema=operation.answer_schema if operation else "",
        before=seen[place - 1].id if place else 0,
        after=seen[place + 1].id if place + 1 < len(seen) else 0,
    )
