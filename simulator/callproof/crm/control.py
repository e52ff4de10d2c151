"""What a tester does at the CRM: act as its users, look into its state, bring it into one."""

from dataclasses import asdict, replace
from typing import Any, cast

from callproof.contract.budgets import Limits
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.control.api import Control, ControlError, Method, page
from callproof.control.faults import add_faults
from callproof.crm.crm import Crm
from callproof.crm.outgoing import Refused
from callproof.crm.rules.model import (
    Card,
    Grant,
    Initiation,
    Site,
    User,
)
from callproof.crm.settings import CHOICES, SCOPES

_TEXT: JsonObject = {"type": "string"}
_FLAG: JsonObject = {"type": "boolean"}
_NAMES: JsonObject = {"type": "array", "items": _TEXT}
_LIMIT: JsonObject = {"type": ["integer", "null"], "minimum": 0}
_STATUS: JsonObject = {"enum": ["free", "busy", "dinner", "break"]}
_USER: JsonObject = {
    "id": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "firstName": _TEXT,
    "lastName": _TEXT,
    "email": _TEXT,
    "online": _FLAG,
    "status": _STATUS,
    "active": _FLAG,
}
_SITE: JsonObject = {"code": _TEXT, "name": _TEXT, "url": _TEXT}


def _choice(name: str, choices: tuple[str, ...]) -> JsonObject:
    one: JsonObject = {"enum": list(choices)}
    return {"type": "array", "items": one} if name == "record_params" else one


def _list(members: JsonObject, key: str) -> JsonObject:
    item: JsonObject = {
        "type": "object",
        "properties": members,
        "required": [key],
        "additionalProperties": False,
    }
    return {"type": "array", "items": item}


def control(crm: Crm, token: str = "") -> Control:
    """The control API of a CRM."""
    actions = _Actions(crm)
    api = Control("crm", crm.clock, crm.journal, token)
    for method in (
        Method("GET", "/state", "Everything that the CRM keeps, beginning with counts.", actions.state),
        Method("GET", "/counts", "How much of everything there is.", actions.counts),
        Method(
            "GET",
            "/calls",
            "The history in the order of the uploads, what came after a position, at most limit.",
            actions.calls,
            query=("after", "limit"),
        ),
        Method(
            "GET",
            "/cards",
            "The call cards that are open, all of them or those of the call with this external id.",
            actions.cards,
            query=("call",),
        ),
        Method("POST", "/reset", "Forget everything and go back to the seed.", actions.reset),
        Method(
            "POST",
            "/seed",
            "With seed, forget everything and begin with other people; then add or change users and shops.",
            actions.seed,
            body={"seed": {"type": "integer"}, "users": _list(_USER, "id"), "sites": _list(_SITE, "code")},
        ),
        Method(
            "POST",
            "/users/{id}",
            "A manager comes online, leaves or changes the status; the PBX hears of a changed status.",
            actions.set_user,
            body={"online": _FLAG, "status": _STATUS, "active": _FLAG},
        ),
        Method(
            "POST",
            "/click-to-call",
            "A manager clicks on a number; site is the shop of the page, if it has one.",
            actions.click_to_call,
            body={"userId": {"type": "integer"}, "phone": _TEXT, "site": _TEXT},
            required=("userId", "phone"),
        ),
        Method(
            "POST",
            "/play",
            "A manager plays the recording of a call; range is a Range header.",
            actions.play,
            body={"externalId": _TEXT, "range": _TEXT},
            required=("externalId",),
        ),
        Method(
            "POST",
            "/keys",
            "Add or change an API key: its scopes, all by default, and its shops, all by default.",
            actions.save_key,
            body={
                "key": _TEXT,
                "scopes": {"type": "array", "items": {"enum": list(SCOPES)}},
                "sites": _NAMES,
            },
            required=("key",),
        ),
        Method(
            "POST",
            "/budgets",
            "Requests a second of each key, general and telephony, null for no limit; status when spent.",
            actions.set_budgets,
            body={"general": _LIMIT, "telephony": _LIMIT, "status": {"enum": [503, 429]}},
        ),
        Method(
            "POST",
            "/readings",
            "How to read what no source settles; what is left out stays, reset brings the defaults back.",
            actions.set_readings,
            body={name: _choice(name, choices) for name, choices in CHOICES.items()},
        ),
        Method(
            "POST",
            "/modules/{code}",
            "An administrator switches a module on or off, or freezes it; the module hears of it.",
            actions.switch_module,
            body={"active": _FLAG, "freeze": _FLAG},
        ),
        Method(
            "POST", "/modules/{code}/account", "A user opens the module's account.", actions.open_account
        ),
    ):
        api.add(method)
    add_faults(api, Side.CRM, crm.faults, workers=crm.settings.workers)
    return api


