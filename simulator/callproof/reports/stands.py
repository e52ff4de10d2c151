"""Marks in place of the secrets of a request that a person edits, and the secrets in place of the marks."""

import re
from collections.abc import Iterable

from callproof.contract.known import forms
from callproof.contract.secrets import MASK
from callproof.exchange.exchange import Request
from callproof.reports.forms import form_text
from callproof.reports.redact import secrets_of

# A shorter one would be found in words that have nothing to do with it.
SHORTEST = 4


class Stands:
    """``***`` for each secret of a request, with a number where there are several, and with more stars
    where the request has some of its own; ``known`` are secrets by their values. Nothing stands for what is
    ``shown``."""

    def __init__(self, request: Request, known: Iterable[str] = (), *, shown: bool = False) -> None:
        every = () if shown else (*secrets_of(request), *known)
        kept = [secret for secret in every if len(secret) >= SHORTEST]
        said = "\n".join([request.url, *(value for _, value in request.headers), request.body.text or ""])
        standing = dict.fromkeys(form for secret in kept for form in forms(secret) if form in said)
        # As the fields of a form stand where they are edited.
        plain = form_text(request)
        standing |= dict.fromkeys(secret for secret in kept if secret in plain)
        # The longest first, as one may stand within another.
        found = sorted(standing, key=len, reverse=True)
        stars = max((len(stars) + 1 for stars in re.findall(r"\*+", f"{said}\n{plain}")), default=0)
        mark, numbered = "*" * max(len(MASK), stars), len(found) > 1
        self._pairs = [(key, f"{mark}{place if numbered else ''}") for place, key in enumerate(found, 1)]

    def hide(self, text: str) -> str:
        for secret, mark in self._pairs:
            text = text.replace(secret, mark)
        return text

    def show(self, text: str) -> str:
        for secret, mark in reversed(self._pairs):
            text = text.replace(mark, secret)
        return text
