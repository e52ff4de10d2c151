"""With which key ``callproof serve`` lets others in: its own, unless its user says which."""

from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from callproof.cli import main
from callproof.cli import serve as command
from callproof.contract.guide import CLIENT_ID
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.running.keys import keyed
from callproof.running.meeting import ServeOptions
from tests.served import Ready, serving_ends
from tests.support import KEY

PUBLISHED = api_key(DEFAULT_SEED)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Key and clientId of each ``serve``, which ends where it would begin to serve."""
    found: list[tuple[str, str]] = []

    def take(options: ServeOptions, _say: object) -> None:
        end = keyed(options)
        assert end.pbx is not None
        assert end.crm is None or end.crm.api_key == end.pbx.api_key
        found.append((end.pbx.api_key, end.pbx.client_id))

    monkeypatch.setattr(command, "serve_until_stopped", take)
    return found


def serve(*options: str, **environment: str) -> None:
    done = CliRunner().invoke(main, ["serve", *options], env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output


def lets_in(end: Ready, key: str) -> int:
    asked = {"X-API-KEY": key}
    return requests.get(f"{end.crm}/api/v5/reference/sites", headers=asked, timeout=30).status_code


def test_the_key_is_new_at_each_start(keys: list[tuple[str, str]]) -> None:
    serve()
    serve()
    (one, its), (other, others) = keys
    assert len({one, other, PUBLISHED}) == len({its, others, CLIENT_ID}) == 3
    assert len(one) == len(PUBLISHED)


def test_what_is_printed_is_in_the_ready_file_and_lets_in(tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--register") as ends:
        key = ends.told["apiKey"]
        assert f"API key {key}\n" in ends.said
        assert (lets_in(ends, key), lets_in(ends, PUBLISHED)) == (200, 403)
        asked = {"clientId": CLIENT_ID, "code": "100", "phone": "+79120000001", "userId": "1"}
        assert requests.get(f"{ends.pbx}/callbacks/make-call", params=asked, timeout=30).status_code == 401
        asked["clientId"] = ends.told["clientId"]
        assert requests.get(f"{ends.pbx}/callbacks/make-call", params=asked, timeout=30).status_code == 200


def test_a_seed_that_is_given_makes_the_key(keys: list[tuple[str, str]]) -> None:
    serve("--seed", "1")
    serve(CALLPROOF_SEED="7")
    assert keys == [(PUBLISHED, CLIENT_ID), (api_key(7), CLIENT_ID)]


def test_a_key_that_is_given_is_the_key_and_no_clientid_is_published(keys: list[tuple[str, str]]) -> None:
    serve("--api-key", KEY)
    serve("--seed", "1", CALLPROOF_API_KEY=KEY)
    serve("--only", "pbx", "--api-key", KEY)
    assert {key for key, _ in keys} == {KEY}
    assert len({client_id for _, client_id in keys} - {CLIENT_ID}) == 1


def test_a_pbx_alone_has_to_be_told_the_key_of_its_crm(keys: list[tuple[str, str]]) -> None:
    done = CliRunner().invoke(main, ["serve", "--only", "pbx"])
    assert done.exit_code == 2
    assert "Add --api-key KEY." in done.output
    serve("--only", "pbx", "--seed", "1")
    assert keys == [(PUBLISHED, CLIENT_ID)]


@pytest.mark.parametrize("value", ["ключ", "a\nb", " tail", "\udcff"])
@pytest.mark.parametrize(
    "words", [["serve", "--api-key"], ["serve", "--control-token"], ["journal", "--control-token"]]
)
def test_what_no_header_can_have_is_told_at_once(words: list[str], value: str) -> None:
    done = CliRunner().invoke(main, [*words, value])
    assert done.exit_code == 2
    assert "no header can have it" in done.output
    assert value.strip() not in done.output.partition("Error:")[2]


def test_a_kept_database_keeps_its_key_and_its_registrations(tmp_path: Path) -> None:
    options = ("--db", f"sqlite:///{tmp_path / 'state.db'}")
    with serving_ends(tmp_path, *options, "--register") as ends:
        first = ends.told
    with serving_ends(tmp_path, *options) as ends:
        assert (ends.told["apiKey"], ends.told["clientId"]) == (first["apiKey"], first["clientId"])
        assert lets_in(ends, first["apiKey"]) == 200
        ends.bench("crm", "reset", {})
    with serving_ends(tmp_path, *options, "--api-key", KEY) as ends:
        assert (lets_in(ends, first["apiKey"]), lets_in(ends, KEY)) == (200, 200)
    with serving_ends(tmp_path, *options) as ends:
        assert ends.told["apiKey"] == KEY


def test_a_database_of_an_older_callproof_keeps_its_key(
    keys: list[tuple[str, str]], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with serving_ends(tmp_path, "--db", url, "--api-key", KEY, "--only", "crm") as ends:
        ends.bench("crm", "keys", {"key": "A" * 32, "scopes": ["user_read"]})
        ends.bench("crm", "keys", {"key": "B" * 32, "sites": ["shop1"]})
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM crm_settings"))
    engine.dispose()
    serve("--db", url)
    assert keys[0][0] == KEY


@pytest.mark.xfail(
    strict=True, reason="granian tells an application one name for both; docs/letting-in.md says so"
)
def test_a_header_with_underscores_is_not_the_key(tmp_path: Path) -> None:
    with serving_ends(tmp_path, "--only", "crm") as ends:
        asked = {"X_API_KEY": ends.told["apiKey"]}
        answer = requests.get(f"{ends.crm}/api/v5/reference/sites", headers=asked, timeout=30)
        assert answer.status_code == 403
