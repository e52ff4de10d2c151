"""An end that holds an answer back knows whether anybody still waits for it."""

from threading import Event, Thread

import pytest
import requests

from callproof.exchange import sockets
from callproof.exchange.faults import Change, Fault, catalogue
from callproof.exchange.hanging_up import is_gone
from callproof.running.pair import BuiltIn


def test_a_peer_that_closes_ends_the_wait_at_once() -> None:
    ours, theirs = sockets.pair()
    closing = Thread(target=theirs.close)
    closing.start()
    assert is_gone(ours, Event(), 60)
    closing.join()
    ours.close()


def test_a_peer_that_waits_or_goes_on_talking_is_there() -> None:
    ours, theirs = sockets.pair()
    theirs.sendall(b"more")
    assert not is_gone(ours, Event(), 0.01)
    assert ours.gettimeout() is None
    ours.close()
    theirs.close()


def test_a_wait_that_is_called_off_ends() -> None:
    ours, theirs = sockets.pair()
    called_off = Event()
    called_off.set()
    assert not is_gone(ours, called_off, 60)
    ours.close()
    theirs.close()


def _slow(pair: BuiltIn, seconds: float, method: str = "users") -> None:
    known = catalogue()["crm-slow"]
    pair.crm.faults.add(Fault("slow", known.side, "", known.seam, (method,), Change(delay=seconds)))


def test_a_client_that_gave_up_has_got_no_answer(pair: BuiltIn) -> None:
    _slow(pair, 60)
    headers = {"X-API-KEY": pair.api_key}
    last = pair.crm.journal.last_id
    with pytest.raises(requests.Timeout):
        requests.get(f"{pair.crm_url}/api/v5/users", headers=headers, timeout=0.1)
    told = pair.crm.journal.since(last, wait=20)[-1]
    assert told.answer is None
    assert told.error.startswith("the client gave up after ")


def test_a_client_that_waited_has_got_its_answer(pair: BuiltIn) -> None:
    _slow(pair, 0.1)
    headers = {"X-API-KEY": pair.api_key}
    assert requests.get(f"{pair.crm_url}/api/v5/users", headers=headers, timeout=30).ok
    told = pair.crm.journal.since()[-1]
    assert (told.error, told.answer and told.answer.status) == ("", 200)


@pytest.mark.parametrize(("seconds", "error"), [(4, ""), (6, "the client gave up after 5 s")])
def test_on_one_manual_clock_the_crm_knows_how_long_the_pbx_waits(
    seconds: float, error: str, pair: BuiltIn
) -> None:
    _slow(pair, seconds, "call-event")
    pair.pbx.crm.event({"phone": "+74990000000", "type": "in", "codes": ["100"]})
    assert pair.crm.journal.since()[-1].error == error


def test_answers_that_are_held_back_are_counted_with_the_journal(pair: BuiltIn) -> None:
    _slow(pair, 60)
    headers = {"X-API-KEY": pair.api_key}
    asking = Thread(
        target=requests.get, args=(f"{pair.crm_url}/api/v5/users",), kwargs={"headers": headers}
    )
    asking.start()
    while not pair.crm.faults.active()[0][1]:
        pair.crm.journal.since(wait=0.05)
    journal = f"{pair.crm_url}/_bench/journal"
    held = requests.get(journal, timeout=5).json()["held"]
    pair.crm.faults.reset()
    asking.join()
    assert held == 1
    assert requests.get(journal, timeout=5).json()["held"] == 0
