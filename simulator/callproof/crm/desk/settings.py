"""The settings of telephonies: extensions of users and lines of shops by hand, on and off, deletion."""

from dataclasses import dataclass

from flask import redirect, request
from werkzeug.wrappers import Response

from callproof.contract.findings import sentence
from callproof.contract.values import whole
from callproof.crm.acting import Acting
from callproof.crm.crm import Crm
from callproof.crm.desk.customers import nothing_there
from callproof.crm.desk.registrations import Registrations
from callproof.crm.desk.visitor import Visitor
from callproof.crm.outgoing import Refused
from callproof.crm.rules.model import Extension, Line, Module
from callproof.web.site import Site

_SWITCHES = ("active", "freeze")


@dataclass(frozen=True)
class Typed:
    """The rows of the form as texts: user and extension, shop and line."""

    extensions: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]


class Settings:
    """With allowEdit false nothing is left but deletion (evidence#guide-registering)."""

    def __init__(self, crm: Crm, site: Site) -> None:
        self._crm = crm
        self._site = site
        self._acting = Acting(crm)
        self._registrations = Registrations(crm.journal)

    def add(self) -> None:
        self._site.page("/settings", self._list)
        self._site.page("/settings/<code>", self._one)
        self._site.act("/settings/<code>", self._save)
        self._site.act("/settings/<code>/switch", self._switch)
        self._site.act("/settings/<code>/delete", self._delete)

    def _list(self) -> str:
        with self._crm.store.begin() as session:
            modules = session.registered()
        return self._site.write("desk/settings.html", modules=modules)

    def _one(self, code: str) -> str | Response:
        return self._shown(code, None)

    def _shown(self, code: str, typed: Typed | None) -> str | Response:
        """``typed`` is what was refused, and is there to be mended."""
        module = self._module(code)
        if module is None:
            return nothing_there(self._site)
        newest = self._registrations.newest(code)
        kept = Typed(
            tuple((str(pair.user_id), pair.code) for pair in module.extensions),
            tuple((line.site_code, line.phone) for line in module.lines),
        )
        return self._site.write(
            "desk/module.html",
            module=module,
            typed=typed or kept,
            refused=typed is not None,
            registration=newest,
            sentence=sentence,
        )

    def _save(self, code: str) -> str | Response:
        sent, visitor = _typed(), Visitor(self._crm)
        try:
            if self._acting.map_module(code, self._extensions(sent), self._lines(sent)) is not None:
                visitor.tell("desk.saved", request.path)
        except Refused as error:
            visitor.tell("desk.not-saved", request.path, good=False, why=f"{error}")
            return self._shown(code, sent)
        return _to(code)

    def _extensions(self, sent: Typed) -> list[Extension]:
        found = []
        for user, code in sent.extensions:
            number = whole(user)
            if not number:
                raise Refused(self._site.texts("desk.choose-user", code=code))
            found.append(Extension(number, code))
        return found

    def _lines(self, sent: Typed) -> list[Line]:
        lost = next((phone for shop, phone in sent.lines if not shop), None)
        if lost is not None:
            raise Refused(self._site.texts("desk.choose-shop", phone=lost))
        return [Line(shop, phone) for shop, phone in sent.lines]

    def _switch(self, code: str) -> Response:
        module = self._module(code)
        if module is not None and module.allows_edit:
            on = {name: request.form[name] == "true" for name in _SWITCHES if name in request.form}
            self._acting.switch_module(code, on)
        return _to(code)

    def _delete(self, code: str) -> Response:
        if self._acting.delete_module(code) is not None:
            Visitor(self._crm).tell("desk.deleted", "/settings", code=code)
        return redirect("/settings", 303)

    def _module(self, code: str) -> Module | None:
        return self._crm.store.share(lambda session: session.module(code), writes=False)


def _typed() -> Typed:
    """What the form sent; a row without a number is taken away."""
    rows = [_rows("user", "code"), _rows("shop", "phone")]
    extensions, lines = (tuple((owner, text) for owner, text in each if text) for each in rows)
    return Typed(extensions, lines)


def _rows(owners: str, texts: str) -> list[tuple[str, str]]:
    form = request.form
    pairs = zip(form.getlist(owners), form.getlist(texts), strict=False)
    return [(owner, text.replace("\0", "").strip()) for owner, text in pairs]


def _to(code: str) -> Response:
    return redirect(f"/settings/{code}", 303)
