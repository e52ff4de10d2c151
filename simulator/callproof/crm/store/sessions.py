"""What a transaction of the CRM can do, and a store of them, wherever its data is kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeVar

from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.phones import phone_key, same_phone
from callproof.crm.rules.model import (
    Card,
    Customer,
    CustomerQuery,
    Directory,
    Grant,
    Group,
    HistoryCall,
    HistoryQuery,
    Initiation,
    Module,
    Site,
    StoredDocument,
    User,
)
from callproof.crm.rules.told import CallEvent
from callproof.storage.watching import Watched
from callproof.storage.whole import WholeSession

if TYPE_CHECKING:
    from callproof.storage.journal import JournalTable

T = TypeVar("T")


class ShortSession(ABC):
    """One transaction of little work; ``country`` reads telephone numbers without a country code."""

    def __init__(self, country: str) -> None:
        self.country = country

    @abstractmethod
    def hold(self, call_ids: Collection[str] | None) -> None:
        """Nobody else acts on these calls until the transaction ends; None are all calls.

        A job says so once, before it looks at them; see ``Driver.hold``.
        """

    @abstractmethod
    def directory(self) -> Directory: ...

    @abstractmethod
    def module(self, code: str) -> Module | None: ...

    @abstractmethod
    def customer(self, customer_id: int) -> Customer | None: ...

    @abstractmethod
    def customer_by_external_id(self, external_id: str) -> Customer | None: ...

    @abstractmethod
    def customers(self, query: CustomerQuery, limit: int, offset: int) -> tuple[list[Customer], int]:
        """A page of those that are asked for, in the order of ids, and how many there are."""

    def user(self, user_id: int) -> User | None:
        return self.directory().users.get(user_id)

    def owners(self, phone: str) -> list[Customer]:
        """Who has the number, in the order of ids."""
        key = phone_key(phone, self.country)
        return self._having(phone, self._owners((key,)).get(key, [])) if key else []

    def customers_by_phones(self, phones: Iterable[str]) -> dict[str, list[Customer]]:
        """Who has each number, in the order of ids; a number that nobody has is not there."""
        country = self.country
        keys = {phone: phone_key(phone, country) for phone in phones}
        wanted = set(keys.values()) - {""}
        if not wanted:
            return {}
        owners = self._owners(tuple(wanted))
        known = ((phone, self._having(phone, owners[key])) for phone, key in keys.items() if key in owners)
        return {phone: found for phone, found in known if found}

    @abstractmethod
    def _owners(self, keys: Sequence[str]) -> dict[str, list[Customer]]:
        """Whose numbers have these keys of ``phone_key``, in the order of ids."""

    def _having(self, phone: str, found: list[Customer]) -> list[Customer]:
        """Of those whose number has the same key who have this very number, not one of another country."""
        if not phone.startswith("+"):
            return found
        country = self.country
        return [one for one in found if any(same_phone(phone, own, country) for own in one.phones)]

    @abstractmethod
    def add_event(self, event: JsonObject, call: str | None, at: float) -> None:
        """Keep an event; ``call`` is its callExternalId."""

    @abstractmethod
    def first_events(self, call_ids: Sequence[str]) -> dict[str, float]:
        """When each of the calls was first heard of; one that was not is not there."""

    @abstractmethod
    def ends_of(self, call_external_id: str) -> list[CallEvent] | None:
        """The hangups among what was last reported of the call, in the order of arrival; None when nothing
        was."""

    @abstractmethod
    def add_cards(self, new: Sequence[Card]) -> None: ...

    @abstractmethod
    def open_cards(self, call_ids: Sequence[str] | None = None) -> list[Card]:
        """All of them, or those of some calls."""

    @abstractmethod
    def cards_of(self, user_id: int) -> list[Card]:
        """The open ones that this user sees."""

    @abstractmethod
    def close_cards(self, ids: Sequence[int], at: float, status: str | None) -> None: ...

    @abstractmethod
    def add_calls(self, new: Sequence[HistoryCall]) -> list[bool]:
        """Store the calls whose external ids are not known, and say of each whether it was stored."""

    @abstractmethod
    def call(self, external_id: str) -> HistoryCall | None: ...

    @abstractmethod
    def save_call(self, call: HistoryCall) -> None: ...

    @abstractmethod
    def last_order(self, customer_id: int) -> StoredDocument | None: ...


class CrmSession(ShortSession, WholeSession):
    """One transaction on everything."""

    @abstractmethod
    def save_grant(self, grant: Grant) -> None: ...

    @abstractmethod
    def save_setting(self, name: str, content: Json) -> None: ...

    @abstractmethod
    def registered(self) -> list[Module]:
        """Every module by its code, also those that are off."""

    @abstractmethod
    def save_module(self, module: Module) -> None: ...

    @abstractmethod
    def delete_module(self, code: str) -> None: ...

    def users(self) -> list[User]:
        return list(self.directory().users.values())

    @abstractmethod
    def save_user(self, user: User) -> None: ...

    @abstractmethod
    def save_group(self, group: Group) -> None: ...

    @abstractmethod
    def save_site(self, site: Site) -> None: ...

    @abstractmethod
    def add_customer(self, customer: Customer) -> Customer:
        """Store it under a new id, or under its own when it has one."""

    @abstractmethod
    def add_customers(self, customers: Sequence[Customer]) -> None:
        """Many at once, under new ids in their order."""

    @abstractmethod
    def save_customer(self, customer: Customer) -> None: ...

    @abstractmethod
    def cards(self) -> list[Card]: ...

    @abstractmethod
    def calls(self) -> list[HistoryCall]: ...

    @abstractmethod
    def show_customer(self, card_ids: Sequence[int], customer_id: int) -> None:
        """On these cards."""

    @abstractmethod
    def history(self, query: HistoryQuery, limit: int, offset: int = 0) -> list[HistoryCall]:
        """The newest uploads first."""

    def customers_of(self, calls: Iterable[HistoryCall]) -> dict[int, Customer]:
        """By their ids."""
        numbers = {call.customer_id for call in calls} - {None}
        found = (self.customer(number) for number in numbers if number is not None)
        return {customer.id: customer for customer in found if customer}

    @abstractmethod
    def calls_after(self, position: int, limit: int) -> list[tuple[int, HistoryCall]]:
        """A page of the history with the positions of its rows."""

    @abstractmethod
    def newest_calls(
        self, limit: int, before: int | None = None, sites: Sequence[str] | None = None
    ) -> list[tuple[int, HistoryCall]]:
        """At most ``limit`` calls with their numbers, those that began last first, from behind the call
        ``before``; of certain shops only, and those without a shop."""

    @abstractmethod
    def add_initiation(self, initiation: Initiation) -> Initiation: ...

    @abstractmethod
    def initiations(self) -> list[Initiation]: ...

    @abstractmethod
    def initiations_of(self, user_id: int, limit: int) -> list[Initiation]:
        """The newest first."""

    @abstractmethod
    def newest_call_signs(self, user_id: int) -> tuple[int, int]:
        """The ids of this user's newest card and newest click, 0 for none; a later one has a higher id."""

    @abstractmethod
    def add_document(self, document: StoredDocument) -> StoredDocument: ...

    @abstractmethod
    def save_document(self, document: StoredDocument) -> None: ...

    @abstractmethod
    def document(
        self, kind: str, *, number: int | None = None, external_id: str | None = None
    ) -> StoredDocument | None: ...

    @abstractmethod
    def documents(self, kind: str) -> list[StoredDocument]: ...

    @abstractmethod
    def newest_documents(
        self, kind: str, limit: int, offset: int = 0, *, customer_id: int | None = None
    ) -> list[StoredDocument]: ...


class Store(Protocol):
    """``database`` is what is told of where the data is."""

    @property
    def database(self) -> Watched: ...

    @property
    def spends_apart(self) -> bool:
        """Whether ``spend`` is a transaction, so that no job may do it."""

    def journal_table(self) -> "JournalTable | None":
        """Where the journal is kept for other processes and later ones; in memory nowhere."""

    def read_in(self, country: str) -> None:
        """Read national numbers as this country writes them from now on."""

    def begin(self) -> AbstractContextManager[CrmSession]:
        """A transaction: committed when the block ends, undone when it raises."""

    def transact(self, job: Callable[[CrmSession], T], *, short: bool, writes: bool) -> T:
        """The job's result, after the commit. A ``short`` job asks for no more than a ShortSession has.

        Raises what the job raised, which leaves no trace then; it may be played more than once.
        """

    def share(self, job: Callable[[ShortSession], T], *, writes: bool) -> T:
        """The job's result after a commit that it may share with others."""

    def spend(self, caller: str, purse: str, now: float, limit: int) -> bool:
        """Count one more request of a caller, unless the last second holds ``limit`` of them already."""

    def forget_spent(self) -> None: ...

    def close(self) -> None: ...
