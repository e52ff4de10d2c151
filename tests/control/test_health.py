"""``/_bench/health``: whether an end is well, and what everybody is told in trouble."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from werkzeug.test import Client

from callproof.clocks.manual import ManualClock
from callproof.contract.guide import CALL_BACKS
from callproof.crm.app import create_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange import shared_journal
from callproof.pbx.app import create_app as create_pbx_app
from callproof.pbx.pbx import Pbx
from callproof.pbx.settings import PbxSettings
from callproof.running.pair import BuiltIn
from callproof.storage import watching
from tests.served import RINGING, served
from tests.support import KEY


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    monkeypatch.setattr(watching, "BELIEVED", 0.0)
    monkeypatch.setattr(shared_journal, "TROUBLED", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def crm(file: Path) -> Iterator[Crm]:
    settings = CrmSettings(api_key=KEY, base_url="http://crm", database=f"sqlite:///{file}")
    crm = Crm(settings, ManualClock())
    yield crm
    crm.close()


def test_an_end_that_is_well_says_what_it_is(pair: BuiltIn) -> None:
    for url in (pair.crm_url, pair.pbx_url):
        answer = requests.get(f"{url}/_bench/health", timeout=10)
        told = answer.json()
        assert (answer.status_code, told["ok"], "trouble" in told) == (200, True, False)
        assert (told["storage"]["kind"], told["storage"]["durability"]) == ("memory", "none")
        assert len(told["storage"]["schema"]) == 12
        assert (told["pid"], told["workers"]) == (os.getpid(), 1)
        assert told["uptime"] >= 0


def test_a_kept_database_is_told_with_its_promise(crm: Crm) -> None:
    told = create_app(crm).test_client().get("/_bench/health").get_json()
    schema = crm.store.database.schema
    assert told["storage"] == {"kind": "sqlite", "durability": "commit", "schema": schema}


def test_without_the_token_only_ok_is_told_and_the_host_is_looked_at(crm: Crm, file: Path) -> None:
    client = create_app(crm, token="secret").test_client()
    assert client.get("/_bench/health").get_json() == {"ok": True}
    assert client.get("/_bench/health", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/_bench/state").status_code == 403
    told = client.get("/_bench/health", headers={"X-Callproof-Token": "secret"}).get_json()
    assert told["pid"] == os.getpid()
    file.unlink()
    answer = client.get("/_bench/health")
    assert (answer.status_code, answer.get_json()) == (503, {"ok": False})


def test_trouble_is_a_sentence_and_every_answer_has_the_shape_of_its_own(crm: Crm, file: Path) -> None:
    client: Client = create_app(crm).test_client()
    file.unlink()
    event = {"event": '{"type": "in", "phone": "+79120000001", "codes": ["100"]}'}
    answer = client.post("/api/v5/telephony/call/event", data=event, headers={"X-API-KEY": KEY})
    told = answer.get_json()
    assert (answer.status_code, told["success"], bool(told["errorMsg"])) == (500, False, True)
    health = client.get("/_bench/health")
    sentence = health.get_json()["trouble"]
    assert health.status_code == 503
    assert sentence.startswith(
        f"The database sqlite:///{file} does not keep what it is given: {file} is not the one"
    )
    assert len(health.get_json()["since"]) == len("2026-01-01 00:00:00")
    refused = client.get("/_bench/state")
    assert (refused.status_code, refused.get_json()) == (503, {"error": sentence})
    page = client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.get_data(as_text=True)) == (503, f"{sentence}\n")


def test_the_pbx_answers_call_backs_with_503(file: Path) -> None:
    pbx = Pbx(PbxSettings("http://pbx", "http://crm", KEY, database=f"sqlite:///{file}"), ManualClock())
    client = create_pbx_app(pbx).test_client()
    file.unlink()
    query = {"clientId": pbx.settings.client_id, "code": "100", "userId": "1", "status": "busy"}
    answer = client.get(CALL_BACKS["status-notice"], query_string=query)
    assert answer.status_code == 503
    assert "503" in answer.get_json()["error"]
    assert client.get("/_bench/health").status_code == 503
    pbx.close()


def test_health_is_told_while_the_database_hangs(
    crm: Crm, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PATIENCE", 0.05)
    client = create_app(crm).test_client()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = client.get("/_bench/health")
        other.execute("ROLLBACK")
    assert answer.status_code == 503
    assert "has not answered for 0.05 s" in answer.get_json()["trouble"]


def test_the_journal_keeps_what_waits_through_trouble(crm: Crm, file: Path) -> None:
    client = create_app(crm).test_client()
    file.rename(file.with_name("elsewhere"))
    assert client.get("/api/v5/users", headers={"X-API-KEY": KEY}).status_code in (200, 500)
    assert client.get("/_bench/journal").status_code == 503
    file.with_name("elsewhere").rename(file)
    for _ in range(500):
        answer = client.get("/_bench/journal")
        if answer.status_code == 200:
            break
    [entry] = answer.get_json()["entries"]
    assert "/api/v5/users" in entry["request"]["url"]


def test_a_served_crm_whose_file_goes_acknowledges_nothing_and_logs_once(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with served(tmp_path, f"sqlite:///{file}", options=["--workers", "2"]) as (crm,):
        crm.register()
        assert crm.event(RINGING)["success"]
        file.unlink()
        answers = [crm.event({**RINGING, "callExternalId": f"r-{n}"}) for n in range(12)]
        assert [answer["success"] for answer in answers] == [False] * 12
        assert requests.get(f"{crm.url}/_bench/health", timeout=10).status_code == 503
        crm.stop()
        assert crm.process.returncode == 0
    log = (tmp_path / "0.log").read_text()
    # Each worker of two says it once.
    assert 1 <= log.count("is not the one that was opened") <= 2, log
    assert "Traceback" not in log
