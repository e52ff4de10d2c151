"""Where a report for a person is printed: no output decides how a run ends."""

import os
import sys
from contextlib import suppress
from typing import Any

from rich.console import Console

# Wide enough for a requirement's sentence where no terminal says its own width.
PLAIN_WIDTH = 140


class Patient(Console):
    """Goes on in silence when whoever read it has gone away, or its disk is full."""

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
