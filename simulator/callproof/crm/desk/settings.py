"""The settings of telephonies: extensions of users and lines of shops by hand, on and off, deletion."""

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
        module = self._module(code)
        if module is None:
            return nothing_there(self._site)
        newest = self._registrations.newest(code)
        return self._site.write("desk/module.html", module=module, registration=newest, sentence=sentence)

    def _save(self, code: str) -> Response:
        form = request.form
        users, codes = form.getlist("user"), form.getlist("code")
        pairs = [(whole(user), text.strip()) for user, text in zip(users, codes, strict=False)]
        extensions = [Extension(user, text) for user, text in pairs if user and text]
        shops, phones = form.getlist("shop"), form.getlist("phone")
        lines = [
            Line(shop, phone.strip())
            for shop, phone in zip(shops, phones, strict=False)
            if shop and phone.strip()
        ]
        visitor = Visitor(self._crm)
        try:
            if self._acting.map_module(code, extensions, lines) is not None:
                visitor.tell("desk.saved")
        except Refused as error:
            visitor.tell("desk.not-saved", good=False, why=f"{error}")
        return _to(code)

    def _switch(self, code: str) -> Response:
        module = self._module(code)
        if module is not None and module.allows_edit:
            on = {name: request.form[name] == "true" for name in _SWITCHES if name in request.form}
            self._acting.switch_module(code, on)
        return _to(code)

    def _delete(self, code: str) -> Response:
        if self._acting.delete_module(code) is not None:
            Visitor(self._crm).tell("desk.deleted", code=code)
        return redirect("/settings", 303)

    def _module(self, code: str) -> Module | None:
        return self._crm.store.share(lambda session: session.module(code), writes=False)


def _to(code: str) -> Response:
    return redirect(f"/settings/{code}", 303)
