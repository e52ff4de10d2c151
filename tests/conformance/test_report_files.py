"""Every report of one run: what it shows, what it must not show, and that it can be read back."""

import re
import shlex
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from msgspec.structs import replace

from callproof.cli import main
from callproof.conformance.evidence import Book, read
from callproof.conformance.exhibits import exhibits, offset
from callproof.conformance.fresh import word_of
from callproof.conformance.ladder import Lifeline, ladders, text, width_within
from callproof.conformance.missed import with_missed
from callproof.conformance.verdict import Check, Looked, Verdict
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.contract.schemas import load
from callproof.contract.secrets import MASK, Masks
from callproof.crm.account import api_key
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.reports.bodies import curl
from callproof.reports.drawing import draw
from callproof.reports.pages import script
from callproof.reports.redact import Redactor
from tests.conformance.test_bites import verdict

KINDS = ("html", "markdown", "junit", "ctrf", "badge", "json", "har", "ndjson")
MINE = """
title: A caller with <script>alert(1)</script> and a | in the name
rule: Whatever is sent is shown and not run.
steps:
  - send: customer-create
    form: {apiKey: $key}
    entity: {externalId: mine, firstName: "<script>alert(2)</script>", phones: [{number: "+74990000000"}]}
  - send: users
    query: {apiKey: $key}
    api-key: ""
  - send: call-event
    entity: {phone: "<script>alert(3)</script>", type: in, codes: ["100"], callExternalId: "c|1"}
  - expect: crm answers call-event
    status: 418
    with: {errorMsg: "<script>alert(4)</script>"}
    proves: CRM-EVENT-01
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One failing run, and a passing one with two calls, in every report."""
    folder = tmp_path_factory.mktemp("reports")
    file = folder / "mine.yaml"
    file.write_text(MINE.replace("$key", api_key(1)))
    return written(folder, str(file), "7-call/started", "6-event/missed")


def written(folder: Path, *wanted: str) -> dict[str, str]:
    options = [part for kind in KINDS for part in (f"--{kind}", str(folder / f"r.{kind}"))]
    result = CliRunner().invoke(main, ["check", *wanted, *options])
    assert result.exit_code in (0, 1), result.output
    found = {kind: (folder / f"r.{kind}").read_text("utf-8") for kind in KINDS}
    return found | {"terminal": result.output}