class _Actions:
    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def state(self, _: JsonObject) -> Json:
        with self.crm.store.begin() as session:
            pool = session.directory().pool
            return {
                "counts": cast(Json, session.counts()),
                "end": "crm",
                "telephonyEnabled": pool.enabled,
                "modules": [
                    {
                        "code": module.code,
                        "clientId": module.client_id,
                        "makeCallUrl": module.make_call_url,
                        "changeUserStatusUrl": module.change_user_status_url,
                        "extensions": {e.code: e.user_id for e in module.extensions},
                        "lines": {line.phone: line.site_code for line in module.lines},
                    }
                    for module in pool.modules
                ],
                "users": [
                    {"id": user.id, "online": user.online, "status": user.status}
                    for user in session.users()
                ],
                "cards": [_card(card) for card in session.cards()],
                "calls": [call.as_json() for call in session.calls()],
                "initiations": [_initiation(found) for found in session.initiations()],
            }

    def counts(self, _: JsonObject) -> Json:
        with self.crm.store.begin() as session:
            return cast(Json, session.counts() | session.under_way())

    def calls(self, asked: JsonObject) -> Json:
        after, limit = page(asked)
        with self.crm.store.begin() as session:
            found = session.calls_after(after, limit)
        rows = [{**call.as_json(), "uploadedAt": call.uploaded_at} for _, call in found]
        return {"calls": cast(Json, rows), "last": found[-1][0] if found else after}

    def cards(self, asked: JsonObject) -> Json:
        called = [str(asked["call"])] if "call" in asked else None
        with self.crm.store.begin() as session:
            return {"cards": [_card(card) for card in session.open_cards(called)]}

    def reset(self, _: JsonObject) -> Json:
        self.crm.reset()
        return {"lastId": self.crm.journal.last_id}

    def seed(self, asked: JsonObject) -> Json:
        if "seed" in asked:
            self.crm.reset(int(str(asked["seed"])))
        users = cast(list[JsonObject], asked.get("users") or [])
        sites = cast(list[JsonObject], asked.get("sites") or [])
        with self.crm.store.begin() as session:
            for sent in users:
                known = session.user(int(str(sent["id"]))) or _newcomer(sent, self.crm.clock.now())
                session.save_user(_changed(known, sent))
            for site in sites:
                code = str(site["code"])
                url = str(site.get("url") or f"http://{code}.example")
                session.save_site(Site(code, str(site.get("name") or code), url))
            return {"counts": cast(Json, session.counts()), "lastId": self.crm.journal.last_id}

    def set_user(self, asked: JsonObject) -> Json:
        number = str(asked["id"])
        with self.crm.store.begin() as session:
            user = session.user(int(number)) if number.isdecimal() and len(number) < 10 else None
            if user is None:
                raise ControlError(f"There is no user {number}.", 404)
            changed = _changed(user, asked)
            session.save_user(changed)
        if changed.status != user.status:
            self.crm.outgoing.notify_status(user.id)
        return {"id": user.id, "online": changed.online, "status": changed.status}

    def click_to_call(self, asked: JsonObject) -> Json:
        user, phone = int(str(asked["userId"])), str(asked["phone"])
        try:
            initiation = self.crm.outgoing.make_call(user, phone, cast("str | None", asked.get("site")))
        except Refused as error:
            return {"userId": user, "phone": phone, "succeeded": False, "outcome": f"{error}"}
        return _initiation(initiation)

    def play(self, asked: JsonObject) -> Json:
        try:
            played = self.crm.outgoing.play(
                str(asked["externalId"]), cast("str | None", asked.get("range"))
            )
        except Refused as error:
            raise ControlError(f"{error}.", 409) from None
        return {
            "url": played.url,
            "status": played.status,
            "contentType": played.content_type,
            "size": played.size,
            "outcome": played.outcome,
        }

    def save_key(self, asked: JsonObject) -> Json:
        scopes = cast("list[str] | None", asked.get("scopes"))
        sites = cast("list[str] | None", asked.get("sites"))
        grant = Grant(
            str(asked["key"]),
            SCOPES if scopes is None else tuple(scopes),
            None if sites is None else tuple(sites),
        )
        with self.crm.store.begin() as session:
            session.save_grant(grant)
        return {"key": grant.key, "scopes": list(grant.scopes), "sites": cast(Json, sites)}

    def set_budgets(self, asked: JsonObject) -> Json:
        now = self.crm.knobs().limits
        limits = Limits(
            general=cast("int | None", asked.get("general", now.general)),
            telephony=cast("int | None", asked.get("telephony", now.telephony)),
            status=cast(int, asked.get("status", now.status)),
        )
        self.crm.set_limits(limits)
        return {"general": limits.general, "telephony": limits.telephony, "status": limits.status}

    def set_readings(self, asked: JsonObject) -> Json:
        changes = {n: tuple(v) if isinstance(v, list) else v for n, v in asked.items()}
        readings = replace(self.crm.knobs().readings, **cast(dict[str, Any], changes))
        self.crm.set_readings(readings)
        return {n: list(v) if isinstance(v, tuple) else v for n, v in asdict(readings).items()}

    def switch_module(self, asked: JsonObject) -> Json:
        with self.crm.store.begin() as session:
            module = session.module(str(asked["code"]))
            if module is None:
                raise ControlError(f"There is no module {asked['code']}.", 404)
            document = {**module.document, **{k: v for k, v in asked.items() if k != "code"}}
            session.save_module(replace(module, document=document))
            enabled = session.directory().pool.enabled
        if document != module.document:
            self.crm.outgoing.tell_activity(module.code)
        return {"code": module.code, "telephonyEnabled": enabled}

    def open_account(self, asked: JsonObject) -> Json:
        try:
            opened = self.crm.outgoing.open_account(str(asked["code"]))
        except Refused as error:
            raise ControlError(f"{error}.", 409) from None
        return {"url": opened.url, "status": opened.status, "outcome": opened.outcome}


