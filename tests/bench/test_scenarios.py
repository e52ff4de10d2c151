"""Scenarios chosen on the page, played, cancelled and reported."""

from collections.abc import Callable, Iterator

import pytest

from callproof.clocks.machine import monotonic
from callproof.clocks.manual import ManualClock
from callproof.crm.account import api_key
from callproof.crm.settings import CrmSettings
from callproof.exchange.faults import named
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from callproof.running.pair import BuiltIn, built_in
from tests.bench.forms import Visitor

PAGE = "/bench/scenarios"


@pytest.fixture
def pair() -> Iterator[BuiltIn]:
    with built_in() as pair:
        yield pair


@pytest.fixture
def pbx(pair: BuiltIn) -> Visitor:
    return Visitor(pair.pbx_url)


def _until(visitor: Visitor, fits: Callable[[str], bool]) -> str:
    """The page, once it is so."""
    until = monotonic() + 60
    while monotonic() < until:
        if fits(page := visitor.page(PAGE)):
            return page
    raise AssertionError(page)


def _over(page: str) -> bool:
    return f"{PAGE}/report" in page


def test_all_scenarios_can_be_chosen_by_chapter_and_by_name(pbx: Visitor) -> None:
    page = pbx.page(PAGE)
    assert 'value="6-event"' in page
    assert 'value="6-event/answered"' in page


@pytest.mark.parametrize("on", ["pair", "here"])
def test_what_was_chosen_is_judged_where_that_was_asked(pair: BuiltIn, pbx: Visitor, on: str) -> None:
    before = pair.crm.journal.last_id
    pbx.send(PAGE, f"{PAGE}/run", wanted="6-event/answered", on=on)
    page = _until(pbx, _over)
    assert "1 of 1 judged" in page
    assert "1 passed" in page
    assert (pair.crm.journal.last_id > before) is (on == "here")
    assert "6-event/answered" in pbx.page(f"{PAGE}/report")


def test_what_went_wrong_stands_beside_its_row() -> None:
    # Of the settings it outlives the resets of a run.
    key, faults = api_key(1), tuple(named("pbx-ends-untruly"))
    with Opening(ManualClock()) as opening:
        crm = opening.crm(CrmSettings(api_key=key)).settings.base_url
        pbx = Visitor(opening.pbx(PbxSettings(api_key=key, crm_url=crm, faults=faults)).settings.base_url)
        _play_one(pbx)


def _play_one(pbx: Visitor) -> None:
    pbx.send(PAGE, f"{PAGE}/run", wanted="6-event/answered", on="here")
    page = _until(pbx, _over)
    assert "1 failed" in page
    assert "/bench/rows/PBX-EVENT-08" in page


def test_a_run_is_cancelled(pbx: Visitor) -> None:
    pbx.send(PAGE, f"{PAGE}/run", wanted="11-trouble", on="pair")
    pbx.send(PAGE, f"{PAGE}/cancel")
    assert "The run was cancelled." in _until(pbx, _over)


def test_a_run_of_nothing_is_none(pbx: Visitor) -> None:
    assert "No scenario was chosen." in pbx.send(PAGE, f"{PAGE}/run", on="pair")


def test_a_report_may_do_nothing_here(pbx: Visitor) -> None:
    pbx.send(PAGE, f"{PAGE}/run", wanted="6-event/closed", on="pair")
    _until(pbx, _over)
    answer = pbx.get(f"{PAGE}/report")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-scripts;")
