"""Every exchange of the run as HAR 1.2, for browsers and proxies: a page for each scenario, an entry for
each exchange. What the format does not know begins with an underscore."""

from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import orjson

from callproof import __version__
from callproof.conformance.evidence import Seen
from callproof.conformance.exhibits import Exhibit, exhibits
from callproof.conformance.verdict import ScenarioResult, Verdict
from callproof.contract.jsontypes import Json, JsonObject
from callproof.exchange.exchange import Answer, Request
from callproof.reports.bodies import FORM
from callproof.reports.output import as_json

HTTP = "HTTP/1.1"


def write(verdict: Verdict) -> bytes:
    """The log, UTF-8, indented."""
    pages: list[Json] = []
    entries: list[Json] = []
    for scenario in verdict.scenarios:
        shown = exhibits(scenario.exchanges)
        if shown:
            pages.append(_page(scenario, shown[0]))
            entries += [_entry(scenario, exhibit) for exhibit in shown]
    log: JsonObject = {
        "version": "1.2",
        "creator": {"name": "callproof", "version": __version__},
        "pages": pages,
        "entries": entries,
    }
    return as_json({"log": log}, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _page(scenario: ScenarioResult, first: Exhibit) -> JsonObject:
    return {
        "startedDateTime": _moment(first.exchange.at),
        "id": scenario.id,
        "title": scenario.title,
        "pageTimings": {},
    }


def _entry(scenario: ScenarioResult, exhibit: Exhibit) -> JsonObject:
    exchange = exhibit.exchange
    return {
        "pageref": scenario.id,
        "startedDateTime": _moment(exchange.at),
        # The journal knows when, not how long.
        "time": 0,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "_method": exhibit.name,
        "_askedBy": exchange.asked_by.value,
        "_byBench": exchange.by_bench,
        "_exchanges": list(exhibit.refs),
    }


def _request(exchange: Seen) -> JsonObject:
    message = exchange.request
    document: JsonObject = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _headers(message),
        "queryString": _pairs(urlsplit(exchange.url).query),
        "headersSize": -1,
        "bodySize": message.body.size,
    }
    if message.body.text:
        kind = message.header("content-type")
        params = _pairs(message.body.text) if kind.startswith(FORM) else []
        document["postData"] = {"mimeType": kind, "params": params, "text": message.body.text}
    return document


def _response(exchange: Seen) -> JsonObject:
    """An exchange without an answer has status 0, as in browsers, and says why in ``_error``."""
    message, status = exchange.reply or Answer(0), exchange.status or 0
    content: JsonObject = {"size": message.body.size, "mimeType": message.header("content-type")}
    if message.body.text is not None:
        content["text"] = message.body.text
    else:
        content["comment"] = "no text; not kept"
    document: JsonObject = {
        "status": status,
        "statusText": _reason(status),
        "httpVersion": HTTP,
        "cookies": [],
        "headers": _headers(message),
        "content": content,
        "redirectURL": message.header("location"),
        "headersSize": -1,
        "bodySize": message.body.size if exchange.reply else -1,
    }
    if exchange.error:
        document["_error"] = exchange.error
    return document


def _headers(message: Request | Answer) -> list[Json]:
    return [{"name": name, "value": value} for name, value in message.headers]


def _pairs(text: str) -> list[Json]:
    return [{"name": name, "value": value} for name, value in parse_qsl(text, keep_blank_values=True)]


def _reason(status: int) -> str:
    return next((known.phrase for known in HTTPStatus if known == status), "")


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
