"""Who sits at this browser, what that manager sees of calls, and what was told last."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from flask import request
from flask import session as browser

from callproof.contract.jsontypes import inner
from callproof.crm.crm import Crm
from callproof.crm.outgoing import Refused, icon_of
from callproof.crm.rules.model import Card, Customer, Directory, Module, StoredDocument, User
from callproof.crm.store.sessions import ShortSession

_USER = "user"
_TOLD = "told"
# How long a page goes on telling what came of an act, in seconds of the account's clock.
TELLS = 60.0


@dataclass(frozen=True)
class ShownCard:
    """A card with what it leads to; ``shop`` is the name of the shop whose line was dialled."""

    card: Card
    customer: Customer | None
    last_order: StoredDocument | None
    shop: str


@dataclass(frozen=True)
class Told:
    """``key`` of a text and its values; ``good`` or not. What came of a click has a ``mark`` of its own
    and the journal's number of the ``exchange``, 0 for none."""

    key: str
    values: Mapping[str, str]
    good: bool
    mark: str = ""
    exchange: int = 0


class Visitor:
    """One look at one page; everything is read when a template asks for it."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    @cached_property
    def directory(self) -> Directory:
        return self._crm.directory()

    @cached_property
    def me(self) -> User | None:
        """None when nobody has signed in here."""
        number = browser.get(_USER)
        found = self.directory.users.get(number) if isinstance(number, int) else None
        return found if found is not None and found.active else None

    @cached_property
    def icon(self) -> bool:
        """Whether a telephone icon stands beside numbers (evidence#guide-extensions)."""
        return self._icon is not None

    @cached_property
    def why_no_icon(self) -> str:
        if self.me is None:
            return "nobody has signed in"
        try:
            icon_of(self.directory, self.me.id)
        except Refused as error:
            return f"{error}"
        return ""

    @property
    def code(self) -> str:
        """The user's extension, that of a click if there is an icon; empty for none."""
        return self._extension[1]

    @property
    def telephony(self) -> str:
        """The code of the telephony where ``code`` is an extension."""
        return self._extension[0]

    def clicks_by(self, module: Module) -> bool:
        """Whether this telephony is asked when this user clicks, or with nobody here, the first asked."""
        if self.me is not None:
            return self._icon is not None and self._icon[0].code == module.code
        asked = (each.code for each in self.directory.pool.modules if each.make_call_url)
        return next(asked, None) == module.code

    def hears_status(self, module: Module) -> bool:
        """Whether this telephony is told when the user's status changes (evidence#guide-status)."""
        on = module.code in {each.code for each in self.directory.pool.modules}
        knows = self.me is not None and module.codes.get(self.me.id) is not None
        return on and knows and bool(module.change_user_status_url)

    @cached_property
    def _icon(self) -> tuple[Module, str] | None:
        try:
            return icon_of(self.directory, self.me.id) if self.me else None
        except Refused:
            return None

    @cached_property
    def _extension(self) -> tuple[str, str]:
        if self.me is None:
            return "", ""
        if self._icon is not None:
            return self._icon[0].code, self._icon[1]
        known = ((each.code, each.codes.get(self.me.id)) for each in self.directory.pool.modules)
        return next(((module, code) for module, code in known if code is not None), ("", ""))

    @cached_property
    def cards(self) -> list[ShownCard]:
        """Every open page asks for them with each change, so nobody who writes waits for it."""
        me = self.me
        if me is None:
            return []
        return self._crm.store.share(lambda session: self._cards_of(session, me.id), writes=False)

    def _cards_of(self, session: ShortSession, user_id: int) -> list[ShownCard]:
        shops = {site.code: site.name for site in self.directory.sites}
        shown = []
        for card in session.cards_of(user_id):
            customer = session.customer(card.customer_id) if card.customer_id is not None else None
            order = session.last_order(customer.id) if customer else None
            shown.append(ShownCard(card, customer, order, shops.get(card.shop or "", card.shop or "")))
        return shown

    @property
    def told(self) -> Told | None:
        """What came of the last act on this page, as long as it is new; that of a click, until the user's
        next card or click."""
        found = browser.get(_TOLD)
        if not isinstance(found, dict) or found.get("where") != request.path:
            return None
        if self._crm.clock.now() - float(found["at"]) > TELLS:
            return None
        signs, told = found["signs"], (str(found["key"]), dict(found["values"]), bool(found["good"]))
        if signs is None:
            return Told(*told)
        if tuple(signs) != self._signs():
            return None
        mark = f"{found['at']}-{signs[0]}-{signs[1]}"
        return Told(*told, mark, int(found["exchange"]))

    def tell(self, key: str, where: str, *, good: bool = True, **values: str) -> None:
        """``where`` is the path of the page that tells it."""
        self._tell(key, where, good, values, None, 0)

    def tell_click(self, key: str, where: str, *, good: bool, exchange: int = 0, **values: str) -> None:
        self._tell(key, where, good, values, self._signs(), exchange)

    def _tell(
        self,
        key: str,
        where: str,
        good: bool,
        values: Mapping[str, str],
        signs: tuple[int, int] | None,
        exchange: int,
    ) -> None:
        # A cookie holds 4 kB.
        short = {name: value[:300] for name, value in values.items()}
        browser[_TOLD] = {
            "key": key,
            "values": short,
            "good": good,
            "at": self._crm.clock.now(),
            "where": urlsplit(where).path,
            "signs": signs,
            "exchange": exchange,
        }

    def forget(self) -> None:
        """Tell it no more."""
        browser.pop(_TOLD, None)

    def _signs(self) -> tuple[int, int]:
        if self.me is None:
            return 0, 0
        with self._crm.store.begin() as session:
            return session.newest_call_signs(self.me.id)

    def sign_in(self, user: User) -> None:
        browser[_USER] = user.id
        browser.pop(_TOLD, None)

    def sign_out(self) -> None:
        browser.pop(_USER, None)
        browser.pop(_TOLD, None)


def name_of(customer: Customer) -> str:
    """As people call the customer."""
    details = customer.details
    names = (str(details.get(part) or "") for part in ("firstName", "patronymic", "lastName"))
    return " ".join(name for name in names if name) or customer.external_id or f"#{customer.id}"


def full_name(user: User) -> str:
    return " ".join(filter(None, (user.first_name, user.last_name))) or user.email


def order_number(order: StoredDocument) -> str:
    return str(order.document.get("number") or order.external_id or order.id)


def order_phone(order: StoredDocument) -> str:
    return str(order.document.get("phone") or inner(order.document, "customer").get("phone") or "")
