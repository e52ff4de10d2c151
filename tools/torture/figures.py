"""What a part of the torture found."""

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], object]


@dataclass(frozen=True)
class Figure:
    """``broken`` is a sentence when a promise is not kept."""

    what: str
    value: str
    broken: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.value}"


def none_of(what: str, number: int, examples: list[str] | None = None) -> Figure:
    """A number that has to be 0; some examples say what there is instead."""
    told = "".join(f"\n    {one}" for one in (examples or [])[:10])
    return Figure(what, f"{number:,}", f"{what} has to be 0 and is {number:,}.{told}" if number else "")


def at_most(what: str, number: float, most: float, unit: str = "") -> Figure:
    broken = "" if number <= most else f"{what} has to be at most {most:g}{unit} and is {number:.3g}{unit}."
    return Figure(what, f"{number:.3g}{unit}", broken)


def at_least(what: str, number: int, least: int) -> Figure:
    broken = "" if number >= least else f"{what} has to be at least {least:,} and is {number:,}."
    return Figure(what, f"{number:,}", broken)
