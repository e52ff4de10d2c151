"""The history: looked through, and played."""

import re
from urllib.parse import urlencode

from flask import request
from werkzeug.wrappers import Response

from callproof.contract.values import whole
from callproof.crm.crm import Crm
from callproof.crm.desk.customers import PAGE, page_number
from callproof.crm.desk.home import typed
from callproof.crm.outgoing import Refused, heard
from callproof.crm.rules.model import HistoryQuery
from callproof.web.site import Site

TYPES = ("in", "out")
RESULTS = ("answered", "no answer", "busy", "failed", "not allowed", "unknown")
# What a player needs of the PBX's answer.
_PASSED = ("Content-Type", "Content-Range", "Accept-Ranges")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST = 100


class History:
    def __init__(self, crm: Crm, site: Site) -> None:
        self._crm = crm
        self._site = site

    def add(self) -> None:
        self._site.page("/history", self._list)
        self._site.page("/recording", self._recording)

    def _list(self) -> str:
        query, number = _asked(), page_number()
        with self._crm.store.begin() as session:
            found = session.history(query, PAGE + 1, (number - 1) * PAGE)
            known = session.customers_of(found)
        kept = {name: text for name, text in request.args.items() if text and name != "page"}
        return self._site.write(
            "desk/history.html",
            calls=found[:PAGE],
            known=known,
            query=query,
            types=TYPES,
            results=RESULTS,
            page_number=number,
            more=len(found) > PAGE,
            rest=f"{urlencode(kept)}&" if kept else "",
        )

    def _recording(self) -> Response:
        """The recording of a call as the PBX gives it, or in a sentence why there is none; a player that
        seeks asks for a part (evidence#guide-records)."""
        part = request.headers.get("Range", "")[:_LONGEST] or None
        try:
            answer = self._crm.outgoing.listen(request.args.get("call", ""), part)
        except Refused as error:
            return _silent(f"{error}", 404)
        outcome = heard(answer, answer.header("Content-Type"), whole=part is None)
        if outcome != "played":
            return _silent(outcome, answer.status if answer.status >= 400 else 502)
        headers = [(name, value) for name in _PASSED if (value := answer.header(name))]
        return Response(answer.body.content, answer.status, headers)


def _silent(why: str, status: int) -> Response:
    return Response(f"{why[0].upper()}{why[1:]}.", status, mimetype="text/plain")


def _asked() -> HistoryQuery:
    """What the address asks for; what is no such thing is not asked."""
    asked = request.args
    since, until = (
        day if _DAY.fullmatch(day := asked.get(name, "")) else "" for name in ("since", "until")
    )
    kind, result = asked.get("type", ""), asked.get("result", "")
    return HistoryQuery(
        phone=typed("phone", asked),
        type=kind if kind in TYPES else "",
        result=result if result in RESULTS else "",
        user_id=whole(asked.get("manager", "")),
        since=since,
        until=until,
    )
