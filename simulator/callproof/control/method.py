"""One method of a control API."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct, structs


@dataclass(frozen=True)
class Method:
    """``path`` is below ``/_bench``. ``asks`` is the type of its query, when it is a GET, or of its body;
    one without members stands for nothing.

    ``act`` is given a value of that type, unless it has no members, and then the ``{name}`` parts of the
    path. What it returns is written as JSON. What is ``open_to_all`` needs no token.
    """

    verb: str
    path: str
    summary: str
    act: Callable[..., object]
    asks: type[Struct]
    open_to_all: bool = False

    @property
    def has_body(self) -> bool:
        return self.verb == "POST"

    @cached_property
    def members(self) -> dict[str, bool]:
        """The names of the members, each with whether it must be there."""
        return {field.encode_name: field.required for field in structs.fields(self.asks)}

    @property
    def required(self) -> list[str]:
        return [name for name, needed in self.members.items() if needed]