def _newcomer(sent: JsonObject, now: float) -> User:
    number = int(str(sent["id"]))
    return User(number, f"user{number}@crm.example", f"User {number}", "", True, "free", now)


def _changed(user: User, sent: JsonObject) -> User:
    return replace(
        user,
        first_name=str(sent.get("firstName", user.first_name)),
        last_name=str(sent.get("lastName", user.last_name)),
        email=str(sent.get("email", user.email)),
        online=bool(sent.get("online", user.online)),
        status=str(sent.get("status", user.status)),
        active=bool(sent.get("active", user.active)),
    )


def _card(card: Card) -> Json:
    return {
        "id": card.id,
        "direction": card.direction,
        "phone": card.phone,
        "userId": card.user_id,
        "code": card.code,
        "callExternalId": card.call_external_id,
        "externalPhone": card.external_phone,
        "shop": card.shop,
        "customerId": card.customer_id,
        "open": card.closed_at is None,
        "hangupStatus": card.hangup_status,
    }


def _initiation(initiation: Initiation) -> Json:
    return {
        "id": initiation.id,
        "userId": initiation.user_id,
        "phone": initiation.phone,
        "code": initiation.code,
        "module": initiation.module,
        "url": initiation.url,
        "status": initiation.status,
        "succeeded": initiation.status == 200,
        "outcome": initiation.outcome,
    }
