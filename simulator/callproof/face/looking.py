"""What a test looks up at a running end: the parts of its state."""

from callproof import kinds
from callproof.conformance.matching import differences
from callproof.contract.jsontypes import Json, JsonObject
from callproof.control.client import End


def kept(end: End, part: str, with_: Json = None) -> list[JsonObject]:
    """What the end keeps under this name, of it what matches the pattern."""
    return alike(end.get("/state")[part], with_)


def alike(found: Json, with_: Json) -> list[JsonObject]:
    """The elements that match the pattern, or all without one."""
    items = kinds.convert(found, list[JsonObject])
    return [item for item in items if with_ is None or not differences(with_, item)]
