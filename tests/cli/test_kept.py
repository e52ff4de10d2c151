"""``callproof calls`` and ``callproof cards``: what an end keeps, for a person and for a program."""

import orjson
import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main
from callproof.running.pair import BuiltIn


def run(*arguments: str) -> list[str]:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


@pytest.fixture
def calls(pair: BuiltIn) -> list[str]:
    """The ids of three missed calls."""
    placed = []
    for number in range(3):
        placed.append(pair.pbx.engine.place_incoming(f"+7 912 345-67-8{number}", "+7-499-999-99-99").id)
        requests.post(f"{pair.crm_url}/_bench/clock", json={"advance": 300}, timeout=20)
    return placed


def test_there_are_none(pair: BuiltIn) -> None:
    assert run("calls", "--url", pair.crm_url) == ["There are no such calls."]
    assert run("cards", "--crm-url", pair.crm_url) == ["There are no such cards."]


def test_calls_are_a_table_of_what_some_of_them_have(pair: BuiltIn, calls: list[str]) -> None:
    head, *rows = run("calls", "--url", pair.crm_url)
    assert head.split() == ["externalId", "date", "type", "phone", "externalPhone", "result", "duration"]
    assert [row.split()[0] for row in rows] == calls
    assert head.index("phone") == rows[0].index("+7 912")
    head, *rows = run("calls", "--end", "pbx", "--url", pair.pbx_url)
    assert head.split()[:4] == ["id", "direction", "phone", "line"]
    assert [row.split()[0] for row in rows] == calls


def test_the_newest_of_many_are_shown_and_one_can_be_chosen(pair: BuiltIn, calls: list[str]) -> None:
    note, _, *rows = run("calls", "--url", pair.crm_url, "--limit", "2")
    assert note == "The newest 2 of 3 calls; --limit 0 shows all."
    assert [row.split()[0] for row in rows] == calls[1:]
    (told,) = run("calls", "--url", pair.crm_url, "--call", calls[0][:12], "--json")
    assert orjson.loads(told)["externalId"] == calls[0]


def test_cards_are_those_that_managers_see_or_saw(pair: BuiltIn, calls: list[str]) -> None:
    pair.pbx.engine.place_incoming("+7 912 345-67-89", "+7-499-999-99-99")
    requests.post(f"{pair.crm_url}/_bench/clock", json={"advance": 1}, timeout=20)
    told = [
        orjson.loads(line) for line in run("cards", "--crm-url", pair.crm_url, "--json", "--limit", "0")
    ]
    opened = run("cards", "--crm-url", pair.crm_url, "--open")
    assert {card["callExternalId"] for card in told} > set(calls)
    assert len(opened) - 1 == sum(card["open"] for card in told) > 0
    assert all(" yes" in row for row in opened[1:])
