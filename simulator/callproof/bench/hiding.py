"""What the pages say of exchanges without the secrets in them, unless a page is asked for with them."""

from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

from callproof.bench.lines import JournalLine
from callproof.bench.watching import KEPT
from callproof.conformance.evidence import Seen
from callproof.conformance.ladder import Ladder
from callproof.reports.redact import Redactor


class Hiding:
    """Learns every exchange once, so that whatever repeats its secrets elsewhere does not tell them."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()
        self._redactor = Redactor()
        self._learned: dict[str, int] = {}
        self._count = 0
        self._learning = Lock()

    def after(self, seen: Iterable[Seen], known: tuple[str, ...]) -> Redactor:
        """What takes out the ``known`` secrets, and those of these exchanges, oldest first by end."""
        with self._learning:
            if known != self._known or self._count > 2 * KEPT:
                # Nothing holds on for good to what the journal has long dropped.
                self._known, self._redactor = known, Redactor(known)
                self._learned, self._count = {}, 0
            for one in seen:
                if one.id > self._learned.get(one.seen_by, 0):
                    self._learned[one.seen_by] = one.id
                    self._redactor.learn(one.exchange)
                    self._count += 1
            return self._redactor


def shown_name(line: JournalLine, redactor: Redactor) -> str:
    """By what a call is asked for: not by an id that is a secret."""
    return line.name if not line.ladder or redactor.text(line.name) == line.name else line.ladder.phone


def hidden(ladder: Ladder, redactor: Redactor) -> Ladder:
    """As it is drawn; by its own names it is still found."""
    arrows = tuple(replace(arrow, label=redactor.text(arrow.label)) for arrow in ladder.arrows)
    return Ladder(redactor.text(ladder.call), redactor.text(ladder.phone), arrows)
