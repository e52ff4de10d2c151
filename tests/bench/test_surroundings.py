"""The bench of ends that are locked, alone, on a database, or answered for by several processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callproof.clocks.manual import ManualClock
from callproof.crm.settings import CrmSettings
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from tests.bench.forms import Visitor
from tests.support import KEY

TOKEN = "tell-nobody"


@pytest.fixture
def opening() -> Iterator[Opening]:
    with Opening(ManualClock()) as opening:
        yield opening


def test_who_told_the_control_token_sees_the_bench() -> None:
    with Opening(ManualClock(), TOKEN) as opening:
        crm = Visitor(opening.crm(CrmSettings(api_key=KEY)).settings.base_url)
        assert crm.get("/bench").status_code == 403
        crm.send_locked(TOKEN)
        assert "Journal" in crm.page("/bench")
        assert "Everything works." in crm.page("/bench/controls")


def test_an_end_alone_has_its_own_journal(opening: Opening) -> None:
    crm = opening.crm(CrmSettings(api_key=KEY))
    visitor = Visitor(crm.settings.base_url)
    assert visitor.get("/api/v5/reference/sites").status_code == 403
    assert "/bench/exchanges/1" in visitor.page("/bench")
    assert "send: GET /api/v5/reference/sites" in visitor.page("/bench/session.yaml")


def test_opposite_a_system_of_somebody_else_there_is_the_own_journal(opening: Opening) -> None:
    # Nobody listens there.
    pbx = opening.pbx(PbxSettings(api_key=KEY, crm_url="http://127.0.0.1:9"))
    pbx.engine.place_incoming("+79161234567", "+7-499-999-99-99")
    pbx.clock.advance(60)  # type: ignore[attr-defined]
    visitor = Visitor(pbx.settings.base_url)
    assert "call-event in" in visitor.page("/bench/calls/+79161234567")
    told = visitor.send("/bench/scenarios", "/bench/scenarios/run", wanted="6-event/answered", on="here")
    assert "none of callproof" in told


def test_a_journal_on_a_database_is_read_as_any_other(opening: Opening, tmp_path: Path) -> None:
    crm = opening.crm(CrmSettings(api_key=KEY, database=f"sqlite:///{tmp_path / 'crm.db'}"))
    visitor = Visitor(crm.settings.base_url)
    assert visitor.get("/api/v5/reference/sites").status_code == 403
    assert "/bench/exchanges/1" in visitor.page("/bench")


def test_several_workers_say_what_they_cannot(opening: Opening, tmp_path: Path) -> None:
    crm = opening.crm(CrmSettings(api_key=KEY, workers=2, database=f"sqlite:///{tmp_path / 'crm.db'}"))
    visitor = Visitor(crm.settings.base_url)
    assert "one worker" in visitor.page("/bench/scenarios")
    told = visitor.send("/bench/controls", "/bench/controls/snapshot", name="kept")
    assert "Snapshots want an end with one worker" in told
