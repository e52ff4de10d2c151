"""Which managers see a call (evidence#guide-events, evidence#event)."""

from collections.abc import Container, Iterable, Mapping, Sequence

from callproof.contract.phones import same_phone
from callproof.contract.values import immutable
from callproof.crm.rules.model import Card, Pool
from callproof.crm.rules.told import CallEvent


@immutable(frozen=True, slots=True)
class Recipients:
    """Users by the extension that named them, None for a user named by id; and what nobody knows."""

    users: dict[int, str | None]
    unknown_codes: list[str]
    unknown_users: list[int]


def recipients(
    codes: Sequence[str],
    user_ids: Sequence[int],
    pool: Pool,
    known: Container[int],
) -> Recipients:
    """Resolve the addressees of an event; each user is named once, unknown ones in order of appearance.

    ``known`` are the users that there are.
    """
    found: dict[int, str | None] = {}
    unknown_codes: list[str] = []
    unknown_users: list[int] = []
    for code in dict.fromkeys(codes):
        user = pool.user_of(code)
        if user is None or user not in known:
            unknown_codes.append(code)
        else:
            found.setdefault(user, code)
    for user in dict.fromkeys(user_ids):
        if user in known:
            found.setdefault(user, pool.code_of(user))
        else:
            unknown_users.append(user)
    return Recipients(found, unknown_codes, unknown_users)


def already_told(
    named: Mapping[int, str | None], open_cards: Iterable[Card], ends: Iterable[CallEvent]
) -> set[int]:
    """Those named in a beginning whom it tells nothing new: they see the call already, or heard of its end.

    ``ends`` are the earlier hangups of the call. One that names nobody ended the call for everyone.
    """
    seeing = {card.user_id for card in open_cards}
    told = {user for user in named if user in seeing}
    for event in ends:
        codes, users = frozenset(event.codes), frozenset(event.user_ids)
        told |= {
            user for user, code in named.items() if user in users or code in codes or not (codes or users)
        }
    return told


def ended_by_hangup(
    open_cards: Sequence[Card],
    phone: str,
    call_external_id: str | None,
    country: str = "RU",
    *,
    named: Container[int] | None = None,
) -> list[Card]:
    """The open cards that a ``hangup`` closes: those of the users whom it names, of everybody for None.
    The others of a ring group may still be talking (evidence#event-group-end).

    The call's id decides when the event has one. Without it, the number does, and only the newest call
    of that number ends: two calls from one number may be going on at once.
    """
    if named is not None:
        open_cards = [card for card in open_cards if card.user_id in named]
    if call_external_id is not None:
        return [card for card in open_cards if card.call_external_id == call_external_id]
    same = [card for card in open_cards if same_phone(card.phone, phone, country)]
    newest = max(same, key=lambda card: (card.opened_at, card.id), default=None)
    if newest is None:
        return []
    return [
        card
        for card in same
        if (card.call_external_id, card.opened_at) == (newest.call_external_id, newest.opened_at)
    ]
