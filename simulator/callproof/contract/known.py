"""Secrets that are known by their values, taken out of any text in whatever form they stand there."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

# None may be shorter: by so many of its first characters each is looked up.
SHORTEST = 8
# So many are replaced one after the other, which is faster; of more each place of a text is looked up.
_FEW = 64


class KnownValues:
    """What stands for each; the time for a text grows with the text alone, however many are known."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._forms: dict[str, str] = {}
        # By their beginnings, the longest first, as one may stand within another.
        self._beginning: dict[str, list[str]] = {}

    def __contains__(self, secret: str) -> bool:
        return secret in self._known

    def add(self, secret: str, masked: str) -> None:
        """Raises ValueError where it is too short."""
        if len(secret) < SHORTEST:
            raise ValueError(f"A secret of {len(secret)} characters would be found in words.")
        self._known.add(secret)
        for form in forms(secret):
            if form not in self._forms:
                same = [*self._beginning.get(form[:SHORTEST], ()), form]
                # Set as a whole: other threads may be reading.
                self._beginning[form[:SHORTEST]] = sorted(same, key=len, reverse=True)
            self._forms[form] = masked

    def taken_out(self, text: str) -> str:
        if len(self._forms) > _FEW:
            return "".join(self._pieces(text))
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, self._forms[form])
        return text

    def _pieces(self, text: str) -> Iterator[str]:
        end, beginnings = 0, self._beginning
        for place in range(len(text) - SHORTEST + 1):
            found = beginnings.get(text[place : place + SHORTEST]) if place >= end else None
            if found and (form := next((form for form in found if text.startswith(form, place)), "")):
                yield from (text[end:place], self._forms[form])
                end = place + len(form)
        yield text[end:]


def forms(secret: str) -> Iterator[str]:
    """As it is, and as it stands in addresses, forms and JSON, once or twice encoded."""
    if secret.isascii() and secret.isalnum():
        return iter((secret,))
    quoted = [quote_plus(secret, errors="replace"), quote(secret, safe="", errors="replace")]
    twice = [quote(one, safe="") for one in quoted]
    escaped = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    again = [json.dumps(one)[1:-1] for one in escaped]
    inside = [quote_plus(one, errors="replace") for one in escaped]
    every = [secret, *quoted, *twice, *escaped, *again, *inside]
    lower = [re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in every]
    return iter(dict.fromkeys([*every, *lower]))
