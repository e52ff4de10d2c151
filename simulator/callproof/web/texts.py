"""What the pages say, in English and Russian, from one file."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from callproof import kinds
from callproof.contract import plain_yaml

LANGUAGES = ("en", "ru")
FILE = Path(__file__).parent / "texts.yaml"


class Texts:
    """The texts of one language; ``{name}`` in a text is filled in."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = known()

    def __call__(self, key: str, **values: object) -> str:
        """Raises KeyError for a key that the file does not have."""
        return self._texts[key][self.language].format_map(values)


@cache
def known() -> Mapping[str, Mapping[str, str]]:
    """All texts by key and language."""
    return kinds.convert(plain_yaml.read(FILE), dict[str, dict[str, str]])


def chosen(by_hand: str, accepted: str) -> str:
    """The language chosen by hand, or else the first of an Accept-Language header that is known."""
    if by_hand in LANGUAGES:
        return by_hand
    for part in accepted.split(","):
        name = part.partition(";")[0].strip().lower()[:2]
        if name in LANGUAGES:
            return name
    return LANGUAGES[0]
