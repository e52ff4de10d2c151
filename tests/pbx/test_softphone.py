"""The softphone's page and forms, on a clock that is moved by hand."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from callproof.clocks.manual import ManualClock
from callproof.contract.jsontypes import Json
from callproof.pbx.admission import CallRefused
from callproof.pbx.app import create_app
from callproof.pbx.crm_client import Told
from callproof.pbx.pbx import Pbx
from callproof.pbx.rules.call import Call, State
from callproof.pbx.rules.plan import NumberingPlan, PlannedExtension, PlannedLine, RingGroup, Then
from callproof.pbx.settings import PbxSettings
from callproof.web.site import Link

LINE, PHONE = "+7-499-999-99-99", "+7 912 345-67-89"
PLAN = NumberingPlan(
    (PlannedLine(LINE, "shop1", "sales"),),
    {"sales": RingGroup("sales", ("100",), queue_seconds=30.0, no_answer=Then("voicemail"))},
    {code: PlannedExtension(int(code) // 100, ("desk", "mobile")) for code in ("100", "200", "300")},
)


class Softphone:
    """A person before the page of a PBX whose CRM answers as ``told`` says."""

    def __init__(self) -> None:
        self.told = Told(200, {"success": True}, "")
        self.clock = ManualClock()
        self.pbx = Pbx(PbxSettings("http://pbx", "http://crm", "key", plan=PLAN), self.clock)
        crm = self.pbx.crm
        crm.event = crm.upload = lambda _: self.told  # type: ignore[method-assign,assignment]
        crm.register = lambda: self.told  # type: ignore[method-assign]
        crm.manager_extension = lambda *_: (None, "no responsible manager")  # type: ignore[method-assign]
        crm.send_any = lambda *_, **__: Told(None, {}, "refused")  # type: ignore[method-assign]
        self.client: FlaskClient = create_app(self.pbx).test_client()
        self.csrf = self.page.partition('name="csrf" value="')[2].partition('"')[0]

    @property
    def page(self) -> str:
        return self.client.get("/").get_data(as_text=True)

    @property
    def renewed(self) -> str:
        """What a page that is open asks for."""
        return self.client.get("/", headers={"HX-Request": "true"}).get_data(as_text=True)

    def post(self, path: str, **form: str) -> str:
        """What the page shows after the form was sent."""
        answer = self.client.post(f"/phone/{path}", data={"csrf": self.csrf, **form})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        self.clock.advance(0)
        return self.page

    def call(self, phone: str = PHONE, **form: str) -> Call:
        self.post("call", other=phone, line=LINE, **form)
        return self.pbx.engine.going_on()[-1]

    def now(self, call: Call) -> Call:
        with self.pbx.store.begin() as session:
            found = session.call(call.id)
        assert found is not None
        return found


@pytest.fixture
def phone() -> Iterator[Softphone]:
    made = Softphone()
    yield made
    made.pbx.close()


def test_a_call_rings_until_somebody_answers_by_hand(phone: Softphone) -> None:
    call = phone.call()
    phone.clock.advance(19)
    assert f'data-ring="{call.id}"' in phone.page
    page = phone.post(f"calls/{call.id}/answer", extension="100", device="mobile")
    assert "data-ring=" not in page
    assert phone.now(call).state is State.TALKING


def test_a_call_that_nobody_answers_ends_as_the_plan_says(phone: Softphone) -> None:
    call = phone.call()
    phone.clock.advance(21)
    assert phone.now(call).state is State.VOICEMAIL
    assert "leaves a message" in phone.page


def test_every_device_can_be_answered_on(phone: Softphone) -> None:
    phone.call()
    for device in ("desk", "mobile"):
        assert f"Answer on {device}" in phone.page


def test_a_call_is_held_taken_back_passed_on_and_hung_up(phone: Softphone) -> None:
    call = phone.call()
    phone.post(f"calls/{call.id}/answer", extension="100")
    assert "is on hold with 100" in phone.post(f"calls/{call.id}/hold")
    assert "talks with 100" in phone.post(f"calls/{call.id}/take-back")
    assert "200 rings for the customer" in phone.post(f"calls/{call.id}/transfer", extension="200")
    assert "100 passes on" in phone.page
    assert "talks with 200" in phone.post(f"calls/{call.id}/answer", extension="200")
    phone.clock.advance(7)
    page = phone.post(f"calls/{call.id}/customer-hangs-up")
    assert f'src="/recordings/{call.id}.wav"' in page
    assert "0:07" in page


def test_what_came_too_late_is_told_and_does_nothing(phone: Softphone) -> None:
    call = phone.call()
    assert "has gone on meanwhile" in phone.post(f"calls/{call.id}/hold")
    assert "no such call" in phone.post("calls/nobody/answer")
    assert "busy" in phone.post("dial", extension="100", phone=PHONE)
    assert "not a number" in phone.post("dial", extension="200", phone="nobody")
    assert "no such line" in phone.post("call", other=PHONE, line="0")


def test_a_manager_dials_and_the_customer_is_busy(phone: Softphone) -> None:
    page = phone.post("dial", extension="100", phone=PHONE, line=LINE)
    call = phone.pbx.engine.going_on()[0]
    assert "is called by 100" in page
    phone.post(f"calls/{call.id}/engaged")
    assert phone.now(call).state is State.ENDED


def test_a_click_to_call_of_the_crm_rings_the_extension(phone: Softphone) -> None:
    call = phone.pbx.engine.click_to_call("100", PHONE, None)
    assert "The CRM asks you to call" in phone.page
    phone.post(f"calls/{call.id}/answer", extension="100", device="desk")
    assert phone.now(call).state is State.RINGING
    phone.post(f"calls/{call.id}/answer")
    assert phone.now(call).state is State.TALKING


def test_a_call_by_script_needs_nobody(phone: Softphone) -> None:
    call = phone.call(outcome="answered", after="2", talk="5")
    phone.clock.advance(10)
    assert phone.now(call).duration == 5


@pytest.mark.parametrize("wrong", [{"after": "soon"}, {"talk": "-1"}, {"outcome": "luck"}])
def test_a_script_that_is_none_is_refused(phone: Softphone, wrong: dict[str, str]) -> None:
    page = phone.post("call", other=PHONE, line=LINE, **{"outcome": "answered", **wrong})
    assert "Seconds are a number" in page
    assert not phone.pbx.engine.going_on()


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "anonymous", ""])
def test_whatever_stands_in_the_place_of_a_number_is_shown_as_text(phone: Softphone, name: str) -> None:
    phone.call(name)
    assert "<script>alert" not in phone.page
    assert ("&lt;script&gt;" in phone.page) is name.startswith("<")
    assert ("<strong>hidden number" in phone.page) is not name.startswith("<")


def test_the_queue_shows_who_waits(phone: Softphone) -> None:
    phone.post(f"calls/{phone.call().id}/answer", extension="100")
    phone.call("+7 900 000-00-77")
    assert "waits in the queue of sales" in phone.page


def test_extensions_are_chosen_and_put_away(phone: Softphone) -> None:
    page = phone.post("telephones", extension="300")
    assert 'id="telephone-100"' in page
    assert 'id="telephone-300"' in page
    page = phone.post("telephones", away="100")
    assert 'id="telephone-100"' not in page
    assert 'id="telephone-100"' in Softphone().page


def test_the_outbox_shows_attempts_the_last_error_and_delivers_now(phone: Softphone) -> None:
    phone.told = Told(None, {}, "Connection <refused>")
    phone.call()
    assert "Connection &lt;refused&gt;" in phone.page
    assert '<td class="attempts">1</td>' in phone.page
    assert "1 waiting, 0 refused" in phone.page
    phone.told = Told(200, {"success": True}, "")
    assert "0 waiting, 0 refused" in phone.post("flush")


def test_what_the_crm_refuses_stays_in_sight(phone: Softphone) -> None:
    phone.told = Told(400, {"success": False}, "no such code")
    phone.call()
    assert "no such code" in phone.page
    assert "0 waiting, 1 refused" in phone.page
    phone.told = Told(200, {"success": True}, "")
    assert "0 waiting, 0 refused" in phone.post("retry-refused")


@pytest.mark.parametrize("extension", ["200", "100", " 200 "])
def test_an_extension_is_dialled_by_nobody(phone: Softphone, extension: str) -> None:
    page = phone.post("dial", extension="100", phone=extension, line=LINE)
    assert "Internal calls are not part of the contract" in page
    with pytest.raises(CallRefused, match="is an extension"):
        phone.pbx.engine.dial("100", extension, None)
    assert not phone.pbx.engine.going_on()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told(200, {"success": True}, ""), "Registered with http://crm"),
        (Told(None, {}, "Connection refused"), "could not be reached"),
        (Told(403, {"success": False}, ""), "does not know the API key"),
        (Told(400, {"success": False}, "Errors in the entity"), "Errors in the entity"),
    ],
    ids=["taken", "silent", "stranger", "refused"],
)
def test_the_answer_to_a_registration_is_told_in_words(phone: Softphone, told: Told, words: str) -> None:
    assert "Not registered" in phone.page
    phone.told = told
    assert words in phone.post("register")


@pytest.mark.parametrize(
    ("activity", "off"),
    [
        ('{"active": false, "freeze": false}', True),
        ('{"active": true, "freeze": true}', True),
        ('{"active": true, "freeze": false}', False),
        ('"active": false', False),
    ],
)
def test_a_telephony_that_the_crm_switched_off_says_so(phone: Softphone, activity: str, off: bool) -> None:
    phone.post("register")
    form = {"clientId": phone.pbx.settings.client_id, "activity": activity, "systemUrl": "http://crm"}
    assert phone.client.post("/callbacks/activity", data=form).status_code == 200
    assert ("switched this telephony off" in phone.page) is off


def test_pages_hear_of_each_step_that_no_journal_has(phone: Softphone) -> None:
    beats = phone.pbx.pulse.beats(silence=0.01)
    assert next(beats) is None
    call = phone.pbx.engine.place_incoming(PHONE, LINE)
    for step in (
        lambda: phone.clock.advance(0),
        lambda: phone.pbx.engine.answer(call.id),
        lambda: phone.pbx.engine.hold(call.id),
        lambda: phone.pbx.engine.status_changed("200", "dinner"),
    ):
        assert next(beats) is not None
        step()
    assert next(beats) is not None
    assert next(beats) is None


def test_customers_of_the_crm_are_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an open page until the CRM is there, and then no more."""
    monkeypatch.setattr("callproof.pbx.softphone.callers.SOON", 0.0)
    there: list[str] = []
    monkeypatch.setattr("callproof.pbx.softphone.pages.reached", lambda *_, **__: bool(there))
    phone = Softphone()
    asked: list[str] = []
    customers: list[Json] = [{"firstName": "<b>", "phones": [{"number": PHONE}]}, {"phones": [{}]}, None]

    def send_any(_method: str, path: str, *_: object, **__: object) -> Told:
        asked.append(path)
        return Told(200, {"success": True, "customers": customers}, "")

    phone.pbx.crm.send_any = send_any  # type: ignore[method-assign,assignment]
    for _ in range(2):
        assert 'id="ask-again"' in phone.renewed
    assert not asked
    there.append("CRM")
    for page in (phone.renewed, phone.renewed, phone.page):
        assert "&lt;b&gt; +7 912" in page
        assert 'id="ask-again"' not in page
    assert asked == ["/api/v5/customers"]
    phone.pbx.close()


def test_calls_lead_to_their_ladders_where_the_bench_is_at_hand(phone: Softphone) -> None:
    call = phone.call()
    assert "/bench/calls/" not in phone.page
    links = (Link("/bench", "bench.title"),)
    app = create_app(phone.pbx, more=lambda site: setattr(site, "links", site.links + links))
    assert f'href="/bench/calls/{call.id}"' in app.test_client().get("/").get_data(as_text=True)
