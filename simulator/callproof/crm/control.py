"""What a tester does at the CRM: act as its users, look into its state, bring it into one."""

from dataclasses import replace

from msgspec import Struct
from msgspec.structs import replace as reread

from callproof.contract.dates import zone_problem
from callproof.contract.operations import Side
from callproof.contract.phones import country_problem
from callproof.contract.values import whole
from callproof.control.again import add_again
from callproof.control.api import Control, ControlError
from callproof.control.faults import add_faults
from callproof.control.health import add_health
from callproof.control.metrics import Gauge, add_metrics
from callproof.control.snapshots import add_snapshots
from callproof.control.wire import PageAsked, given, known
from callproof.crm import control_wire as wire
from callproof.crm import shown
from callproof.crm.acting import Acting
from callproof.crm.crm import Crm
from callproof.crm.outgoing import Refused
from callproof.crm.rules.model import Extension, Grant, Line, Module, Site, User
from callproof.crm.settings import SCOPES
from callproof.exchange.reach import names_of


def control(crm: Crm, token: str = "") -> Control:
    """The control API of a CRM."""
    alone = crm.settings.workers == 1
    names = names_of(crm.settings.base_url, crm.settings.allowed_hosts)
    changed, counts, bounds = crm.pulse.bump, crm.counts, crm.settings.bounds
    api = Control(
        "crm", crm.clock, crm.journal, token, changed, names, counts=counts, bounds=bounds, alone=alone
    )
    add_metrics(api, crm.counts, lambda: _gauges(crm))
    look, account, acts = _CrmState(crm), _Account(crm), _UserActs(crm)
    api.add("GET", "/state", "Everything that the CRM keeps, beginning with counts.", look.state)
    api.add("GET", "/counts", "How much of everything there is.", look.counts)
    api.add(
        "GET",
        "/calls",
        "The history in the order of the uploads, what came after a position, at most limit.",
        look.calls,
        PageAsked,
    )
    api.add(
        "GET",
        "/cards",
        "The call cards that are open, all of them or those of the call with this external id.",
        look.cards,
        wire.CardsAsked,
    )
    api.add("POST", "/reset", "Forget everything and go back to the seed.", account.reset)
    api.add(
        "POST",
        "/seed",
        "With seed, forget everything and begin with other people; then add or change users and shops.",
        account.seed,
        wire.CrmSeedAsked,
    )
    api.add(
        "POST",
        "/account",
        "Be an account of this zone and country, with further shops, until the next reset.",
        account.settle,
        wire.AccountAsked,
    )
    api.add(
        "POST",
        "/users/{id}",
        "A manager comes online, leaves or changes the status; the PBX hears of a changed status.",
        acts.set_user,
        wire.UserAsked,
    )
    api.add(
        "POST",
        "/click-to-call",
        "A manager clicks on a number; site is the shop of the page, if it has one.",
        acts.click_to_call,
        wire.ClickAsked,
    )
    api.add(
        "POST",
        "/play",
        "A manager plays the recording of a call; range is a Range header.",
        acts.play,
        wire.PlayAsked,
    )
    api.add(
        "POST",
        "/keys",
        "Add or change an API key: its scopes, all by default, and its shops, all by default.",
        account.save_key,
        wire.KeyAsked,
    )
    api.add(
        "POST",
        "/budgets",
        "Requests a second of each key, general and telephony, null for no limit; status when spent.",
        account.set_budgets,
        wire.BudgetsAsked,
    )
    api.add(
        "POST",
        "/readings",
        "How to read what no source settles; what is left out stays, reset brings the defaults back.",
        account.set_readings,
        wire.ReadingsAsked,
    )
    api.add(
        "POST",
        "/modules/{code}",
        "An administrator switches a module on or off, or freezes it; the module hears of it.",
        acts.switch_module,
        wire.ModuleAsked,
    )
    api.add(
        "POST",
        "/modules/{code}/mapping",
        "A user ties extensions to users and lines to shops by hand, unless allowEdit is false.",
        acts.map_module,
        wire.MappingAsked,
    )
    api.add("POST", "/modules/{code}/delete", "A user deletes an integration.", acts.delete_module)
    api.add("POST", "/modules/{code}/account", "A user opens the module's account.", acts.open_account)
    add_faults(api, Side.CRM, crm.faults, workers=crm.settings.workers)
    add_again(api, crm.caller)
    add_snapshots(api, crm.snapshot, crm.restore, crm.store.database)
    add_health(api, crm.store.database, workers=crm.settings.workers)
    return api


def _gauges(crm: Crm) -> list[Gauge]:
    with crm.store.begin() as session:
        counts, under_way = session.counts(), session.under_way()
    calls = {"open": under_way["openCards"], "kept": counts.pop("calls")}
    return [
        ("callproof_calls", "Cards that are open, and calls in the history.", "state", calls),
        ("callproof_kept", "What else this end keeps.", "what", counts),
    ]