class Page(HTMLParser):
    """Tags, links and addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            elif name in ("href", "src"):
                self.links.append(value or "")


def test_no_report_shows_the_key(reports: dict[str, str]) -> None:
    for kind, content in reports.items():
        assert api_key(1) not in content, kind
    assert MASK in reports["har"]


def test_the_page_runs_nothing_that_was_sent_and_needs_nothing_from_elsewhere(
    reports: dict[str, str],
) -> None:
    page, ours = Page(reports["html"]), script("filter.js")
    assert not {"link", "img", "iframe"} & set(page.tags)
    # The one script is ours, and a browser runs no other.
    assert page.tags.count("script") == 1
    assert f"<script>{ours.text}</script>" in reports["html"]
    assert (
        f"content=\"default-src 'none'; style-src 'unsafe-inline'; script-src {ours.source};"
        in reports["html"]
    )
    assert "&lt;script&gt;alert(3)" in reports["html"]
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= page.ids
    assert page.tags.count("svg") >= 2


def test_the_page_shows_verdicts_with_their_source_and_each_exchange_with_a_curl_line(
    reports: dict[str, str],
) -> None:
    assert "Not conformant" in reports["html"]
    assert "An event is answered 200 with success; clients read 201 as well." in reports["html"]
    assert "evidence D: guide-events" in reports["html"]
    assert "curl &#34;$CRM_URL&#34;/api/v5/telephony/call/event" in reports["html"]


def test_the_page_begins_with_the_findings_and_then_has_failures_first(reports: dict[str, str]) -> None:
    page = reports["html"]
    parts = [
        "<h1",
        "Findings: 1",
        'id="finding-1"',
        "Requirements</h2>",
        'id="CRM-EVENT-01"',
        "Scenarios</h2>",
    ]
    assert sorted(parts, key=page.index) == parts
    assert page.index('id="mine"') < page.index('id="6-event/missed"')


def test_without_a_script_the_page_hides_nothing_but_the_filter(reports: dict[str, str]) -> None:
    assert re.findall(r"<(\w+)[^>]* hidden[ >]", reports["html"]) == ["form"]


def test_every_report_for_a_person_says_the_cause_the_row_and_what_to_do(reports: dict[str, str]) -> None:
    remedy = all_requirements()["CRM-EVENT-01"].remedy
    for kind in ("html", "markdown", "junit", "ctrf", "json", "terminal"):
        report = reports[kind].replace("\\_", "_")
        assert "answer to call-event: " in report, kind
        assert "CRM-EVENT-01" in report, kind
        assert remedy in report, kind


def test_what_was_missed_is_a_dashed_arrow_in_the_ladder_of_its_call() -> None:
    (result,) = played("6-event/missed").scenarios
    shown = exhibits(result.exchanges)
    (ladder,) = ladders(shown)
    began, of_call = shown[0].exchange.at, f"type hangup, callExternalId {ladder.call}"
    looked = Looked(of_call, "2", 2, 1, at=began + ladder.arrows[3].at)
    missed = Check("PBX-EVENT-06", "pbx sends call-event", "s.yaml:9", "expected 2, found 1", looked=looked)
    (drawn,) = with_missed(
        [ladder], shown, [missed, replace(missed, requirement="PBX-EVENT-08"), *result.checks]
    )
    (arrow,) = (arrow for arrow in drawn.arrows if arrow.missing)
    assert (arrow.source, arrow.to) == (Lifeline.PBX, Lifeline.CRM)
    assert arrow.label == f"call-event, {of_call}: missing"
    assert draw(drawn).count('class="missing"') == 1
    (alone,) = with_missed([], [], [missed])
    assert len(alone.arrows) == 1


def test_markdown_is_no_markup_of_a_caller(reports: dict[str, str]) -> None:
    assert "<script>" not in MarkdownIt().render(reports["markdown"])
    rows = [line for line in reports["markdown"].splitlines() if line.startswith("| failed")]
    assert len(rows) == 1
    assert rows[0].count(" | ") == 3


def test_each_line_of_the_stream_has_the_published_form(reports: dict[str, str]) -> None:
    validator = Draft202012Validator(load("report-event"))
    lines = [orjson.loads(line) for line in reports["ndjson"].splitlines()]
    for line in lines:
        validator.validate(line)
    assert [line["event"] for line in (lines[0], lines[-1])] == ["started", "ended"]
    ended = [line["id"] for line in lines if line["event"] == "scenario"]
    assert ended == ["mine", "7-call/started", "6-event/missed"]
    assert lines[-1]["conformant"] is False


def test_the_json_report_has_the_published_form(reports: dict[str, str]) -> None:
    Draft202012Validator(load("report")).validate(orjson.loads(reports["json"]))


def test_har_has_every_exchange_with_all_that_readers_demand(reports: dict[str, str]) -> None:
    log = orjson.loads(reports["har"])["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "callproof")
    pages = {page["id"] for page in log["pages"]}
    for entry in log["entries"]:
        assert entry["pageref"] in pages
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= entry.keys()
        needed = {
            "method",
            "url",
            "httpVersion",
            "cookies",
            "headers",
            "queryString",
            "headersSize",
            "bodySize",
        }
        assert needed <= entry["request"].keys()
        needed = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL"}
        assert needed <= entry["response"].keys()


def test_the_same_seed_gives_the_same_bytes_in_every_report(tmp_path: Path) -> None:
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append(written(tmp_path / name, "6-event/answered", "11-trouble/unreachable"))
    for kind in KINDS:
        assert runs[0][kind] == runs[1][kind], kind


def played(wanted: str) -> Verdict:
    return verdict(wanted)


def test_a_call_is_a_ladder_from_the_first_ring_to_the_upload() -> None:
    (result,) = played("6-event/missed").scenarios
    (ladder,) = ladders(exhibits(result.exchanges))
    steps = [(arrow.source, arrow.to, arrow.label.split()[0].rstrip(",")) for arrow in ladder.arrows]
    assert steps == [
        (Lifeline.CUSTOMER, Lifeline.PBX, "calls"),
        (Lifeline.PBX, Lifeline.CRM, "manager-lookup"),
        (Lifeline.PBX, Lifeline.CRM, "call-event"),
        (Lifeline.CRM, Lifeline.MANAGER, "card"),
        (Lifeline.PBX, Lifeline.CUSTOMER, "ends"),
        (Lifeline.PBX, Lifeline.CRM, "call-event"),
        (Lifeline.CRM, Lifeline.MANAGER, "card"),
        (Lifeline.PBX, Lifeline.CRM, "calls-upload"),
    ]
    assert ladder.arrows[0].implied
    assert not ladder.arrows[1].implied
    lines = text(ladder).splitlines()
    assert len(lines) == 1 + len(steps)
    assert "customer" in lines[0]
    assert draw(ladder).count("<polygon") == len(steps)


@pytest.mark.parametrize("columns", [40, 80, 100, 120, 400])
def test_a_ladder_in_a_terminal_cuts_names_and_no_status(columns: int) -> None:
    (result,) = played("6-event/missed").scenarios
    (ladder,) = ladders(exhibits(result.exchanges))
    lines = text(ladder, width_within(columns)).splitlines()
    assert sum("→ 200 " in line for line in lines) == sum(arrow.status == "200" for arrow in ladder.arrows)
    assert max(map(len, lines)) <= max(columns, 80)
    told = ["event in", "event hangup"] if columns > 80 else []
    assert all(any(words in line for line in lines) for words in told)


def test_calls_of_one_scenario_have_a_ladder_each() -> None:
    (result,) = played("6-event/two-calls-at-once").scenarios
    first, second, *others = [ladder.call for ladder in ladders(exhibits(result.exchanges))]
    assert first != second
    run = word_of("0", "6-event/two-calls-at-once")
    assert others == [f"c-1-{run}", f"c-2-{run}", f"c-3-{run}", "", f"c-4-{run}", f"c-5-{run}"]


def test_an_exchange_that_both_journals_have_is_shown_once() -> None:
    (result,) = played("6-event/cancelled").scenarios
    shown = exhibits(result.exchanges)
    assert len(shown) * 2 == len(result.exchanges)
    assert all(len(exhibit.refs) == 2 for exhibit in shown)
    assert [offset(s) for s in (0, 4.5, 185, 7200)] == ["+0 s", "+4.5 s", "+3 min 05 s", "+2 h 00 min"]


def test_a_curl_line_asks_the_same_again_in_a_shell() -> None:
    (result,) = played("6-event/cancelled").scenarios
    exchange = next(e for e in result.exchanges if e.operation and e.operation.name == "call-event")
    line = curl(Redactor((api_key(1),)).exchange(exchange))
    assert 'X-Api-Key: $API_KEY"' in line
    echoed = subprocess.run(
        ["sh", "-c", line.replace("curl", "printf '%s\\n'", 1)],
        env={"API_KEY": "k'ey", "CRM_URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert echoed[0] == "http://127.0.0.1:1/api/v5/telephony/call/event"
    assert "X-Api-Key: k'ey" in echoed
    name, value = echoed[-1].split("=", 1)
    assert echoed[-2] == "--data-urlencode"
    assert urlencode({name: value}) == exchange.request.body.text
    assert shlex.split(line)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("event=%7B%22a%22%3A%22%2B7+1%22%7D", """--data-urlencode 'event={"a":"+7 1"}'"""),
        ("event=%7B%22a%22%3A%22%2B7%201%22%7D", """--data-urlencode 'event={"a":"+7 1"}'"""),
        ("a=1&b=", "--data-urlencode a=1 --data-urlencode b="),
        # Of which curl would make something else.
        ("event=%7b%7d", "--data-raw event=%7b%7d"),
        ("event={}", "--data-raw 'event={}'"),
        ("event=%FF", "--data-raw event=%FF"),
        ("a%40b=1", "--data-raw a%40b=1"),
        ("noise", "--data-raw noise"),
    ],
)
def test_a_form_is_shown_in_the_open_where_the_same_is_sent(body: str, shown: str) -> None:
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    request = Request("POST", "http://crm/x", headers, Body(body.encode()))
    (seen,) = read([Exchange(1.0, "in", request, None)], Side.CRM, Book())
    assert curl(seen).endswith(f"/x {shown}")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("***c0de", "integrationModule={%22clientId%22:%22***c0de%22}", "$CLIENT_ID"),
        ("***1234", "", "$API_KEY"),
        ("***c0de", "", "$SECRET"),
    ],
)
def test_a_mask_is_named_by_where_else_it_stands(path: str, body: str, expected: str) -> None:
    url = f"http://crm/api/v5/integration-modules/{path}"
    request = Request("POST" if body else "GET", url, (("X-API-KEY", "***1234"),), Body(body.encode()))
    (seen,) = read([Exchange(1.0, "in", request, None)], Side.CRM, Book())
    assert f'integration-modules/"{expected}" -H "X-API-KEY: $API_KEY"' in curl(seen)


def test_a_reason_is_no_secret_and_what_stands_beside_it_is() -> None:
    reason, token = "This value should not be blank.", "0123456789abcdef-0123"
    said = f'{{"errors": {{"clientId": "{reason}"}}, "apiKey": "{token}"}}'
    request = Request("GET", "http://crm/api/v5/users", (), Body())
    redactor = Redactor()
    redactor.learn(Exchange(1.0, "in", request, Answer(400, (), Body(said.encode()))))
    assert redactor.text(f"{reason} {token}") == f"{reason} ***0123"


@pytest.mark.parametrize(
    "sent",
    [
        "apiKey=0123456789abcdef&limit=20",
        "register=%7B%22token%22%3A%22abcdef0123456789%22%2C%22apiKey%22%3A%220123456789abcdef%22%7D",
        '{"token": "abcdef0123456789"}',
        "known-by-its-value-0815 in any text",
    ],
)
def test_secrets_are_taken_out_wherever_they_stand(sent: str) -> None:
    shown = Masks(["known-by-its-value-0815"]).form(sent)
    for secret in ("0123456789abcdef", "abcdef0123456789", "known-by-its-value-0815"):
        assert secret not in shown
    assert MASK in shown
