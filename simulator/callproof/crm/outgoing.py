"""The CRM's calls to the PBX and to its module: every address of the settings (evidence#call-backs)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import orjson

from callproof.clocks.clock import Clock
from callproof.contract import sound
from callproof.contract.jsontypes import inner
from callproof.contract.phones import dialable
from callproof.crm.rules.model import Directory, Initiation, Module, User
from callproof.crm.settings import CrmSettings, Readings
from callproof.crm.store.sessions import Store
from callproof.errors import Refusal
from callproof.exchange.calling import Caller
from callproof.exchange.exchange import Answer, Exchange
from callproof.exchange.reach import HostRefused

# Of what somebody else wrote no more characters are told.
_SHOWN = 80
_LONGEST_REASON = 200
_REASONS = ("error", "errorMsg", "message", "reason")


class Refused(Refusal):
    """The CRM itself does not ask the PBX; the text tells the user why."""


@dataclass(frozen=True, slots=True)
class Playback:
    """What a player got: ``status`` None and ``outcome`` when there was no answer at all."""

    url: str
    status: int | None
    content_type: str
    size: int
    outcome: str


class Outgoing:
    """``readings`` gives those in force, which a tester may change at any time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        caller: Caller,
        settings: CrmSettings,
        readings: Callable[[], Readings],
    ) -> None:
        self._store = store
        self._clock = clock
        self._caller = caller
        self._settings = settings
        self._readings = readings

    def settle(self, settings: CrmSettings) -> None:
        """Write numbers as the account of these settings does from now on."""
        self._settings = settings

    def make_call(self, user_id: int, phone: str, site: str | None = None) -> Initiation:
        """A user clicks on the telephone icon beside a number; ``site`` when the entity has a shop.

        200 counts as success, anything else as a failure, and the body decides nothing
        (evidence#guide-call); a reason in it is told beside the status. Raises Refused when there would be
        no icon to click on, and for what no PBX could dial.
        """
        module, code = icon_of(
            self._store.share(lambda session: session.directory(), writes=False), user_id
        )
        if not dialable(phone, self._settings.country):
            raise Refused(f"{phone.strip()[:_SHOWN] or 'Nothing'} is no number that can be dialled")
        asked = {
            "clientId": module.client_id,
            "code": code,
            "userId": str(user_id),
            "phone": self._dialled(phone),
        }
        line = next((line for line in module.lines if line.site_code == site), None)
        if line is not None:
            asked["externalPhone"] = line.phone
        answer, outcome = self._answer("make-call", module.make_call_url, asked)
        status = answer.status if answer else None
        if answer is not None:
            outcome = "started" if status == 200 else f"the PBX answered {status}{_reason(answer)}"
        with self._store.begin() as session:
            return session.add_initiation(
                Initiation(
                    user_id=user_id,
                    phone=phone,
                    code=code,
                    module=module.code,
                    url=module.make_call_url,
                    at=self._clock.now(),
                    status=status,
                    outcome=outcome,
                )
            )

    def notify_status(self, user: User) -> None:
        """Plan the notice of a changed status, the one that ``user`` has here: when it goes there may be
        another. Whatever the PBX answers is ignored (evidence#guide-status)."""
        self._clock.call_at(self._clock.now(), lambda: self._notify_status(user))

    def tell_activity(self, code: str) -> None:
        """Plan the call-back to ``baseUrl`` + ``actions.activity`` after a module was switched on or off on
        the CRM's side (evidence#activity)."""
        self._clock.call_at(self._clock.now(), lambda: self._tell_activity(code))

    def open_account(self, code: str) -> Playback:
        """A user opens the module's account: POST with clientId to accountUrl (evidence#account).

        Raises Refused when the module is unknown or has no such address.
        """
        with self._store.begin() as session:
            module = session.module(code)
        url = str(module.document.get("accountUrl") or "") if module else ""
        if module is None or not url:
            raise Refused(f"The module {code} has no accountUrl")
        status, problem = self._ask("account", url, form={"clientId": module.client_id})
        return Playback(url, status, "", 0, problem or f"the module answered {status}")

    def _tell_activity(self, code: str) -> None:
        with self._store.begin() as session:
            module = session.module(code)
        if module is None:
            return
        activity = str(inner(module.document, "actions").get("activity") or "")
        base = str(module.document.get("baseUrl") or "")
        if not base or not activity:
            return
        # A relative path is joined with exactly one slash (evidence#reading-activity).
        url = f"{base.rstrip('/')}/{activity.lstrip('/')}"
        state = {
            "active": bool(module.document.get("active")),
            "freeze": bool(module.document.get("freeze")),
        }
        form = {
            "clientId": module.client_id,
            "activity": orjson.dumps(state).decode(),
            "systemUrl": self._settings.base_url,
        }
        self._ask("activity", url, form=form)

    def play(self, external_id: str, part: str | None = None) -> Playback:
        """A user plays a call of the history; ``part`` is a Range header such as ``bytes=0-99``.

        Redirects are followed. Raises Refused when the call or its recording is not known.
        """
        url, query = self._recording(external_id)
        try:
            exchange = self._fetch(url, query, part)
        except HostRefused as error:
            return Playback(url, None, "", 0, str(error))
        url, answer = exchange.request.url, exchange.answer
        if answer is None:
            return Playback(url, None, "", 0, exchange.error)
        content_type = answer.header("Content-Type")
        outcome = heard(answer, content_type, whole=part is None)
        return Playback(url, answer.status, content_type, answer.body.size, outcome)

    def listen(self, external_id: str, part: str | None = None) -> Answer:
        """What ``play`` hears, whole. Raises Refused as ``play`` does, and when there is no answer."""
        try:
            exchange = self._fetch(*self._recording(external_id), part)
        except HostRefused as error:
            raise Refused(f"{error}") from None
        if exchange.answer is None:
            raise Refused(f"The PBX gave no answer: {exchange.error}")
        return exchange.answer

    def _recording(self, external_id: str) -> tuple[str, Mapping[str, str]]:
        """Where the recording of a call is, and the parameters to ask there with."""
        with self._store.begin() as session:
            call = session.call(external_id)
            modules = session.directory().pool.modules or session.registered()
        if call is None or not call.document.get("recordUrl"):
            raise Refused(f"The history has no recording of call {external_id}")
        # A history row names no module; with several the first enabled one speaks
        # (evidence#reading-modules), and what was recorded stays when none is.
        client_id = modules[0].client_id if modules else ""
        known = {"clientId": client_id, "externalId": external_id, "phone": call.phone}
        query: dict[str, str] = {name: known[name] for name in self._readings().record_params}
        return str(call.document["recordUrl"]), query

    def _dialled(self, phone: str) -> str:
        if self._readings().dial == "as-stored":
            return phone
        return dialable(phone, self._settings.country)

    def _fetch(self, url: str, query: Mapping[str, str], part: str | None) -> Exchange:
        headers = {"Range": part} if part else {}
        exchange = self._caller.send("record", "GET", url, params=query, headers=headers)
        for _ in range(self._settings.bounds.redirects):
            target = _redirect(exchange)
            if target is None:
                break
            exchange = self._caller.send("record", "GET", target, headers=headers)
        return exchange

    def _notify_status(self, user: User) -> None:
        if not user.online:
            return
        with self._store.begin() as session:
            modules = session.directory().pool.modules
        for module in modules:
            code = module.codes.get(user.id)
            if code is None or not module.change_user_status_url:
                continue
            asked = {
                "clientId": module.client_id,
                "code": code,
                "userId": str(user.id),
                "status": user.status,
            }
            self._ask("status-notice", module.change_user_status_url, asked)

    def _ask(
        self,
        operation: str,
        url: str,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> tuple[int | None, str]:
        """GET, or POST when there is a form; the status, or None and why there is none."""
        answer, why = self._answer(operation, url, query, form)
        return (answer.status if answer else None), why

    def _answer(
        self,
        operation: str,
        url: str,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> tuple[Answer | None, str]:
        try:
            exchange = self._caller.send(operation, "POST" if form else "GET", url, params=query, data=form)
        except HostRefused as error:
            return None, str(error)
        return exchange.answer, exchange.error


def icon_of(directory: Directory, user_id: int) -> tuple[Module, str]:
    """The module whose telephone icon the user sees, and the user's extension there
    (evidence#guide-extensions). Raises Refused with the reason when there is no icon."""
    user = directory.users.get(user_id)
    if user is None:
        raise Refused(f"There is no user {user_id}")
    if not user.online:
        raise Refused(f"User {user_id} is not authorised in the system")
    modules = directory.pool.modules
    if not modules:
        raise Refused("No telephony is enabled")
    callable_ = [module for module in modules if module.make_call_url]
    if not callable_:
        raise Refused("The telephony has no makeCallUrl")
    for module in callable_:
        if (code := module.codes.get(user_id)) is not None:
            return module, code
    raise Refused(f"User {user_id} has no extension")


def heard(answer: Answer, content_type: str, *, whole: bool) -> str:
    """What a player makes of an answer; the type has to be that of audio (evidence#record-type), and what
    came no page all the same."""
    if answer.status not in (200, 206):
        return f"the PBX answered {answer.status}"
    kind = content_type.partition(";")[0].strip().lower()
    if not kind.startswith(("audio/", "video/")) and kind != "application/ogg":
        return f"the PBX sent {kind or 'something without a Content-Type'}, which is no audio"
    content = answer.body.content
    if not content:
        return "the recording is empty"
    if whole and sound.is_text(content):
        return f"the PBX sent text and called it {kind}: {content[:20].decode('utf-8', 'replace')!r}"
    silent = whole and sound.seconds(content, len(content)) == 0
    return "the recording holds no sound" if silent else "played"


def _reason(answer: Answer) -> str:
    """What an answer says in a member of its JSON or in plain text, in one short line; a page of HTML says
    nothing that anybody wants to read here."""
    text = (answer.body.text or "").strip()
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        said = "" if text.startswith("<") else text
    else:
        members = [told.get(name) for name in _REASONS] if isinstance(told, dict) else []
        said = next((member for member in members if member and isinstance(member, str)), "")
    line = " ".join("".join(char if char.isprintable() else " " for char in said[:_LONGEST_REASON]).split())
    return f": {line.rstrip('.')}" if line else ""


def _redirect(exchange: Exchange) -> str | None:
    answer = exchange.answer
    if answer is None or answer.status not in (301, 302, 303, 307, 308):
        return None
    target = answer.header("Location")
    try:
        return urljoin(exchange.request.url, target) if target else None
    except ValueError:
        return target  # no address: asking it is refused with the reason
