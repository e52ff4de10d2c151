"""One call: its ladder, as it grows, and its exchanges; and the ladder as a file."""

from dataclasses import dataclass

from flask import Response, request

from callproof.bench.hiding import hidden
from callproof.bench.lines import JournalLine
from callproof.bench.workplace import Workplace
from callproof.conformance import ladder
from callproof.conformance.ladder import LIFELINE_NAMES, Arrow, Ladder
from callproof.contract.phones import same_phone
from callproof.contract.printing import printable
from callproof.reports.drawing import picture


@dataclass(frozen=True)
class Rung:
    """An arrow of a ladder, and the page of the exchange that it is about."""

    arrow: Arrow
    href: str

    @property
    def kind(self) -> str:
        return "implied" if self.arrow.implied else "failed" if self.arrow.failed else "sent"

    @property
    def span(self) -> str:
        """Between which lanes it is, from left to right."""
        left, right = sorted((self.arrow.source, self.arrow.to))
        return f"from-{left} to-{right} {'right' if self.arrow.source < self.arrow.to else 'left'}"


def add_calls(workplace: Workplace) -> None:
    """``/bench/calls/ID``, where the beginning of an id or the customer's number will do, and its files."""
    site = workplace.site

    def call(name: str) -> "str | Response":
        line = _found(workplace, name)
        if line is None or line.ladder is None:
            return workplace.missing()
        of_number = {exhibit.number: exhibit for exhibit in line.exhibits}
        rungs = [
            Rung(arrow, workplace.href(of_number[arrow.exhibit].refs) if arrow.exhibit in of_number else "")
            for arrow in hidden(line.ladder, workplace.redactor).arrows
        ]
        shown = [(exhibit, workplace.href(exhibit.refs)) for exhibit in line.exhibits]
        return workplace.write("call.html", line=line, rungs=rungs, shown=shown, names=LIFELINE_NAMES)

    def text() -> Response:
        drawn = _asked(workplace)
        if drawn is None:
            return workplace.missing()
        head = f"Call {drawn.call or 'without an id'} with {drawn.phone}"
        told = "\n".join(printable(line) for line in [head, *ladder.text(drawn).splitlines()])
        return _file(f"{told}\n", "text/plain; charset=utf-8", "ladder.txt")

    def svg() -> Response:
        drawn = _asked(workplace)
        if drawn is None:
            return workplace.missing()
        return _file(picture(drawn), "image/svg+xml", "ladder.svg")

    site.page("/bench/calls/<path:name>", call)
    site.page("/bench/ladder.txt", text)
    site.page("/bench/ladder.svg", svg)


def _asked(workplace: Workplace) -> Ladder | None:
    line = _found(workplace, request.args.get("call", ""))
    return hidden(line.ladder, workplace.redactor) if line and line.ladder else None


def _found(workplace: Workplace, name: str) -> JournalLine | None:
    """The newest call of this name, or else of a name that begins so, or with this number."""
    calls = [(line, line.ladder) for line in workplace.lines(both=True) if line.ladder and name]
    fitting = (
        [line for line, drawn in calls if name in (drawn.call, drawn.phone)],
        [line for line, _ in calls if line.name.startswith(name)],
        [line for line, drawn in calls if same_phone(name, drawn.phone)],
    )
    return next((found[0] for found in fitting if found), None)


def _file(text: str, kind: str, name: str) -> Response:
    answer = Response(text, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