class _CrmState:
    """Looks into what the CRM keeps."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def state(self) -> object:
        with self.crm.store.begin() as session:
            pool = session.directory().pool
            return {
                "counts": session.counts(),
                "end": "crm",
                "telephonyEnabled": pool.enabled,
                "modules": [shown.module(module) for module in pool.modules],
                "users": [
                    {"id": user.id, "online": user.online, "status": user.status}
                    for user in session.users()
                ],
                "cards": [shown.card(card) for card in session.cards()],
                "calls": [call.as_json() for call in session.calls()],
                "initiations": [shown.initiation(found) for found in session.initiations()],
            }

    def counts(self) -> object:
        with self.crm.store.begin() as session:
            return session.counts() | session.under_way()

    def calls(self, asked: PageAsked) -> object:
        after, limit = asked.bounds
        with self.crm.store.begin() as session:
            found = session.calls_after(after, limit)
        rows = [{**call.as_json(), "uploadedAt": call.uploaded_at} for _, call in found]
        return {"calls": rows, "last": found[-1][0] if found else after}

    def cards(self, asked: wire.CardsAsked) -> object:
        called = None if known(asked.call) is None else [str(asked.call)]
        with self.crm.store.begin() as session:
            return {"cards": [shown.card(card) for card in session.open_cards(called)]}


class _Account:
    """Brings the CRM into a state."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm

    def reset(self) -> object:
        self.crm.reset()
        return {"lastId": self.crm.journal.last_id}

    def seed(self, asked: wire.CrmSeedAsked) -> object:
        if (seed := known(asked.seed)) is not None:
            self.crm.reset(seed)
        with self.crm.store.begin() as session:
            for sent in asked.users:
                user = session.user(sent.id) or _newcomer(sent.id, self.crm.clock.now())
                session.save_user(replace(user, **given(sent)))
            for site in asked.sites:
                url = site.url or f"http://{site.code}.example"
                session.save_site(Site(site.code, site.name or site.code, url))
            counts = session.counts()
        # The journal of a kept database is read in a transaction of its own.
        return {"counts": counts, "lastId": self.crm.journal.last_id}

    def settle(self, asked: wire.AccountAsked) -> object:
        settings = self.crm.settings
        timezone = known(asked.timezone) or settings.timezone
        country = known(asked.country) or settings.country
        if problem := zone_problem(timezone) or country_problem(country):
            raise ControlError(f"{problem}.")
        if settings.workers > 1:
            raise ControlError("Of several workers each would have to be told.", 409)
        self.crm.settle(timezone, country)
        with self.crm.store.begin() as session:
            for code in asked.shops:
                session.save_site(Site(code, code, f"http://{code}.example"))
        return {"timezone": timezone, "country": country}

    def save_key(self, asked: wire.KeyAsked) -> object:
        scopes, sites = known(asked.scopes), known(asked.sites)
        grant = Grant(asked.key, SCOPES if scopes is None else scopes, sites)
        with self.crm.store.begin() as session:
            session.save_grant(grant)
        return {"key": grant.key, "scopes": grant.scopes, "sites": grant.sites}

    def set_budgets(self, asked: wire.BudgetsAsked) -> object:
        limits = replace(self.crm.knobs().limits, **given(asked))
        self.crm.set_limits(limits)
        return limits

    def set_readings(self, asked: Struct) -> object:
        readings = reread(self.crm.knobs().readings, **given(asked))
        self.crm.set_readings(readings)
        return readings


class _UserActs:
    """Acts as the people who use the CRM."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self.acting = Acting(crm)

    def set_user(self, asked: wire.UserAsked, number: str) -> object:
        wanted = whole(number)
        changed = self.acting.set_user(wanted, given(asked)) if wanted is not None else None
        if changed is None:
            raise ControlError(f"There is no user {number}.", 404)
        return {"id": changed.id, "online": changed.online, "status": changed.status}

    def click_to_call(self, asked: wire.ClickAsked) -> object:
        try:
            initiation = self.crm.outgoing.make_call(asked.user_id, asked.phone, known(asked.site))
        except Refused as error:
            return {
                "userId": asked.user_id,
                "phone": asked.phone,
                "succeeded": False,
                "outcome": f"{error}",
            }
        return shown.initiation(initiation)

    def play(self, asked: wire.PlayAsked) -> object:
        try:
            played = self.crm.outgoing.play(asked.external_id, known(asked.range))
        except Refused as error:
            raise ControlError(f"{error}.", 409) from None
        return {
            "url": played.url,
            "status": played.status,
            "contentType": played.content_type,
            "size": played.size,
            "outcome": played.outcome,
        }

    def switch_module(self, asked: wire.ModuleAsked, code: str) -> object:
        module = _known(code, self.acting.switch_module(code, given(asked)))
        return {"code": module.code, "telephonyEnabled": self.crm.directory().pool.enabled}

    def map_module(self, asked: wire.MappingAsked, code: str) -> object:
        """A refusal is no error: what came of it is to be seen in the settings."""
        extensions = [Extension(pair.user_id, pair.code) for pair in asked.extensions]
        lines = [Line(pair.site_code, pair.external_phone) for pair in asked.lines]
        try:
            _known(code, self.acting.map_module(code, extensions, lines))
        except Refused as error:
            return {"code": code, "succeeded": False, "outcome": f"{error}"}
        return {"code": code, "succeeded": True, "outcome": "saved"}

    def delete_module(self, code: str) -> object:
        _known(code, self.acting.delete_module(code))
        return {"code": code, "telephonyEnabled": self.crm.directory().pool.enabled}

    def open_account(self, code: str) -> object:
        try:
            opened = self.crm.outgoing.open_account(code)
        except Refused as error:
            raise ControlError(f"{error}.", 409) from None
        return {"url": opened.url, "status": opened.status, "outcome": opened.outcome}


def _known(code: str, module: Module | None) -> Module:
    if module is None:
        raise ControlError(f"There is no module {code}.", 404)
    return module


def _newcomer(number: int, now: float) -> User:
    return User(number, f"user{number}@crm.example", f"User {number}", "", True, "free", now)
