"""The pages of one end as a Flask blueprint: what all of them share, and how a page is written."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from flask import Blueprint, Response, make_response, redirect, request, send_from_directory, session
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response as AnyResponse

from callproof.contract.dates import written
from callproof.contract.secrets import Masks
from callproof.exchange.app import EndApp
from callproof.exchange.elsewhere import from_elsewhere
from callproof.exchange.reach import ALLOW, is_known_as, names_of
from callproof.web import texts
from callproof.web.guard import FIELD, Guard, protect
from callproof.web.pulse import Pulse

HERE = Path(__file__).parent
STATIC = "/pages"
_LANGUAGE = "language"
# Of an address: with 1 the page shows what it hides otherwise.
_SECRETS = "secrets"

View: TypeAlias = Callable[..., "str | AnyResponse"]


@dataclass(frozen=True)
class About:
    """What every page says of the end that it belongs to; ``end`` and ``other`` are ``crm`` or ``pbx``."""

    end: str
    name: str
    address: str
    database: str
    key: str
    other: str
    other_address: str


@dataclass(frozen=True)
class Surroundings:
    """What an end's pages are told by whoever opens it: the instance's ``name``, where state is kept in
    ``database`` (the address as it may be shown, empty for memory), and the ``other`` end's address."""

    name: str = "callproof"
    database: str = ""
    other: str = ""


ALONE = Surroundings()


def nothing_more(_site: "Site") -> None:
    """No pages beside the end's own."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation: ``key`` of its text."""

    path: str
    key: str


