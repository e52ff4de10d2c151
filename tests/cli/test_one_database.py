"""Served CRMs on one PostgreSQL: one after another, and two at once, are one account."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from callproof.clocks.manual import ManualClock
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from tests.served import RINGING, served
from tests.support import KEY


def filled(database: str) -> None:
    """Whom the account holds from the beginning is there before anybody is started."""
    Crm(CrmSettings(api_key=KEY, base_url="http://crm.example", database=database), ManualClock()).close()


def test_everything_is_there_after_a_restart_and_goes_on(postgres_url: str, tmp_path: Path) -> None:
    with served(tmp_path, postgres_url) as (crm,):
        crm.register()
        assert crm.event(RINGING) == {"success": True}
        assert crm.upload(["c-1", "c-2"]) == {"success": True, "processedCallsCount": 2}
        before = crm.state()
        crm.stop()
        assert crm.process.returncode == 0
    assert before["counts"] == {"calls": 2, "events": 1, "customers": 20, "modules": 1}
    with served(tmp_path, postgres_url) as (crm,):
        assert crm.state() == before
        assert crm.upload(["c-2", "c-3"]) == {
            "success": True,
            "processedCallsCount": 1,
            "duplicateCalls": ["c-2"],
        }
        crm.event({**RINGING, "type": "hangup", "hangupStatus": "answered"})
        assert [card["open"] for card in crm.state()["cards"]] == [False]


def test_two_that_are_uploaded_the_same_calls_at_once_store_each_once(
    postgres_url: str, tmp_path: Path
) -> None:
    names = [f"c-{number}" for number in range(300)]
    dice = random.Random(1)
    batches = [dice.sample(names, 50) for _ in range(32)]
    filled(postgres_url)
    with served(tmp_path, postgres_url, postgres_url) as crms:
        crms[0].register()
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: crms[n % 2].upload(batches[n]), range(len(batches))))
        stored = [call["externalId"] for call in crms[0].state()["calls"]]
    assert [answer for answer in answers if not answer["success"]] == []
    assert sorted(stored) == sorted({name for batch in batches for name in batch})
    assert sum(answer["processedCallsCount"] for answer in answers) == len(stored)
    for batch, answer in zip(batches, answers, strict=True):
        duplicates = answer.get("duplicateCalls", [])
        assert len(duplicates) + answer["processedCallsCount"] == len(batch)
        assert set(duplicates) <= set(batch)


def test_a_call_that_both_are_told_of_at_once_is_shown_once(postgres_url: str, tmp_path: Path) -> None:
    rings = [{**RINGING, "callExternalId": f"r-{number // 8}"} for number in range(320)]
    filled(postgres_url)
    with served(tmp_path, postgres_url, postgres_url) as crms:
        crms[0].register()
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda n: crms[n % 2].event(rings[n]), range(len(rings))))
        shown = [card["callExternalId"] for card in crms[1].state()["cards"]]
    assert [answer for answer in answers if not answer["success"]] == []
    assert sorted(shown) == sorted({str(ring["callExternalId"]) for ring in rings})


def test_several_may_be_started_at_once_on_an_empty_database(postgres_url: str, tmp_path: Path) -> None:
    with served(tmp_path, *[postgres_url] * 4) as crms:
        states = [crm.state() for crm in crms]
    assert states == [states[0]] * 4
    assert states[0]["counts"] == {"calls": 0, "events": 0, "customers": 20, "modules": 0}
