"""The fixtures beside what other plugins put in the place of requests, clock, files and sockets."""

import pytest
import requests

from callproof.face.crm import RunningCrm
from callproof.face.pbx import RunningPbx

# What every test below does, over a connection that nobody has replaced.
USE = """
import json
from urllib.parse import urlencode

import pytest
from callproof.exchange.trust import USUAL

def report(crm):
    event = {"phone": "+7 912 345-67-89", "type": "in", "codes": ["100"]}
    with USUAL.session() as session:
        answer = session.post(
            crm.url + "/api/v5/telephony/call/event",
            data={"event": json.dumps(event)}, headers={"X-API-KEY": crm.api_key}, timeout=9,
        )
    assert answer.status_code == 200, answer.text

def use(crm, pbx):
    pbx.register()
    call = pbx.incoming("+7 912 345-67-89", "+7-499-999-99-99")
    call.answer()
    pbx.clock.advance(30)
    call.hang_up("customer")
    assert crm.calls({"externalId": call.id, "duration": 30})
    assert crm.click_to_call(1, "8 912 345-67-89")["succeeded"]
    pbx.journal.assert_received("make-call", {"code": "100"})
    assert crm.play(call.id)["status"] == 200
    crm.journal.clear()
    crm.connect_telephony()
    report(crm)
    crm.journal.assert_received("call-event", {"type": "in"})
    with pytest.raises(AssertionError, match="call-event"):
        crm.journal.assert_received("call-event", {"type": "out"}, within=0.1)
    crm.journal.assert_no_violations()
    assert crm.cards({"open": True})
    assert crm.customers()
    crm.reset()
    pbx.reset()
"""
MOCKS = """
import re
import pytest, requests, requests_mock as mocking, responses, urllib3
from use import use

VENDOR = "https://vendor.example/calls"

@responses.activate
def test_decorated(crm, pbx):
    responses.get(VENDOR, json=[])
    use(crm, pbx)

@pytest.fixture
def mocked():
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        mock.get(VENDOR, json=[])
        yield mock
        assert [call.request.url for call in mock.calls] == [VENDOR]

def test_responses_before(mocked, crm, pbx):
    requests.get(VENDOR)
    use(crm, pbx)

def test_responses_after(crm, pbx, mocked):
    use(crm, pbx)
    requests.get(VENDOR)

def test_an_end_made_under_responses(mocked):
    import callproof
    with callproof.start_pair() as pair:
        use(pair.crm, pair.pbx)
    requests.get(VENDOR)

@pytest.mark.parametrize("answers", [False, True])
def test_requests_mock_before(requests_mock, crm, pbx, answers):
    if answers:
        requests_mock.register_uri(mocking.ANY, mocking.ANY, json={})
    use(crm, pbx)
    assert not requests_mock.called

def test_requests_mock_after(crm, pbx, requests_mock):
    use(crm, pbx)
    assert not requests_mock.called

def test_requests_taken_away(crm, pbx, monkeypatch):
    def none(*_, **__):
        raise RuntimeError("no network in tests")
    monkeypatch.delattr("requests.sessions.Session.request")
    monkeypatch.setattr("requests.sessions.Session.send", none)
    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", none)
    monkeypatch.setattr("urllib3.connectionpool.HTTPConnectionPool.urlopen", none)
    monkeypatch.setattr("socket.create_connection", none)
    use(crm, pbx)

def test_a_proxy(crm, pbx, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    use(crm, pbx)
"""
CLOCKS = """
import time
import pytest
from freezegun import freeze_time
from use import use

@freeze_time("2024-03-31 01:59:00")
def test_decorated(crm, pbx):
    use(crm, pbx)

@freeze_time("2024-03-31 01:59:00", tick=True)
def test_ticking(crm, pbx):
    use(crm, pbx)

@freeze_time("2034-03-31 01:59:00", auto_tick_seconds=15)
def test_leaping(crm, pbx):
    use(crm, pbx)

@pytest.fixture
def frozen():
    with freeze_time("2012-01-14") as clock:
        yield clock

def test_frozen_before(frozen, crm, pbx):
    use(crm, pbx)
    frozen.move_to("2030-01-01")
    use(crm, pbx)

def test_frozen_after(crm, pbx, frozen):
    use(crm, pbx)

def test_time_taken_away(crm, pbx, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    use(crm, pbx)
"""
FILES = """
from use import use

def test_it(FIXTURES):
    use(crm, pbx)

def test_a_scenario_is_found(callproof, fs):
    callproof.assert_conformant("6-event/missed")
"""
SUITE = """
import pytest, responses
from freezegun import freeze_time
from use import use

@pytest.fixture(scope="session", autouse=True)
def replaced_for_all():
    with freeze_time("2024-05-05"), responses.RequestsMock():
        yield

@pytest.fixture(autouse=True)
def replaced_again(requests_mock, fs):
    pass

@pytest.fixture(scope="session")
def shared():
    import callproof
    with callproof.start_pair() as pair:
        yield pair

def test_own(crm, pbx):
    use(crm, pbx)

def test_shared(shared):
    use(shared.crm, shared.pbx)
"""
SOCKETS = """
import socket
import pytest
from use import use

def test_the_ends_talk(crm, pbx):
    use(crm, pbx)

def test_a_scenario_is_played(callproof):
    callproof.assert_conformant("6-event/missed")
"""
BARRED = """
import urllib.request

def test_the_code_under_test_reports(crm):
    urllib.request.urlopen(crm.url, timeout=5).close()
"""


