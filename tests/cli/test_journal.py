"""``callproof journal``: the newest of what went over the wire, filtered, and what goes over it now."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import orjson
import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main
from callproof.cli.choosing import Wanted, moment
from callproof.cli.ends import NEWEST
from callproof.contract.findings import Finding, Kind
from callproof.exchange.exchange import Answer, Body, Exchange, Request
from callproof.running.pair import BuiltIn

EVENT = "/api/v5/telephony/call/event"


def exchange(
    status: int | None = 200, *, said: bytes = b"{}", body: str = "", url: str = EVENT, findings: str = ""
) -> Exchange:
    found = (Finding(Kind.NOTICE, "event", "/x", "odd", requirement=findings),) if findings else ()
    answer = None if status is None else Answer(status, (), Body(said))
    request = Request("POST", f"http://crm{url}", (), Body(body.encode()))
    return Exchange(1000.0, "in", request, answer, "" if answer else "no answer", findings=found)


@pytest.mark.parametrize(
    ("wanted", "entry", "fits"),
    [
        (Wanted(), exchange(), True),
        (Wanted(refused=True), exchange(), False),
        (Wanted(refused=True), exchange(400), True),
        (Wanted(refused=True), exchange(None), True),
        (Wanted(refused=True), exchange(said=b'{"success": false}'), True),
        (Wanted(refused=True), exchange(said=b"RIFF\xff"), False),
        (Wanted(finding="any"), exchange(), False),
        (Wanted(finding="any"), exchange(findings="PBX-EVENT-03"), True),
        (Wanted(finding="violation"), exchange(findings="PBX-EVENT-03"), False),
        (Wanted(finding="notice"), exchange(findings="PBX-EVENT-03"), True),
        (Wanted(finding="PBX-EVENT"), exchange(findings="PBX-EVENT-03"), True),
        (Wanted(call="c-17"), exchange(body="event=%7B%22callExternalId%22%3A%22c-17%22%7D"), True),
        (Wanted(call="c-1"), exchange(url="/rec/c-17.wav"), True),
        (Wanted(call="17"), exchange(url="/rec/c-17.wav"), False),
        (Wanted(call="c 9"), exchange(said=b'{"externalId": "c 9"}'), True),
        (Wanted(method="post", path="call/"), exchange(), True),
        (Wanted(method="GET"), exchange(), False),
        (Wanted(path="upload"), exchange(url=f"{EVENT}?x=upload"), False),
        (Wanted(since=1000.0), exchange(), True),
        (Wanted(since=1000.1), exchange(), False),
    ],
)
def test_an_exchange_fits_what_is_wanted(wanted: Wanted, entry: Exchange, fits: bool) -> None:
    assert wanted.fits(entry) is fits


@pytest.mark.parametrize(
    ("told", "since"),
    [
        ("", None),
        ("90s", "2024-05-01 11:58:30"),
        ("2h", "2024-05-01 10:00:00"),
        ("9:30", "2024-05-01 09:30:00"),
        ("11:59:59.5", "2024-05-01 11:59:59.5"),
        ("2024-04-30", "2024-04-30 00:00:00"),
        ("2024-04-30T08:00", "2024-04-30 08:00:00"),
    ],
)
def test_since_is_a_time_or_so_long_ago(told: str, since: str | None) -> None:
    now = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()
    wanted = datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() if since else None
    assert moment(told, lambda: now) == wanted


@pytest.mark.parametrize("told", ["yesterday", "25:00", "2024-13-01", "-5m"])
def test_since_anything_else_is_a_mistake(told: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time; write 90s"):
        moment(told, lambda: 0.0)


def run(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output.splitlines()


def ask(crm: BuiltIn, times: int = 1, query: str = "") -> None:
    with requests.Session() as session:
        for _ in range(times):
            session.get(
                f"{crm.crm_url}/api/v5/user-groups{query}", headers={"X-API-KEY": crm.api_key}, timeout=20
            )


def test_the_newest_are_shown_and_how_many_there_are(pair: BuiltIn) -> None:
    ask(pair, 1005)
    ask(pair, query="/nonsense")
    _, lines = run("journal", "--url", pair.crm_url)
    assert lines[0] == f"The newest {NEWEST} of 1007 exchanges; --limit 0 shows all."
    assert re.match(r" 1007 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} in  GET \S+nonsense -> 404", lines[-2])
    assert len(run("journal", "--url", pair.crm_url, "--limit", "0", "--path", "user-groups")[1]) > 1006
    _, lines = run("journal", "--url", pair.crm_url, "--limit", "0", "--json", "--refused")
    assert [orjson.loads(line)["id"] for line in lines] == [1007]
    assert run("journal", "--url", pair.crm_url, "--call", "c-1")[1] == ["None of 1007 exchanges is so."]


def test_keys_are_not_shown_and_bodies_are_laid_out(pair: BuiltIn) -> None:
    key = "a-key-that-nobody-may-see"
    event = '{"type": "in", "phone": "\u00fc"}'
    requests.post(f"{pair.crm_url}{EVENT}?apiKey={key}", data={"event": event}, timeout=20)
    for options in ([], ["--bodies"], ["--json"]):
        _, lines = run("journal", "--url", pair.crm_url, *options)
        assert key not in "\n".join(lines)
        assert "apiKey=***" in "".join(lines)
        _, lines = run("journal", "--url", pair.crm_url, "--show-secrets", *options)
        assert f"apiKey={key}" in "".join(lines)
    _, lines = run("journal", "--url", pair.crm_url, "--bodies")
    assert '      >   "type": "in",' in lines
    assert '      <   "success": false,' in lines


def test_what_is_no_finding_is_a_mistake(pair: BuiltIn) -> None:
    code, lines = run("journal", "--url", pair.crm_url, "--finding", "nonsense")
    assert (code, "'nonsense' is no kind of finding" in lines[-1]) == (2, True)


@pytest.fixture
def following(pair: BuiltIn) -> Iterator[subprocess.Popen[str]]:
    options = ["--follow", "--since", "1h", "--url", pair.crm_url]
    command = [sys.executable, "-m", "callproof", "journal", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


def test_what_happens_is_shown_as_it_happens_until_it_is_interrupted(
    pair: BuiltIn, following: subprocess.Popen[str]
) -> None:
    assert following.stdout is not None
    assert following.stdout.readline().startswith("    1 ")
    ask(pair, query="/nonsense")
    assert any(line.startswith("    2 ") for line in following.stdout)
    following.send_signal(signal.SIGINT)
    assert following.wait(20) == 130
    assert "Traceback" not in following.stdout.read()


def test_a_click_is_told_with_its_outcome(pair: BuiltIn) -> None:
    click_on = ["click", "--phone", "+7 912 345-67-89", "--crm-url", pair.crm_url, "--user"]
    code, lines = run(*click_on, "99")
    assert (code, lines) == (
        1,
        ["callproof: User 99 is not connected to +7 912 345-67-89: There is no user 99"],
    )
    code, lines = run(*click_on, "1")
    assert code == 0
    assert lines[0].startswith("User 1 with extension 100 is being connected to +7 912 345-67-89 by ")
