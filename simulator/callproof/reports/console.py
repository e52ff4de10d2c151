"""Where a report for a person is printed: nothing else waits for whether it can be."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from callproof.contract.printing import printable, printable_lines
from callproof.errors import NotWritten
from callproof.files.nowhere import discard_stdout

# Wide enough for a requirement's sentence where no terminal says its own width.
PLAIN_WIDTH = 140


def said(text: str) -> str:
    """Text of anybody as a part of a line: without markup, and without an end of the line."""
    return escape(printable(text))


class Patient(Console):
    """Goes on in silence when whoever read it has gone away, or its disk is full, so that all else is
    written; ``demand_written`` tells then. Nothing that it prints acts on a terminal but what rich makes of
    styles."""

    _unwritten: OSError | None = None

    def demand_written(self) -> None:
        """Raises BrokenPipeError where nobody reads it any more, NotWritten where it cannot be written."""
        if isinstance(self._unwritten, BrokenPipeError):
            raise self._unwritten
        if self._unwritten:
            raise NotWritten.printing(self._unwritten)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for found in super().render(renderable, options):
            # With a control the text is rich's own. What is in a table comes by again for all around it.
            safe = found.control or found.text.isprintable()
            yield found if safe else Segment(printable_lines(found.text), found.style)

    def print(self, *objects: Any, **how: Any) -> None:
        try:
            super().print(*objects, **how)
        except OSError as error:
            self._give_up(error)

    def on_broken_pipe(self) -> None:
        self._give_up(BrokenPipeError())
        discard_stdout()

    def _give_up(self, error: OSError) -> None:
        self.quiet, self._unwritten = True, error


def console() -> Patient:
    """Rich on a terminal, plain text of a fixed width elsewhere."""
    found = Patient(highlight=False)
    return found if found.is_terminal else Patient(highlight=False, width=PLAIN_WIDTH)
