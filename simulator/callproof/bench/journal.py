"""The journal, line by line, as it grows."""

from dataclasses import fields
from urllib.parse import urlencode

from flask import request

from callproof.bench.lines import LinesWanted
from callproof.bench.workplace import Workplace

# How many lines stand on a page.
LINES = 50
_NAMES = [field.name for field in fields(LinesWanted)]


def add_journal(workplace: Workplace) -> None:
    """``/bench``; what is looked for stands in the address."""

    def journal() -> str:
        wanted = LinesWanted(**{name: request.args.get(name, "").strip() for name in _NAMES})
        before = request.args.get("before", 0, type=int)
        every = workplace.lines()
        fitting = [line for line in every if wanted.fits(line)]
        rest = [line for line in fitting if not before or line.newest < before]
        shown = rest[:LINES]
        asked = {name: value for name in _NAMES if (value := getattr(wanted, name))}
        older = urlencode({**asked, "before": shown[-1].newest}) if len(rest) > LINES else ""
        return workplace.write(
            "journal.html",
            lines=shown,
            wanted=wanted,
            asked=bool(asked),
            fitting=len(fitting),
            every=len(every),
            older=older,
            newest=urlencode(asked) if before else None,
        )

    workplace.site.page("/bench", journal)
