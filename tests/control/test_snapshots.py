"""Keeping an end as it is, and bringing it back, on every kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from callproof.clocks.manual import ManualClock
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, Ends
from callproof.crm.settings import CrmSettings
from callproof.limits import USUAL
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from callproof.running.pair import BuiltIn
from callproof.storage.address import IN_MEMORY
from tests.support import KEY

CALL = {"from": "+79161234567", "to": "+7-499-999-99-99"}


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ends]:
    """A registered pair on one clock and one database."""
    url = IN_MEMORY
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'bench.db'}"
    elif request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    with Opening(ManualClock()) as opening:
        crm = opening.crm(CrmSettings(api_key=KEY, database=url)).settings.base_url
        pbx = opening.pbx(PbxSettings(api_key=KEY, crm_url=crm, database=url)).settings.base_url
        found = Ends(opening.controlled(Side.CRM, crm), opening.controlled(Side.PBX, pbx), KEY)
        found.pbx.post("/register")
        yield found


def _snapshot(ends: Ends, path: str, name: str = "kept") -> None:
    for end in (ends.crm, ends.pbx):
        end.post(path, {"name": name})


def test_all_that_was_kept_comes_back_and_nothing_else(ends: Ends) -> None:
    ends.pbx.post("/calls", {**CALL, "script": {"after": 2, "talk": 20}})
    ends.pass_time(60)
    before = ends.crm.get("/state"), ends.pbx.get("/state")
    _snapshot(ends, "/snapshot")
    ends.crm.reset()
    ends.pbx.reset()
    ends.pbx.post("/register")
    ends.pbx.post("/calls", CALL)
    _snapshot(ends, "/restore")
    assert (ends.crm.get("/state"), ends.pbx.get("/state")) == before


def test_a_call_that_went_on_goes_on(ends: Ends) -> None:
    call = ends.pbx.post("/calls", CALL)["id"]
    ends.settle()
    _snapshot(ends, "/snapshot")
    ends.pbx.post(f"/calls/{call}/hang-up", {"by": "customer"})
    _snapshot(ends, "/restore")
    ends.pbx.post(f"/calls/{call}/answer", {"extension": "100"})
    ends.pass_time(5)
    ends.pbx.post(f"/calls/{call}/hang-up", {"by": "customer"})
    ends.settle()
    (row,) = ends.crm.state()["calls"]
    assert isinstance(row, dict)
    assert row["result"] == "answered"


def test_later_rows_are_numbered_after_those_that_came_back(ends: Ends) -> None:
    ends.pbx.post("/calls", {**CALL, "script": {"after": 2, "talk": 20}})
    ends.pass_time(60)
    _snapshot(ends, "/snapshot")
    _snapshot(ends, "/restore")
    ends.pbx.post("/calls", {**CALL, "script": {"after": 2, "talk": 20}})
    ends.pass_time(60)
    assert len(ends.crm.state()["calls"]) == len(ends.pbx.state()["calls"]) == 2


def test_settings_come_back_and_the_journal_goes_on(ends: Ends) -> None:
    _snapshot(ends, "/snapshot")
    last = ends.crm.journal(limit=0).last_id
    ends.crm.post("/account", {"timezone": "Asia/Tokyo"})
    _snapshot(ends, "/restore")
    assert ends.crm.post("/account", {})["timezone"] == "UTC"
    assert ends.crm.journal(limit=0).last_id == last


def test_of_many_snapshots_the_oldest_is_dropped(ends: Ends) -> None:
    for number in range(USUAL.snapshots + 1):
        _snapshot(ends, "/snapshot", f"number {number}")
    found = ends.crm.get("/snapshots")["snapshots"]
    assert isinstance(found, list)
    assert len(found) == USUAL.snapshots
    with pytest.raises(ActionRefused, match="There is no snapshot 'number 0'"):
        ends.crm.post("/restore", {"name": "number 0"})


def test_several_workers_keep_none() -> None:
    with Opening(ManualClock()) as opening:
        crm = opening.crm(CrmSettings(api_key=KEY, workers=2)).settings.base_url
        end = opening.controlled(Side.CRM, crm)
        with pytest.raises(ActionRefused, match="one worker"):
            end.post("/snapshot", {"name": "kept"})
        end.close()


def test_a_snapshot_says_of_which_version_its_tables_are(pair: BuiltIn) -> None:
    for url, end in ((pair.crm_url, pair.crm), (pair.pbx_url, pair.pbx)):
        answer = requests.post(f"{url}/_bench/snapshot", json={"name": "a"}, timeout=10)
        [taken] = answer.json()["snapshots"]
        assert taken["schema"] == end.store.database.schema