@dataclass
class Site:
    """``folders`` hold the templates of the end's own pages, ``links`` lead to them; ``zone`` is in which
    times are written, and ``answers`` says whether somebody answers at an address. ``static`` are further
    folders of files, by their name in the address."""

    about: Callable[[], About]
    guard: Guard
    pulse: Pulse
    folders: tuple[Path, ...]
    links: tuple[Link, ...]
    zone: Callable[[], str]
    answers: Callable[[str], bool]
    # Names of the public DNS under which the pages may be asked for, beside that of their address.
    names: Collection[str] = ()
    static: dict[str, Path] = field(default_factory=dict)
    # Adds what every template of the end may use, such as who is signed in.
    more: Callable[[], dict[str, object]] = dict

    def blueprint(self, app: EndApp) -> Blueprint:
        """Call it once; add the pages with ``page`` and ``act`` before it is registered."""
        self.guard.keep(app, self.about().address)
        app.missing = self._missing
        self._pages = Blueprint("pages", __name__)
        self._pages.after_request(protect)
        self._pages.before_request(self._let_in)
        self._pages.add_url_rule(f"{STATIC}/<path:name>", "static", self._file)
        self._pages.add_url_rule("/live", "live", self._live)
        self._pages.add_url_rule("/other", "other", self._other)
        self._pages.add_url_rule("/unlock", "unlock", self._unlock, methods=["POST"])
        self._pages.add_url_rule("/language", "language", self._choose, methods=["POST"])
        return self._pages

    def page(self, path: str, view: View) -> None:
        """A page or a part of one."""
        self._pages.add_url_rule(path, f"GET {path}".replace(".", "-"), view)

    def act(self, path: str, view: View) -> None:
        """What a form does; it is refused without the form's token, and the pages hear of it."""

        def guarded(**parts: str) -> "str | AnyResponse":
            done = view(**parts)
            self.pulse.bump()
            return done

        self._pages.add_url_rule(path, f"POST {path}".replace(".", "-"), guarded, methods=["POST"])

    def write(self, template: str, **values: object) -> str:
        """The page, or only what is in its block ``main`` when a page that is open asks for it anew."""
        found = self._templates.get_template(template)
        context = {**self._shared(), **values}
        if "HX-Request" in request.headers:
            return "".join(found.blocks["main"](found.new_context(context)))
        return found.render(context)

    def part(self, template: str, block: str, **values: object) -> str:
        """One block of a template."""
        found = self._templates.get_template(template)
        return "".join(found.blocks[block](found.new_context({**self._shared(), **values})))

    @property
    def shows_secrets(self) -> bool:
        """Whether whoever asks for this page asks for them as well."""
        return request.args.get(_SECRETS) == "1" and not self.guard.locked

    @property
    def texts(self) -> texts.Texts:
        return texts.Texts(
            texts.chosen(str(session.get(_LANGUAGE, "")), request.headers.get("Accept-Language", ""))
        )

    @cached_property
    def _templates(self) -> Environment:
        made = Environment(
            loader=FileSystemLoader([HERE / "templates", *self.folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters["clock"] = lambda moment: written(moment, self.zone())
        made.filters["pretty"] = _pretty
        return made

    def _shared(self) -> dict[str, object]:
        about = replace(self.about(), key="") if self.guard.locked else self.about()
        return {
            "t": self.texts,
            # Who has not told the token is told no key.
            "about": about,
            "hide": Masks((about.key,), shown=self.shows_secrets).text,
            "shows_secrets": self.shows_secrets,
            "other_way": _other_way() if request.method == "GET" and not self.guard.locked else "",
            "links": self.links,
            "path": request.path,
            "here": request.full_path.rstrip("?"),
            "csrf": "" if _from_elsewhere() else self.guard.csrf(),
            "static": STATIC,
            "languages": texts.LANGUAGES,
            **self.more(),
        }

    def _known(self) -> bool:
        return is_known_as(request.host, names_of(self.about().address, self.names))

    def _let_in(self) -> "AnyResponse | str | tuple[str, int] | None":
        if not self._known():
            return Response(
                f"These pages are not served as {request.host}; {ALLOW}.", 403, mimetype="text/plain"
            )
        if request.path.startswith(STATIC):
            return None
        if request.method != "POST" and from_elsewhere(request.environ) and not _follows_a_link():
            return Response("These pages are not for pages of other sites.", 403, mimetype="text/plain")
        if _from_elsewhere():
            # A strict cookie does not come along from a link elsewhere, and must not be replaced.
            return self.write("again.html")
        if self.guard.locked and request.path != "/unlock":
            return self.write("unlock.html", wrong=False), 403
        if request.method == "POST" and not self.guard.is_own():
            return self.write("stale.html"), 403
        return None

    def _missing(self) -> Response:
        """What a browser gets for an address that no page has; its hooks are not those of the pages."""
        return protect(make_response(self._let_in() or (self.write("missing.html"), 404)))

    def _unlock(self) -> "AnyResponse | tuple[str, int]":
        if self.guard.unlock(request.form.get("token", "")):
            return redirect("/", 303)
        return self.write("unlock.html", wrong=True), 403

    def _choose(self) -> AnyResponse:
        session[_LANGUAGE] = request.form.get(_LANGUAGE, "")
        return redirect(back_to(request.form.get("back", "/")), 303)

    def _other(self) -> str:
        """Whether the other end answers."""
        address = self.about().other_address
        word = "answers" if address and self.answers(address) else "silent"
        return self.part("other.html", "main", word=word)

    def _live(self) -> Response:
        told = (_LATER,) if self.pulse.full else stream(self.pulse.beats())
        return Response(told, mimetype="text/event-stream")

    def _file(self, name: str) -> Response:
        first, slash, rest = name.partition("/")
        if slash and first in self.static:
            return send_from_directory(self.static[first], rest, max_age=3600)
        return send_from_directory(HERE / "static", name, max_age=3600)


def _other_way() -> str:
    """The address of the same page with what it hides, or without what it shows."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != _SECRETS]
    more = [] if request.args.get(_SECRETS) == "1" else [(_SECRETS, "1")]
    return f"{quote(request.path)}?{urlencode([*asked, *more])}".rstrip("?")


# To a page for which there is no place: anything but a stream would end its asking for good.
_LATER = b"retry: 10000\n\n"


def _follows_a_link() -> bool:
    """Whether a person is to see what is asked for; browsers that do not say so ask for nothing else."""
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _from_elsewhere() -> bool:
    """Whether a link of another site led here."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site"


def stream(beats: Iterator[int | None]) -> Iterator[bytes]:
    """What ``/live`` answers."""
    # A page looks anew when it hears the first line, and is told of whatever happens from here on.
    next(beats, None)
    yield b"retry: 500\n\n"
    for beat in beats:
        yield b":\n\n" if beat is None else b"data: %d\n\n" % beat


def back_to(path: str) -> str:
    """Only a path of ours: an address would lead elsewhere."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value)).decode()


__all__ = ["FIELD", "About", "back_to", "Link", "Site"]
