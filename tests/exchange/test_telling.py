"""What an end logs of its exchanges, and how often."""

import logging

import pytest

from callproof.contract.findings import Finding, Kind
from callproof.contract.operations import Side
from callproof.exchange import telling
from callproof.exchange.exchange import Answer
from callproof.exchange.telling import Telling

PATH = "/api/v5/telephony/calls/upload"
BODY = b'calls=[{"externalId": "a"}, {"externalId": "b"}]'


def finding(pointer: str, message: str = "this is odd") -> Finding:
    return Finding(Kind.NOTICE, "calls", pointer, message, "Mend it.", "PBX-HISTORY-01")


def upload(end: Telling, *findings: Finding) -> None:
    end.came_in("POST", PATH, BODY, Answer(200), "", findings)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.fixture(autouse=True)
def minutes(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(telling, "monotonic", lambda: now[0])
    return now


def test_a_finding_is_logged_once_a_kind_and_minute_with_a_count(
    caplog: pytest.LogCaptureFixture, minutes: list[float]
) -> None:
    end = Telling(Side.CRM)
    upload(end, *[finding(f"/{number}/phone") for number in range(50)], finding("/0/date"))
    upload(end, finding("/7/phone", "this is odd as well"))
    told = [f"{PATH}: notice: calls/0/{name}: this is odd. Mend it. [PBX-HISTORY-01]" for name in
            ("phone", "date")]  # fmt: skip
    assert lines(caplog) == told
    minutes[0] += telling.SILENCE
    upload(end, finding("/3/phone"))
    assert lines(caplog)[2].endswith("calls/3/phone: this is odd. Mend it. [PBX-HISTORY-01] "
                                     "(50 more like it were not logged)")  # fmt: skip


def test_each_line_names_the_end_and_the_calls_of_its_exchange(caplog: pytest.LogCaptureFixture) -> None:
    upload(Telling(Side.PBX), finding("/0"))
    [record] = caplog.records
    assert (record.name, vars(record)["calls"]) == ("callproof.pbx.exchange", ("a", "b"))


def test_who_wants_every_exchange_gets_every_finding(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "callproof")
    upload(Telling(Side.CRM), finding("/0"), finding("/1"))
    assert lines(caplog)[0] == f"POST {PATH} -> 200"
    assert len(lines(caplog)) == 3


def test_senders_that_invent_paths_are_not_remembered(caplog: pytest.LogCaptureFixture) -> None:
    end = Telling(Side.CRM)
    for number in range(3000):
        end.came_in("GET", f"/api/{number:b}".replace("0", "a").replace("1", "b"), b"", Answer(404), "",
                    [finding("")])  # fmt: skip
    assert len(end._told) <= 1000
