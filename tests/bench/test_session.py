"""What was done by hand becomes a scenario file that ``callproof check`` plays."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from callproof.cli import main
from callproof.clocks.manual import ManualClock
from callproof.crm.settings import CrmSettings
from callproof.running.opening import Opening
from callproof.running.pair import BuiltIn, built_in
from tests.bench.forms import Visitor
from tests.support import KEY

CALLER, OTHER, LINE = "+79161234567", "+79161234568", "+7-499-999-99-99"
# The requests of docs/guides/pbx.md: path and form.
EVENT = (
    "telephony/call/event",
    {"event": f'{{"phone":"+7-555-555-55-55","type":"in","codes":["100"],"externalPhone":"{LINE}"}}'},
)
_TELEPHONY = {
    "allowEdit": False,
    "inputEventSupported": True,
    "additionalCodes": [{"userId": "1", "code": 100}, {"userId": "2", "code": 200}],
    "externalPhones": [{"siteCode": "shop1", "externalPhone": LINE}],
}
_MODULE = {
    "code": "my-telephony",
    "active": True,
    "name": "Telephony name",
    "clientId": "2dbh26tahjj26sg",
    "integrations": {"telephony": _TELEPHONY},
}
REGISTRATION = ("integration-modules/my-telephony/edit", {"integrationModule": json.dumps(_MODULE)})


@pytest.fixture
def pair() -> Iterator[BuiltIn]:
    with built_in() as pair:
        pair.ends.pbx.post("/register")
        yield pair


def _in(pair: BuiltIn, caller: str = CALLER) -> str:
    return str(pair.ends.pbx.post("/calls", {"from": caller, "to": LINE})["id"])


def _post(url: str, key: str, path: str, form: dict[str, str]) -> requests.Response:
    sent = {"headers": {"X-API-KEY": key}, "data": form, "timeout": 10}
    return requests.post(f"{url}/api/v5/{path}", **sent)  # type: ignore[arg-type]


def _act(pair: BuiltIn, call: str, word: str, wait: float = 0, **args: str) -> None:
    pair.ends.pbx.post(f"/calls/{call}/{word}", args)
    pair.ends.pass_time(wait)


def _answered(pair: BuiltIn, extension: str = "200") -> None:
    call = _in(pair)
    pair.ends.pass_time(4)
    _act(pair, call, "answer", 20, extension=extension)
    _act(pair, call, "hang-up", 5, by="manager")


def _transferred_and_held(pair: BuiltIn) -> None:
    call = _in(pair)
    _act(pair, call, "answer", 10, extension="100")
    _act(pair, call, "hold", 3)
    _act(pair, call, "take-back", 5)
    _act(pair, call, "transfer", 3, to="200")
    _act(pair, call, "answer", 9, extension="200")
    _act(pair, call, "hang-up", 5, by="customer")


def _missed_and_cancelled(pair: BuiltIn) -> None:
    _in(pair)
    pair.ends.pass_time(400)
    call = _in(pair, OTHER)
    pair.ends.pass_time(3)
    _act(pair, call, "hang-up", 2, by="customer")


def _clicked(pair: BuiltIn) -> None:
    pair.ends.crm.post("/click-to-call", {"userId": 1, "phone": CALLER, "site": "shop2"})
    (call,) = pair.ends.pbx.state()["calls"]
    assert isinstance(call, dict)
    _act(pair, str(call["id"]), "answer", 3)
    _act(pair, str(call["id"]), "answer", 30)
    # He is on the telephone, so this call is refused.
    pair.ends.crm.post("/click-to-call", {"userId": 1, "phone": OTHER})
    pair.ends.pass_time(2)
    _act(pair, str(call["id"]), "hang-up", 5, by="customer")


def _dialled_and_refused(pair: BuiltIn) -> None:
    call = str(pair.ends.pbx.post("/dial", {"extension": "100", "to": CALLER})["id"])
    pair.ends.pass_time(6)
    _act(pair, call, "engaged", 3)
    call = _in(pair, OTHER)
    _act(pair, call, "refuse", 1, extension="100")
    _act(pair, call, "answer", 8, extension="200")
    _act(pair, call, "hang-up", 3, by="customer")


def _of_a_customer_while_a_manager_has_dinner(pair: BuiltIn) -> None:
    customer = json.dumps({"firstName": "A", "managerId": 1, "phones": [{"number": CALLER}]})
    key = {"X-API-KEY": pair.api_key}
    data = {"customer": customer, "site": "shop1"}
    requests.post(f"{pair.crm_url}/api/v5/customers/create", headers=key, data=data, timeout=10)
    _answered(pair, "100")
    pair.ends.crm.post("/users/1", {"status": "dinner"})
    _answered(pair)


def _registered_by_hand(pair: BuiltIn) -> None:
    """The guide's steps, with calls and clicks that come to nothing."""
    pair.ends.crm.reset()
    _post(pair.crm_url, pair.api_key, *EVENT)
    _post(pair.crm_url, pair.api_key, *REGISTRATION)
    _post(pair.crm_url, pair.api_key, *EVENT)
    pair.ends.pbx.post("/register")
    _answered(pair)
    for phone in ("abc", OTHER, CALLER, "12", "abc"):
        # All at one moment: only the second becomes a call.
        pair.ends.crm.post("/click-to-call", {"userId": 1, "phone": phone})
    pair.ends.pass_time(1)
    pair.ends.crm.post("/click-to-call", {"userId": 1, "phone": CALLER})
    pair.ends.pass_time(60)


