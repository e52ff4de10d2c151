"""A small CRM that is not callproof's: what a load asks of one, and no more."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Lock
from typing import Any

import orjson
from flask import Flask, abort, request

from callproof.running.threads import Address, serving

PAGE = 20


class ForeignCrm:
    """Of the calls that it acknowledges it ``loses`` every so manieth, 0 for none; ``reads`` is whether it
    gives its history back by GET telephony/calls. Of its methods those ``without`` which it has to do are
    not there. ``rows`` is the history, the oldest call first, and ``modules`` what was registered."""

    def __init__(self, *, loses: int = 0, reads: bool = True, without: Collection[str] = ()) -> None:
        self._loses, self._reads = loses, reads
        self._numbers, self._lock = count(1), Lock()
        self.rows: list[dict[str, Any]] = []
        self.modules: list[dict[str, Any]] = []
        self.too_often = 0
        self.app = Flask(__name__)
        for method, path, view in (
            ("GET", "/api/v5/users", lambda: self._told(users=[{"id": "1"}, {"id": "2"}])),
            ("GET", "/api/v5/customers", self._customers),
            ("GET", "/api/v5/reference/sites", lambda: self._told(sites={"shop": {"code": "shop"}})),
            (
                "POST",
                "/api/v5/integration-modules/<code>/edit",
                self._registered,
            ),
            ("GET", "/api/v5/telephony/manager", self._told),
            ("POST", "/api/v5/telephony/call/event", self._told),
            ("POST", "/api/v5/telephony/calls/upload", self._upload),
            ("GET", "/api/v5/telephony/calls", self._calls),
            ("GET", "/test/calls", lambda: list(self.rows)),
        ):
            if path not in without:
                self.app.add_url_rule(path, path, view, methods=[method])

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its address, until the block ends."""
        address = Address()
        with serving(self.app, address):
            yield address.url

    def add(self, external_id: str, date: str = "2024-05-01 12:00:00") -> None:
        self.rows.append({"id": len(self.rows) + 1, "externalId": external_id, "date": date})

    def _told(self, **members: object) -> dict[str, Any]:
        return {"success": True, **members}

    def _registered(self, code: str) -> dict[str, Any]:
        self.modules.append(orjson.loads(request.form["integrationModule"]))
        return self._told(info={"code": code})

    def _customers(self) -> dict[str, Any]:
        number = {"number": "+7 900 000-00-01"}
        return self._told(customers=[{"phones": [number]}], pagination={"totalPageCount": 1})

    def _upload(self) -> dict[str, Any]:
        sent: list[dict[str, Any]] = orjson.loads(request.form["calls"])
        with self._lock:
            for row in sent:
                if not self._loses or next(self._numbers) % self._loses:
                    self.rows.append({**row, "id": len(self.rows) + 1})
        return self._told(processedCallsCount=len(sent))

    def _calls(self) -> Any:
        if not self._reads:
            abort(404)
        if self.too_often:
            self.too_often -= 1
            return {"success": False, "errorMsg": "API rate limit reached"}, 503
        newest = sorted(self.rows, key=lambda row: (row["date"], row["id"]), reverse=True)
        # A call of before may have been uploaded later, so that ids do not go with dates.
        last = next(
            (n for n, row in enumerate(newest, 1) if str(row["id"]) == request.args.get("cursor")), 0
        )
        known = newest[last:]
        page = known[:PAGE]
        more = {"nextCursor": page[-1]["id"]} if len(known) > PAGE else {}
        return self._told(calls=page, pagination={"limit": PAGE, **more})
