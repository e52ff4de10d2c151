"""What master and workers tell each other, as locust sends it: plain values, with texts as keys."""

from collections import Counter
from types import GenericAlias
from typing import TypeVar, get_args, get_origin

import msgspec

from callproof import kinds
from callproof.contract.jsontypes import JsonObject

T = TypeVar("T")


def packed(message: object) -> JsonObject:
    """A dataclass for a message."""
    found: JsonObject = msgspec.to_builtins(message, str_keys=True)
    return found


def unpacked(sent: object, kind: type[T]) -> T:
    """What ``packed`` made a message of. Raises msgspec.ValidationError for one of another callproof."""
    return kinds.convert(sent, kind, str_keys=True, dec_hook=_counter)


def _counter(kind: type, sent: object) -> object:
    """Counters are no type of msgspec's."""
    if get_origin(kind) is not Counter:
        raise NotImplementedError(kind)
    counts = GenericAlias(dict, (*get_args(kind), int))
    return Counter(kinds.convert(sent, counts, str_keys=True))