def _called_before_it_was_registered(pair: BuiltIn) -> None:
    pair.ends.crm.reset()
    pair.ends.pbx.reset()
    _answered(pair)
    pair.ends.pbx.post("/register")
    _answered(pair)


def _by_curl(pair: BuiltIn) -> None:
    url, key = f"{pair.crm_url}/api/v5/telephony", {"X-API-KEY": pair.api_key}
    event = '{"phone": "+79160000000", "type": "in", "codes": ["100"], "callExternalId": "x-1"}'
    for body in (event, '{"type": "sideways"}'):
        requests.post(f"{url}/call/event", headers=key, data={"event": body}, timeout=10)
    for wrong in ({"X-API-KEY": "another"}, {}):
        requests.post(f"{url}/call/event", headers=wrong, data={"event": event}, timeout=10)
    requests.get(f"{url}/manager", headers=key, params={"phone": CALLER}, timeout=10)


def _still_talking(pair: BuiltIn) -> None:
    call = _in(pair)
    _act(pair, call, "answer", 10, extension="100")


SESSIONS = [
    _answered,
    _transferred_and_held,
    _missed_and_cancelled,
    _clicked,
    _dialled_and_refused,
    _of_a_customer_while_a_manager_has_dinner,
    _by_curl,
    _registered_by_hand,
    _called_before_it_was_registered,
    _still_talking,
]


def _check(text: str, file: Path) -> None:
    """``callproof check FILE`` exits 0."""
    file.write_text(text, encoding="utf-8")
    found = CliRunner().invoke(main, ["check", str(file)])
    assert found.exit_code == 0, f"{text}\n{found.output}"


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.__name__)
def test_a_session_is_a_scenario_that_holds(
    pair: BuiltIn, session: Callable[[BuiltIn], None], tmp_path: Path
) -> None:
    session(pair)
    text = _saved(pair.pbx_url)
    assert "do:" in text or "send:" in text
    _check(text, tmp_path / "session.yaml")


def test_both_ends_tell_the_same(pair: BuiltIn) -> None:
    _clicked(pair)
    assert _saved(pair.crm_url) == _saved(pair.pbx_url)


def _saved(url: str, query: str = "") -> str:
    return Visitor(url).page(f"/bench/session.yaml{query}")


def test_one_call_can_be_saved_alone(pair: BuiltIn, tmp_path: Path) -> None:
    _missed_and_cancelled(pair)
    call = pair.ends.pbx.state()["calls"][1]
    assert isinstance(call, dict)
    text = _saved(pair.pbx_url, f"?call={call['id']}")
    assert text.count("customer calls") == 1
    _check(text, tmp_path / "one.yaml")


@pytest.fixture
def crm() -> Iterator[str]:
    """The address of a CRM alone, whose PBX is somebody else's."""
    with Opening(ManualClock()) as opening:
        yield opening.crm(CrmSettings(api_key=KEY)).settings.base_url


def test_what_was_sent_to_a_crm_alone_is_sent_again(crm: str, tmp_path: Path) -> None:
    for path, form in (EVENT, REGISTRATION, EVENT):
        _post(crm, KEY, path, form)
    text = _saved(crm)
    assert "registered: false" in text
    assert text.count("send: ") == 3
    _check(text, tmp_path / "session.yaml")


def test_a_call_of_a_pbx_elsewhere_can_be_saved_alone(crm: str, tmp_path: Path) -> None:
    _post(crm, KEY, *REGISTRATION)
    call = {"phone": CALLER, "codes": ["100"], "externalPhone": LINE, "callExternalId": "x-1"}
    for more in ({"type": "in"}, {"type": "hangup", "hangupStatus": "answered"}):
        _post(crm, KEY, "telephony/call/event", {"event": json.dumps({**call, **more})})
    _post(crm, KEY, *EVENT)
    for query, sent in (("", 4), ("?call=x-1", 2)):
        text = _saved(crm, query)
        assert text.count("send: ") == sent
        _check(text, tmp_path / "session.yaml")


def test_what_no_step_can_send_is_left_out_with_a_note(crm: str) -> None:
    _post(crm, KEY, *EVENT)
    requests.post(f"{crm}/api/v5/telephony/call/event?apiKey={KEY}", json={"event": {}}, timeout=10)
    text = _saved(crm)
    assert text.startswith("# crm-2, POST /api/v5/telephony/call/event, was left out: ")
    assert text.count("send: ") == 1


def test_where_nothing_was_done_that_is_said(pair: BuiltIn) -> None:
    visitor = Visitor(pair.pbx_url)
    told = visitor.get("/bench/session.yaml")
    assert (told.status_code, told.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert told.text == "Nothing was done yet that a scenario could say.\n"
    shown = visitor.get("/bench/session.yaml", Accept="text/html,*/*")
    assert shown.status_code == 200
    assert "Nothing was done yet" in shown.text
    assert "<h1" in shown.text
