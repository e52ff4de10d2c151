"""Exchanges, judged without any end."""

from collections.abc import Iterable

from callproof.conformance import evidence
from callproof.conformance import judge as judging
from callproof.conformance.evidence import Book, Seen
from callproof.conformance.verdict import Check
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.exchange.exchange import Exchange


def judge(exchange: Seen) -> list[Check]:
    """What one request and its answer show of the side that faces the journal they stand in.

    There is a check for every row that the message touches. ``problem`` is empty where the row is kept;
    ``outcome()`` says how grave a problem is.
    """
    return list(judging.judge(exchange, exchange.ref))


def read_journal(entries: Iterable[JsonObject], seen_by: Side) -> list[Seen]:
    """A journal as ``GET /_bench/journal`` of the end ``seen_by`` gave its ``entries``, oldest first."""
    return evidence.read((Exchange.of_json(entry) for entry in entries), seen_by, Book())
