"""No secret, wherever it stands in an exchange, survives in anything that is shown of it."""

import json
import string
from html import unescape
from urllib.parse import quote, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from callproof.cli.journal import _lines
from callproof.conformance.evidence import Seen
from callproof.conformance.verdict import Check, ScenarioResult, Verdict
from callproof.contract.findings import Finding, Kind
from callproof.contract.known import forms
from callproof.contract.operations import BY_NAME, Side
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.reports import har, html, json_report, junit, markdown
from callproof.reports.bodies import curl
from callproof.reports.redact import Redactor

FORM = ("Content-Type", "application/x-www-form-urlencoded")
ROW = "PBX-EVENT-01"
# One of letters and digits, and one in which each notation has something to change; no mask is like them.
plain = st.text(string.ascii_letters + string.digits, min_size=16, max_size=40).map(
    lambda text: f"Z9{text}q7"
)
odd = st.text("+/=&%\"\\ ?é ж'<>" + string.ascii_letters, min_size=16, max_size=30).map(
    lambda text: f"Z9{text}q7"
)
PLACES = ("key", "cookie", "query", "form", "json", "twice", "answer")


def holding(place: str, secret: str) -> tuple[Request, Answer]:
    """A message with it in one place, and an answer that repeats it where no name says what it is."""
    module = json.dumps({"clientId": secret})
    # A header carries what it can.
    carried = secret if secret.isascii() and ";" not in secret else quote(secret, safe="")
    told = {
        "key": ((("X-API-KEY", carried),), "", "a=1", ""),
        "cookie": ((("Cookie", f"session={carried}"),), "", "a=1", ""),
        "query": ((), urlencode({"clientId": secret}), "a=1", ""),
        "form": ((), "", urlencode({"apiKey": secret}), ""),
        "json": ((), "", urlencode({"integrationModule": module}), ""),
        "twice": ((), urlencode({"u": f"http://h/?{urlencode({'token': secret})}"}), "a=1", ""),
        "answer": ((), "", "a=1", module),
    }
    headers, query, form, answer = told[place]
    repeated = carried if headers else secret
    body = answer or json.dumps({"errorMsg": f"no: {repeated}"})
    url = f"http://crm/api/v5/telephony/call/event?{query}".rstrip("?")
    sent = Request("POST", url, (*headers, FORM), Body(form.encode()))
    return sent, Answer(400, (("Content-Type", "application/json"),), Body(body.encode()))


def seen(place: str, secret: str) -> Seen:
    sent, answer = holding(place, secret)
    found = (Finding(Kind.VIOLATION, "event", "/x", f"clientId is {secret!r}", f"not {secret}", ROW),)
    entry = Exchange(
        at=0.0, direction="in", request=sent, answer=answer, error=f"no {secret}", id=1, findings=found
    )
    return Seen(entry, Side.CRM, BY_NAME["call-event"], params={"clientId": secret, "x": secret})


def everything(place: str, secret: str, known: tuple[str, ...]) -> dict[str, str]:
    """What is shown of it, by where."""
    one = seen(place, secret)
    check = Check(ROW, f"it has {secret}", "x.yaml:3", f"not {secret}", exchanges=("crm-1",))
    result = ScenarioResult(
        "x", f"with {secret}", "x.yaml", [check], broken=f"by {secret}", exchanges=[one]
    )
    verdict = Verdict([Redactor(known).scenario(result)], 1, strict=False, target=Side.PBX)
    entry = Redactor(known).entry(one.exchange)
    written = (har, html, json_report, junit, markdown)
    return {
        "journal": "\n".join(_lines(entry, bodies=True)),
        "journal --json": entry.encoded().decode(),
        "curl": curl(Redactor(known).exchange(one)),
        **{module.__name__: module.write(verdict).decode() for module in written},
    }


def check_all(place: str, secret: str, known: tuple[str, ...]) -> None:
    for where, text in everything(place, secret, known).items():
        for form in forms(secret):
            assert form not in text, (where, form)
            assert form not in unescape(text), (where, form)


@settings(max_examples=40)
@given(st.sampled_from(PLACES), plain)
def test_what_a_name_tells_is_seen_nowhere(place: str, secret: str) -> None:
    check_all(place, secret, ())


@settings(max_examples=60)
@given(st.sampled_from(PLACES), plain | odd)
def test_what_is_known_is_seen_nowhere(place: str, secret: str) -> None:
    check_all(place, secret, (secret,))
