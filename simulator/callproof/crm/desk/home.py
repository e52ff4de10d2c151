"""The desk itself: a manager signs in, has a status, sees calls and starts them."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import redirect, request
from werkzeug.wrappers import Response

from callproof.contract.values import whole
from callproof.crm.acting import Acting
from callproof.crm.crm import Crm
from callproof.crm.desk.visitor import Visitor
from callproof.crm.outgoing import Refused
from callproof.crm.rules.model import HistoryQuery
from callproof.web.site import Site, back_to

STATUSES = ("free", "busy", "dinner", "break")
LONGEST = 255
_FEW = 5


def back() -> Response:
    """To the page that the form stood on; it works without script as well."""
    return redirect(back_to(request.form.get("back", "/")), 303)


def typed(name: str, source: Mapping[str, str] | None = None) -> str:
    """What somebody typed into a field of the form, or another ``source``; no database keeps a NUL."""
    found = (request.form if source is None else source).get(name, "")
    return found.replace("\0", "").strip()[:LONGEST]


class Home:
    def __init__(self, crm: Crm, site: Site) -> None:
        self._crm = crm
        self._site = site
        self._acting = Acting(crm)

    def add(self) -> None:
        self._site.page("/", self._home)
        self._site.act("/sign-in", self._sign_in)
        self._site.act("/sign-out", self._sign_out)
        self._site.act("/status", self._set_status)
        self._site.act("/call", self._call)
        self._site.act("/told/close", self._close)

    def _home(self) -> str:
        me = Visitor(self._crm).me
        if me is None:
            users = [user for user in self._crm.directory().users.values() if user.active]
            return self._site.write("desk/sign-in.html", users=users)
        with self._crm.store.begin() as session:
            clicks = session.initiations_of(me.id, _FEW)
            calls = session.history(HistoryQuery(user_id=me.id), _FEW)
            known = session.customers_of(calls)
        lines = [line.phone for module in self._crm.directory().pool.modules for line in module.lines]
        return self._site.write(
            "desk/home.html", clicks=clicks, calls=calls, known=known, line=next(iter(lines), "")
        )

    def _sign_in(self) -> Response:
        number = whole(request.form.get("user", ""))
        user = self._acting.set_user(number, {"online": True}) if number is not None else None
        if user is not None:
            Visitor(self._crm).sign_in(user)
        return back()

    def _sign_out(self) -> Response:
        visitor = Visitor(self._crm)
        if visitor.me is not None:
            self._acting.set_user(visitor.me.id, {"online": False})
        visitor.sign_out()
        return redirect("/", 303)

    def _set_status(self) -> Response:
        me, status = Visitor(self._crm).me, request.form.get("status", "")
        if me is not None and status in STATUSES:
            self._acting.set_user(me.id, {"status": status})
        return back()

    def _call(self) -> Response:
        """A click on the telephone icon; whether it worked is told (evidence#guide-call)."""
        visitor, phone = Visitor(self._crm), typed("phone")
        where, before = back_to(request.form.get("back", "/")), self._crm.journal.last_id
        if visitor.me is None or not phone:
            return back()
        try:
            done = self._crm.outgoing.make_call(visitor.me.id, phone, request.form.get("shop") or None)
        except Refused as error:
            visitor.tell_click("desk.call-failed", where, good=False, phone=phone, why=f"{error}")
        else:
            good = done.status == 200
            key = "desk.call-started" if good else "desk.call-failed"
            asked = self._exchange(before, done.url)
            visitor.tell_click(key, where, good=good, exchange=asked, phone=phone, why=done.outcome)
        return back()

    def _exchange(self, before: int, url: str) -> int:
        """The journal's newest number of a request to this host, 0 when it keeps none."""
        host = urlsplit(url).netloc
        found = [each for each in self._crm.journal.since(before) if each.direction == "out"]
        return max((each.id for each in found if urlsplit(each.request.url).netloc == host), default=0)

    def _close(self) -> Response:
        Visitor(self._crm).forget()
        return back()
