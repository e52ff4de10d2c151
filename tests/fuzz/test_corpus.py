"""Requests that were once answered in a way of their own, and others drawn by lot: never a 5xx."""

import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from callproof.clocks.manual import ManualClock
from callproof.crm.settings import CrmSettings
from callproof.pbx.settings import PbxSettings
from callproof.running.opening import Opening
from callproof.running.threads import Address
from tools.torture import corpus
from tools.torture.ends import KEY
from tools.torture.inputs import APART, Trial, pool_of, restore

MUTANTS = 300


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    """Both ends, in this process."""
    with ExitStack() as stack:
        opening = stack.enter_context(Opening(ManualClock()))
        crm, pbx = Address(), Address()
        opening.crm(CrmSettings(api_key=KEY, base_url=crm.url), crm)
        opening.pbx(PbxSettings(api_key=KEY, base_url=pbx.url, crm_url=crm.url), pbx)
        yield {"crm": crm.url, "pbx": pbx.url}


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_what_was_kept_is_answered(side: str, urls: dict[str, str]) -> None:
    kept = corpus.kept(side)
    assert len(kept) > 100
    trial = Trial(side, urls[side], pool_of(side, urls[side]), random.Random(1))
    for one in kept:
        trial.raw(one)
        if APART.match(one.route.split()[-1]):
            restore(urls[side])
    assert (trial.seen.broken, trial.seen.no_json, trial.seen.hung) == ([], [], [])
    assert trial.seen.tried > 100


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_pages_show_whatever_was_sent(side: str, urls: dict[str, str]) -> None:
    trial = Trial(side, urls[side], pool_of(side, urls[side]), random.Random(1))
    for one in corpus.kept(side):
        if not one.route.split()[-1].startswith("/_bench"):
            trial.raw(one)
    told = [{"event": text} for text in ("{}", '{"type":[]}', '{"type":{"a":1},"phone":null}', "[]", "1")]
    for form in told:
        requests.post(f"{urls[side]}/api/v5/telephony/call/event", data=form, timeout=30)
    entries = requests.get(f"{urls[side]}/_bench/journal?limit=1000", timeout=60).json()["entries"]
    assert len(entries) > 20
    pages = [
        "/bench",
        "/bench/ladder.txt",
        "/bench/ladder.svg",
        "/bench/session.yaml",
        "/bench/controls",
        "/",
    ]
    pages += [f"/bench/exchanges/{entry['id']}" for entry in entries]
    answers = {page: requests.get(urls[side] + page, timeout=60).status_code for page in pages}
    assert {page: status for page, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_so_are_some_that_are_made_now(side: str, urls: dict[str, str]) -> None:
    url = urls[side]
    trial = Trial(side, url, pool_of(side, url), random.Random(1))
    seen = trial.run(MUTANTS, lambda: restore(url))
    assert (seen.broken, seen.no_json, seen.hung) == ([], [], [])
    assert len(seen.ways) > 20
