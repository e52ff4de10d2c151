"""Where a report for a person is printed: no output decides how a run ends."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment

from callproof.contract.printing import printable, printable_lines

# Wide enough for a requirement's sentence where no terminal says its own width.
PLAIN_WIDTH = 140


def said(text: str) -> str:
    """Text of anybody as a part of a line: without markup, and without an end of the line."""
    return escape(printable(text))


class Patient(Console):
    """Goes on in silence when whoever read it has gone away, or its disk is full. Nothing that it prints
    acts on a terminal but what rich makes of styles."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for found in super().render(renderable, options):
            # With a control the text is rich's own.
            yield found if found.control else Segment(printable_lines(found.text), found.style)

    def print(self, *objects: Any, **how: Any) -> None:
        try:
            super().print(*objects, **how)
        except OSError:
            self.quiet = True

    def on_broken_pipe(self) -> None:
        self.quiet = True
        with suppress(OSError, ValueError):
            # What Python still has to flush goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console() -> Console:
    """Rich on a terminal, plain text of a fixed width elsewhere."""
    found = Patient(highlight=False)
    return found if found.is_terminal else Patient(highlight=False, width=PLAIN_WIDTH)
