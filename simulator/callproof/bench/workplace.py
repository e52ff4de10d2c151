"""What all pages of the bench share: their end, the one beside it, and what both wrote down."""

from collections.abc import Sequence
from threading import Lock

from flask import Response, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from callproof.bench.hiding import Hiding, shown_name
from callproof.bench.lines import JournalLine, lines
from callproof.bench.watching import Beside, Watched
from callproof.conformance.evidence import Seen
from callproof.conformance.exhibits import offset
from callproof.contract.findings import sentence
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.errors import Misuse
from callproof.reports.redact import Redactor
from callproof.web.site import Site

_SAID = "said"


class Workplace:
    """``own`` is the control API of the end whose pages these are."""

    def __init__(self, site: Site, own: End, beside: Beside) -> None:
        self.site = site
        self.own = own
        self._watched = Watched(own)
        self._beside = beside
        self._known: dict[bool, tuple[tuple[int, ...], list[JournalLine]]] = {}
        self._sorting = Lock()
        self._hiding = Hiding()

    @property
    def other(self) -> End | None:
        """The control API of the end beside it, None where no address is known."""
        return self._beside.end(self.site.about().other_address)

    def beside_for_run(self) -> End:
        """The control API of the other end, which may take as long as a run needs; to be closed. Raises
        Misuse where no end of callproof's answers."""
        found = self._beside.patient(self.site.about().other_address)
        try:
            if found:
                found.clock()
                return found
        except (ActionRefused, Unreachable):
            pass
        raise Misuse("The other end is none of callproof's, or does not answer.")

    def seen(self) -> list[Seen]:
        """Of the own journal, oldest first."""
        return self._watched.seen()

    def seen_beside(self) -> list[Seen]:
        """Of the other journal, if there is one."""
        return self._beside.seen(self.site.about().other_address)

    def lines(self, *, both: bool = False) -> list[JournalLine]:
        """Newest first; of ``both`` journals, or of the own one."""
        own, beside = self.seen(), self.seen_beside() if both else []
        with self._sorting:
            state = (*_span(own), *_span(beside))
            if both not in self._known or self._known[both][0] != state:
                self._known[both] = state, lines([*own, *beside])
            return self._known[both][1]

    @property
    def redactor(self) -> Redactor:
        """For the page that is asked for: it hides nothing where secrets are to be shown."""
        if self.site.shows_secrets:
            return Redactor(shown=True)
        return self._hiding.after([*self.seen(), *self.seen_beside()], self.secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Those of this end, by their values."""
        return (self.site.about().key,)

    def href(self, refs: Sequence[str]) -> str:
        """The page of an exchange that these entries of the journals tell of, at this end if it has it."""
        here = f"{self.own.side}-"
        for ref in refs:
            if ref.startswith(here):
                return f"/bench/exchanges/{ref.removeprefix(here)}"
        address = self.site.about().other_address
        return f"{address}/bench/exchanges/{refs[0].partition('-')[2]}" if refs else ""

    def write(self, template: str, **values: object) -> str:
        redactor = self.redactor
        hide = redactor.text
        shared = {
            "said": hide(session.get(_SAID, "") if _SAID in request.args else ""),
            "hide": hide,
            "name_of": lambda line: shown_name(line, redactor),
        }
        return self.site.write(
            f"bench/{template}", offset=offset, sentence=sentence, **{**shared, **values}
        )

    def missing(self, what: str = "why") -> Response:
        """What there is not, or not any more: something of the journal, a ``row`` or a ``schema``."""
        return Response(self.write("missing.html", why=f"bench.missing-{what}"), 404)


def said(path: str, text: str = "") -> AnyResponse:
    """Back to a page of ours, which tells the text: after whatever a form did, what came of it."""
    if not text:
        return redirect(path, 303)
    session[_SAID] = text[:1000]
    page, sign, rest = path.partition("#")
    return redirect(f"{page}{'&' if '?' in page else '?'}{_SAID}=1{sign}{rest}", 303)


def _span(seen: Sequence[Seen]) -> tuple[int, ...]:
    return (seen[0].id, seen[-1].id, len(seen)) if seen else ()
