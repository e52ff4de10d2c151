"""Whether an end is well, for whoever starts and watches it; a database is waited for a moment."""

import os

import msgspec
from flask import Response
from msgspec import Struct

from callproof.clocks.machine import monotonic
from callproof.contract.dates import written
from callproof.control.api import Control
from callproof.storage.watching import Watched

PATH = "/health"


class Kept(Struct, frozen=True):
    """Where state is kept: in ``memory``, ``sqlite`` or ``postgresql``; ``schema`` is the version of its
    tables, ``durability`` what is promised of acknowledged changes, ``none`` in memory."""

    kind: str
    durability: str
    schema: str


class Health(Struct, frozen=True, omit_defaults=True):
    """``trouble`` is a sentence, ``since`` when it began; ``pid`` is the process that answered, one of
    ``workers``, and ``uptime`` how many seconds it is there. Without the token
    only ``ok`` is told."""

    ok: bool
    trouble: str = ""
    since: str = ""
    storage: Kept | None = None
    uptime: float = -1.0
    pid: int = 0
    workers: int = 0


def add_health(api: Control, database: Watched, *, workers: int = 1) -> None:
    """``/health`` of one end, which needs no token."""
    began = monotonic()

    def health() -> Response:
        trouble = database.watch.look()
        told = Health(ok=trouble is None)
        if api.is_trusted():
            told = Health(
                ok=trouble is None,
                trouble=trouble.text if trouble else "",
                since=written(trouble.since) if trouble else "",
                storage=Kept(database.kind, database.promise, database.schema),
                uptime=round(monotonic() - began, 3),
                pid=os.getpid(),
                workers=workers,
            )
        body = msgspec.json.encode(told)
        return Response(body, 503 if trouble else 200, mimetype="application/json")

    api.add(
        "GET",
        PATH,
        "Whether the end is well: 200, or 503 and the trouble of its database in a sentence. It needs no"
        " token, but without it only ok is told.",
        health,
        open_to_all=True,
    )