@pytest.fixture
def repository(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    # Each plugin is named, so that none of them depends on what else is installed here.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\naddopts = -p callproof\nfilterwarnings = error\npythonpath = .")
    pytester.makepyfile(use=USE)
    return pytester


def run(repository: pytest.Pytester, text: str, *options: str) -> pytest.RunResult:
    repository.makepyfile(test_it=text)
    return repository.runpytest_subprocess(*options, timeout=180)


@pytest.mark.parametrize(
    ("text", "plugins", "passed"),
    [
        pytest.param(MOCKS, ["requests_mock"], 9, id="mocks of requests"),
        pytest.param(CLOCKS, [], 6, id="clocks"),
        pytest.param(FILES.replace("FIXTURES", "fs, crm, pbx"), ["pyfakefs"], 2, id="files before"),
        pytest.param(FILES.replace("FIXTURES", "crm, pbx, fs"), ["pyfakefs"], 2, id="files after"),
        pytest.param(SUITE, ["requests_mock", "pyfakefs"], 2, id="all of them, for the whole suite"),
    ],
)
def test_what_is_replaced_is_replaced_for_the_code_under_test(
    repository: pytest.Pytester, text: str, plugins: list[str], passed: int
) -> None:
    modules = {
        "requests_mock": "requests_mock.contrib._pytest_plugin",
        "pyfakefs": "pyfakefs.pytest_plugin",
    }
    options = [option for name in plugins for option in ("-p", modules[name])]
    run(repository, text, *options).assert_outcomes(passed=passed)


@pytest.mark.parametrize(
    "options", [["--disable-socket"], ["--allow-hosts=10.0.0.1"], ["--allow-hosts=127.0.0.1"]]
)
def test_sockets_are_blocked_for_the_code_under_test(
    repository: pytest.Pytester, options: list[str]
) -> None:
    run(repository, SOCKETS, "-p", "pytest_socket", *options).assert_outcomes(passed=2)


def test_whoever_may_not_reach_an_end_is_told_what_to_do(repository: pytest.Pytester) -> None:
    outcome = run(repository, BARRED, "-p", "pytest_socket", "--disable-socket", "-W", "ignore")
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(["*allow it with --allow-hosts=127.0.0.1*enable_socket."])


def test_what_the_test_itself_sent_is_no_violation(crm: RunningCrm) -> None:
    crm.connect_telephony()
    crm.end.api("POST", "/api/v5/telephony/call/event", crm.api_key, {"event": '{"type": "nonsense"}'})
    crm.click_to_call(1, "+7 912 345-67-89")
    crm.journal.assert_no_violations()


def test_each_violation_of_the_other_side_is_there(pbx: RunningPbx, crm: RunningCrm) -> None:
    pbx.register()
    pbx.journal.assert_no_violations()
    event = '{"type": "nonsense", "phone": "+7 912 345-67-89", "codes": ["100"]}'
    path = f"{crm.url}/api/v5/telephony/call/event"
    requests.post(path, data={"event": event}, headers={"X-API-KEY": crm.api_key}, timeout=9)
    with pytest.raises(AssertionError) as caught:
        crm.journal.assert_no_violations()
    said = str(caught.value)
    assert said.startswith("1 message of the PBX broke the contract:\n")
    for part in ("call-event: POST /api", "event/type", "[PBX-EVENT-", "demanded: ", "curl ", "$API_KEY"):
        assert part in said
    assert crm.api_key not in said
