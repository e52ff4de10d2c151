"""Acknowledged calls against stored ones, exact, also for a hundred thousand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.client import Unreachable
from callproof.load.books import NoBooks, OfBench
from callproof.load.job import CRM
from callproof.load.reconcile import compare, reconcile
from tests.load.test_stories import JOB

NAMES = st.sets(st.sampled_from([f"r-0.{n}" for n in range(20)]))


@dataclass
class Keeper:
    """An end that keeps these calls and gives them in pages."""

    rows: list[JsonObject]
    side: Side = Side.CRM
    url: str = "http://crm"
    pages: int = 0

    def get(self, path: str, **query: float) -> JsonObject:
        after, limit = int(query["after"]), int(query["limit"])
        found: list[Json] = list(self.rows[after : after + limit])
        self.pages += 1
        return {"calls": found, "last": after + len(found)}

    def post(self, path: str, body: Mapping[str, Json] | None = None) -> JsonObject:
        raise AssertionError(path)

    def api(self, method: str, path: str, key: str, form: Mapping[str, str]) -> requests.Response:
        raise AssertionError(path)

    def close(self) -> None:
        raise AssertionError


@given(NAMES, NAMES, NAMES)
def test_what_is_lost_doubled_or_unclaimed_is_found(
    acknowledged: set[str], stored: set[str], again: set[str]
) -> None:
    books = compare(acknowledged, [*sorted(stored), *sorted(stored & again)])
    assert set(books.lost) == acknowledged - stored
    assert set(books.doubled) == stored & again
    assert books.unclaimed == len(stored - acknowledged)


def test_a_hundred_thousand_calls_are_read_page_by_page() -> None:
    names = [f"r-{n // 100}.{n % 100}" for n in range(100_000)]
    keeper = Keeper([])
    books = OfBench(JOB, keeper)
    keeper.rows = [{"externalId": name} for name in names if name != "r-500.7"]
    keeper.pages = 0
    found = reconcile(books, set(names))
    assert (found.acknowledged, found.stored, found.lost, found.doubled) == (
        100_000,
        99_999,
        ("r-500.7",),
        (),
    )
    assert keeper.pages == 100


def test_calls_of_others_and_of_before_are_left_out() -> None:
    keeper = Keeper([{"externalId": "r-0.0"}])
    books = OfBench(JOB, keeper)
    keeper.rows += [{"externalId": name} for name in ("other-0.1", "r-0.1")]
    found = reconcile(books, {"r-0.1"})
    assert (found.stored, found.lost, found.unclaimed) == (1, (), 0)


def test_the_calls_of_a_pbx_go_by_its_own_ids() -> None:
    keeper = Keeper([])
    books = OfBench(replace(JOB, model=CRM), keeper)
    keeper.rows = [{"id": "c-1"}, {"id": "c-2"}]
    found = reconcile(books, {"c-1", "c-3"})
    assert (found.lost, found.unclaimed) == (("c-3",), 1)


def test_an_end_that_answers_something_else_is_none_of_ours() -> None:
    keeper = Keeper([])
    books = OfBench(JOB, keeper)
    keeper.rows = [{"externalId": "r-0.0"}, {"externalId": ["r"]}]
    with pytest.raises(Unreachable, match=r"The CRM at http://crm answers something else: .*externalId"):
        reconcile(books, {"r-0.0"})


def test_a_target_that_does_not_tell_is_not_reconciled_and_says_so() -> None:
    found = reconcile(NoBooks("It keeps silent."), {"r-0.1"})
    assert (found.done, found.why_not) == (False, "It keeps silent.")
