"""A customer may be found a little after the CRM has said that he is there."""

from dataclasses import dataclass, field
from typing import cast

import pytest
import requests

from callproof.conformance import found
from callproof.conformance.found import numbers_of, wait_until_found
from callproof.control.driven import Controlled


@dataclass
class Search:
    """Answers in turn, and the last answer ever after."""

    answers: list[tuple[int, str]]
    asked: list[str] = field(default_factory=list)

    def api(self, method: str, path: str, key: str, form: object) -> requests.Response:
        self.asked.append(f"{method} {path}")
        answer = requests.Response()
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer.status_code, answer._content = status, body.encode()
        return answer


NOBODY, FOUND = (200, '{"success": true}'), (200, '{"success": true, "customer": {"id": 1}}')


def test_it_is_looked_for_until_he_is_found() -> None:
    search = Search([NOBODY, NOBODY, FOUND])
    wait_until_found(cast(Controlled, search), "key", ["+7 912"], 5.0)
    path = "GET /api/v5/telephony/manager?phone=%2B7+912&details=1&ignoreStatus=1"
    assert search.asked == [path] * 3


def test_whoever_is_never_found_is_waited_for_once_for_all_his_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(found, "sleep", slept.append)
    monkeypatch.setattr(found, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(found, "crowd", lambda: 2.0)
    wait_until_found(cast(Controlled, Search([NOBODY])), "key", ["1", "2", "3"], 0.5)
    # Twice as many want to run as there are cores.
    assert 1.0 <= sum(slept) < 1.25


@pytest.mark.parametrize("answer", [(400, '{"success": false}'), (200, "<html>"), (200, "[]")])
def test_a_lookup_that_cannot_be_is_not_repeated(answer: tuple[int, str]) -> None:
    search = Search([answer])
    wait_until_found(cast(Controlled, search), "key", ["1"], 5.0)
    assert len(search.asked) == 1


def test_numbers_stand_in_phones() -> None:
    assert numbers_of({"phones": [{"number": "1"}, {"number": ""}, {}]}) == ["1"]
    assert numbers_of({"phones": None}) == numbers_of(None) == []
