"""The patterns of ``$matches``, by an engine that ends.

``re`` has no end to a search: of ``(a+)+$`` and forty letters it would not be back today. ``regex`` reads
the same patterns, with what RE2 leaves out, and gives up in time.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from callproof.errors import Misuse
from callproof.limits import USUAL

if TYPE_CHECKING:
    from regex import Pattern


class EndlessPattern(Misuse):
    """The search took longer than it may; the text says for which pattern, and what to change."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> "Pattern[str]":
    """Raises ValueError with what is wrong with it."""
    # Only where there is a pattern: it takes longer to be imported than most commands take.
    import regex

    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("groups stand too deep in each other") from None


def fits(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text. Raises EndlessPattern."""
    try:
        return compiled(pattern).search(text, timeout=USUAL.pattern_seconds) is not None
    except TimeoutError:
        shown = text if len(text) <= 60 else f"{text[:60]}..."
        said = f"{pattern!r} takes more than {USUAL.pattern_seconds:g} s on {shown!r}"
        raise EndlessPattern(f"$matches: {said}; repeat nothing that repeats, as (a+)+ does") from None
