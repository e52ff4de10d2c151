"""A CRM that refuses who asks too often is asked again in the next second, and not for ever."""

import pytest

from callproof.exchange.over_budget import ATTEMPTS, within_budget


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr("callproof.exchange.over_budget.sleep", waited.append)
    return waited


def asked(statuses: list[int | None]) -> int | None:
    left = iter(statuses)
    return within_budget(lambda: next(left), lambda status: status)


def test_what_is_refused_for_now_is_asked_again_in_the_next_second(waits: list[float]) -> None:
    assert (asked([503, 429, 200]), waits) == (200, [1.0, 1.0])


@pytest.mark.parametrize("status", [200, 403, 500, None])
def test_any_other_answer_and_none_are_final(status: int | None, waits: list[float]) -> None:
    assert (asked([status]), waits) == (status, [])


def test_who_refuses_every_time_has_another_reason(waits: list[float]) -> None:
    assert (asked([503] * ATTEMPTS), len(waits)) == (503, ATTEMPTS - 1)
