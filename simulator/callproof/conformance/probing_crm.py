"""A CRM probed: its account, a call that is told and uploaded, clicks, statuses, modules and keys."""

from collections.abc import Callable, Mapping

import msgspec

from callproof.conformance.evidence import Seen
from callproof.conformance.leaving import leave
from callproof.conformance.patience import be_patient
from callproof.conformance.probing import SET_UP, Outcome, Probe, brief, refusal, taken, view_row
from callproof.conformance.probing_scope import harmless, last_of
from callproof.conformance.selection import CUSTOMERS, KEY_REFUSED, MISSING, lacks_method
from callproof.conformance.target import ADD_CUSTOMER
from callproof.contract.jsontypes import Json, JsonObject, reached
from callproof.contract.operations import BY_NAME
from callproof.contract.phones import digits, same_phone
from callproof.control.client import ActionRefused, Unreachable
from callproof.exchange.bounded import SERVER_ERROR

ACCOUNT, REGISTRATION = "account", "registration"
# What asks for a user by his id, and the chapter that it is of.
USERS, PEOPLE = "9-people/users", "9-people"
# More often than this a key may not ask in a second while its budget is spent.
BUDGET = 2


class CrmProbe(Probe):
    """The side under test is the CRM; our PBX sees what it asks."""

    def run(self) -> None:
        with self.trying():
            self.set_up()
            self._account()
            self.each(self._methods, self._customer)
            self._register()
            self.each(self._call, self._clicks, self._status, self._module, self._module_account)
            self.each(self._mapping, self._key, self._budgets)
            self._settings()
            if self.target.timed:
                with self.trying():
                    self.clock()
        if self.judged.keeps:
            leave(self.ends, self.journals, self.judged)
        self.tell_the_rest()

    def _account(self) -> None:
        """Who plays is there, and the key is taken."""
        there = ["the key"]
        for user in self.account.users:
            status, answer = self._api("GET", f"/api/v5/users/{user}")
            if status in KEY_REFUSED:
                raise self.stop(ACCOUNT, f"api-key: {status}, {brief(answer)}")
            if status in MISSING and self._cannot_read(user):
                if not {PEOPLE, USERS} & set(self.target.absent):
                    said = f"there is no GET users/{{id}}, which is answered {status}"
                    self.wrong(ACCOUNT, f"{said}; name `{USERS}` under absent if your CRM has none", USERS)
                break
            if status != 200:
                said = f"users/{user} is answered {status}, {brief(answer)}"
                raise self.stop(ACCOUNT, f"{said}; name two users that there are in `account.users`")
            if reached(answer, "user", "online") is False or reached(answer, "user", "status") != "free":
                self.look(
                    ACCOUNT, f"user {user} is to be online and free: {brief(reached(answer, 'user'))}"
                )
        else:
            there.append(f"users {self.account.users[0]} and {self.account.users[1]}")
        status, answer = self._api("GET", "/api/v5/reference/sites")
        sites = reached(answer, "sites")
        there += ["both shops"] if sites is not None else []
        for shop in self.account.shops if status not in MISSING else ():
            if reached(sites, shop) is None:
                self.look(ACCOUNT, f"there is no shop {shop}; name two that there are in `account.shops`")
        self.works(ACCOUNT, ", ".join(there))

    def _cannot_read(self, user: int) -> bool:
        """Whether the method is missing, and not this user."""
        status, answer = self._api("GET", "/api/v5/users?limit=100")
        users = reached(answer, "users")
        listed = users if isinstance(users, list) else []
        return status in MISSING or any(str(reached(one, "id")) == str(user) for one in listed)

    def _methods(self) -> None:
        """Those that scenarios cannot do without are there."""
        for name, method, path, form in harmless(self.scenarios, self.target, f"probe-{self.serial}"):
            status, answer = self._api(method, path, form)
            if lacks_method(status, answer):
                said = f"{method} {path} is answered {status}"
                self.wrong(name, f"{said}; name `{name}` under absent if your CRM has none", name)

    def _customer(self) -> None:
        if CUSTOMERS in self.target.absent:
            return
        customer: JsonObject = {
            "externalId": f"probe-{self.serial}",
            "firstName": "Probe",
            "managerId": self.account.users[0],
            "phones": [{"number": self.numbers[0]}],
        }
        if self.has(ADD_CUSTOMER):
            with self.heard(ADD_CUSTOMER):
                self.theirs.add_customer(self.ends.api_key, customer, self.account.shops[0])
            self.works(ADD_CUSTOMER, "done")
        else:
            form = {"customer": msgspec.json.encode(customer).decode(), "site": self.account.shops[0]}
            status, answer = self._api("POST", BY_NAME["customer-create"].path, form)
            if status not in (200, 201):
                said = f"customers/create is answered {status}, {brief(answer)}"
                more = f"write a stimulus `{ADD_CUSTOMER}`, or name `{CUSTOMERS}` under absent"
                raise self.stop(CUSTOMERS, f"{said}; {more}", CUSTOMERS)
        status, answer = self._api("GET", f"/api/v5/telephony/manager?phone={digits(self.numbers[0])}")
        self.works(CUSTOMERS, f"one is made; telephony/manager is answered {status}")

    def _register(self) -> None:
        self._mark = len(self.journals.read())
        try:
            self.ends.pbx.post("/register")
        except ActionRefused as error:
            answered = self._answered("module-edit")
            failed = answered is not None and (answered.status or 0) >= SERVER_ERROR
            more = f". {last_of(self.theirs.printed())}" if failed else ""
            raise self.stop(REGISTRATION, f"{error}{more}") from None
        self.works(REGISTRATION, f"callproof's PBX is registered as {self.target.code}")

    def _call(self) -> None:
        """A customer calls: cards are shown, and closed at the end; the history has the call."""
        line = self.account.lines[0]
        call = str(self.prepare("customer calls", {"from": self.numbers[1], "to": line}).get("id"))
        event = self._answered("call-event")
        if event and not taken(event):
            raise self.stop(view_row("cards"), f"no card: the event is answered {refusal(event)}")
        with self.trying():
            self._card(call)
        extension = self.account.extensions[0]
        self.prepare("answer", {"call": call, "extension": extension})
        self.ends.pass_time(20)
        self.prepare("hang up", {"call": call, "by": "customer"})
        upload = self._answered("calls-upload")
        if upload and not taken(upload):
            raise self.stop(view_row("calls"), f"no call: the upload is answered {refusal(upload)}")
        with self.trying():
            self._closed(call)
        with self.trying():
            kept = self._viewed("calls", lambda row: str(row.get("externalId")) == call)
            if not kept:
                raise self.stop(view_row("calls"), f"call {call} was uploaded and is not in it")
            self.members("calls", kept[0])
            self._user("calls", kept[0].get("userId"))
        self._play(call)

    def _viewed(
        self, name: str, fits: Callable[[Mapping[str, Json]], bool], *, gone: bool = False
    ) -> list[Mapping[str, Json]]:
        """Those that fit, or with ``gone`` none: a view may come a moment after what it shows."""

        def found() -> list[Mapping[str, Json]]:
            return [row for row in self.view(name) if fits(row)]

        if bool(found()) is gone:
            be_patient(self.ends.patience, self.journals, self.facing, lambda: bool(found()) is not gone)
        return found()

    def _card(self, call: str) -> None:
        cards = self._viewed("cards", lambda card: str(card.get("callExternalId")) == call)
        if not cards:
            raise self.stop(
                view_row("cards"), f"the event of call {call} was taken, and there is no card of it"
            )
        self.members("cards", cards[0])
        self._user("cards", cards[0].get("userId"))
        if not any(card.get("open") is True for card in cards):
            self.wrong(
                view_row("cards"), f"`open` of a card that is shown has to be true: {brief(cards[0])}"
            )

    def _closed(self, call: str) -> None:
        def is_open(card: Mapping[str, Json]) -> bool:
            return str(card.get("callExternalId")) == call and card.get("open") is True

        if self._viewed("cards", is_open, gone=True):
            self.look(view_row("cards"), f"a card of call {call} is still open after its end")

    def _user(self, name: str, user: Json) -> None:
        if user is not None and (isinstance(user, bool) or not isinstance(user, int)):
            self.wrong(view_row(name), f"`userId` has to be a number, and is {brief(user)}")

    def _play(self, call: str) -> None:
        for args, what in (
            ({}, "recordUrl was not asked"),
            ({"range": "bytes=20-99"}, "Range did not come"),
        ):
            asked: JsonObject = {"call": call, **args}
            self.do("play", asked)
            played = self._hears("play", "record", what)
            wanted = str(asked.get("range", ""))
            if wanted and played.request.header("range") != wanted:
                self.wrong("play", f"with `range` the header Range has to be {wanted!r}")

    def _clicks(self) -> None:
        user, number = self.account.users[0], self.numbers[2]
        self.do("manager clicks", {"user": user, "phone": number, "site": self.account.shops[1]})
        self._hears("manager clicks", "make-call", "makeCallUrl was not asked")
        with self.trying():
            self._initiation(number, succeeded=True)
        self._end_all()
        self.ends.pbx.post("/faults", {"fault": "pbx-refuses-calls"})
        number = self.numbers[3]
        self.do("manager clicks", {"user": user, "phone": number})
        self.ends.pbx.mend()
        with self.trying():
            self._initiation(number, succeeded=False)
        if self.has("set user"):
            with self.trying():
                self.do("set user", {"user": user, "online": False})
                with self.trying(), self.in_case("of a user who is not online, where nothing is started"):
                    self.do("manager clicks", {"user": user, "phone": self.numbers[4]})
                self.do("set user", {"user": user, "online": True})

    def _initiation(self, number: str, *, succeeded: bool) -> None:
        found = self._viewed("initiations", lambda row: same_phone(str(row.get("phone")), number))
        if not found:
            raise self.stop(view_row("initiations"), f"the click on {number} is not in it")
        self.members("initiations", found[-1])
        if found[-1].get("succeeded") is not succeeded:
            answered = "200" if succeeded else "409"
            said = (
                f"makeCallUrl answered {answered}, and `succeeded` is {brief(found[-1].get('succeeded'))}"
            )
            self.wrong(view_row("initiations"), said)

    def _status(self) -> None:
        user = self.account.users[0]
        self.do("set user", {"user": user, "status": "busy"})
        self._hears("set user", "status-notice", "changeUserStatusUrl was not asked of the status busy")
        with self.trying():
            found = next((row for row in self.view("users") if row.get("id") == user), None)
            if found is None:
                raise self.stop(view_row("users"), f"there is no user whose `id` is the number {user}")
            self.members("users", found)
            if found.get("status") != "busy":
                self.wrong(view_row("users"), f"user {user} was set to busy and is {brief(found)}")
        self.do("set user", {"user": user, "status": "free"})

    def _module(self) -> None:
        code = self.target.code
        for member, on in (("freeze", True), ("freeze", False), ("active", False), ("active", True)):
            self.do("switch module", {"code": code, member: on})
            said = f"{member} {str(on).lower()} was not told at baseUrl + actions.activity"
            self._hears("switch module", "activity", said)

    def _module_account(self) -> None:
        self.do("open account", {"code": self.target.code})
        self._hears("open account", "account", "accountUrl was not asked")

    def _mapping(self) -> None:
        """On a module of the probe's own, which is deleted in the end."""
        code, (user, _), extension = f"probe-{self.serial}", self.account.users, "9099"
        if not (self.has("set mapping") or self.has("delete module")):
            return
        module: JsonObject = {
            "code": code,
            "clientId": code,
            "name": "Probe",
            "active": True,
            "integrations": {"telephony": {"allowEdit": True, "additionalCodes": []}},
        }
        path = BY_NAME["module-edit"].path.replace("{code}", code)
        self._api("POST", path, {"integrationModule": msgspec.json.encode(module).decode()})
        if self.has("set mapping"):
            with self.trying():
                pair: JsonObject = {"userId": user, "code": extension}
                self.do("set mapping", {"code": code, "extensions": [pair], "lines": []})
                _, answer = self._api("GET", path.removesuffix("/edit"))
                if extension not in str(answer):
                    self.wrong("set mapping", f"the settings have no extension {extension} after it")
        if self.has("delete module"):
            self.do("delete module", {"code": code})
            status, _ = self._api("GET", path.removesuffix("/edit"))
            if status == 200:
                self.wrong("delete module", "the settings are still answered 200")
        else:
            module["active"] = False
            self._api("POST", path, {"integrationModule": msgspec.json.encode(module).decode()})

    def _key(self) -> None:
        key = f"probe-{self.serial}"
        shops: list[Json] = [self.account.shops[1]]
        scopes: list[Json] = ["user_read", "customer_read"]
        self.do("give key", {"key": key, "scopes": scopes, "sites": shops})
        status, answer = self._api("GET", "/api/v5/users", key=key)
        if status != 200:
            self.wrong(
                "give key",
                f"a key with user_read was given, and users is answered {status}, {brief(answer)}",
            )

    def _budgets(self) -> None:
        self.do("set budgets", {"general": BUDGET, "telephony": BUDGET + 1})
        try:
            statuses = [self._api("GET", "/api/v5/users")[0] for _ in range(BUDGET + 1)]
        finally:
            self.do("set budgets", {"general": None, "telephony": None})
        if statuses[-1] == 200:
            self.look("set budgets", f"a key that may ask {BUDGET} times was answered {BUDGET + 1} times")

    def _settings(self) -> None:
        if not self.has("set account"):
            return
        if not self.target.set_up:
            self.say("set account", Outcome.UNTRIED, f"there is no {SET_UP} that would take it back")
            return
        with self.trying():
            self.do("set account", {"zone": "Asia/Kolkata", "shops": ["shop3"]})
            _, answer = self._api("GET", "/api/v5/reference/sites")
            if reached(answer, "sites", "shop3") is None:
                self.wrong("set account", "reference/sites has no shop3, which was in `shops`")
        with self.trying():
            self.set_up()

    def _hears(self, hook: str, operation: str, said: str) -> Seen:
        """What our PBX is asked by the hook's doing."""
        seen = self.comes(operation)
        if seen is None:
            raise self.stop(hook, f"{said}: {self.instead(operation)}")
        self.works(hook, f"{seen.method} {seen.path} -> {seen.status}")
        return seen

    def _answered(self, name: str) -> Seen | None:
        """The last message of ours of this method since the last deed, with the CRM's answer."""
        self.ends.settle()
        of_name = [seen for seen in self.new() if seen.is_of(name)]
        return of_name[-1] if of_name else None

    def _end_all(self) -> None:
        for call in self.ends.pbx.state().get("calls", []):
            if reached(call, "state") != "ended":
                self.prepare("hang up", {"call": reached(call, "id"), "by": "manager"})

    def _api(
        self, method: str, path: str, form: Mapping[str, str] | None = None, key: str = ""
    ) -> tuple[int, Json]:
        """The status and the body of an answer of the API."""
        try:
            response = self.theirs.api(method, path, key or self.ends.api_key, form or {})
        except Unreachable as error:
            self.ends.demand_answer()
            raise self.stop(ACCOUNT, str(error)) from None
        try:
            return response.status_code, msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            return response.status_code, response.text
