"""The control API of one end, under ``/_bench/``, and its own description.

Every method is one ``Method``; routes, the reading of bodies and ``/_bench/openapi.json`` come from it and
from the type of what it is asked, so that the description cannot rot. Refusals are one sentence in
``{"error": ...}``.
"""

import hmac
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from typing import Concatenate, TypeVar, overload
from urllib.parse import parse_qsl

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from msgspec import Struct, UnsetType
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from callproof.clocks.clock import Clock
from callproof.clocks.manual import ManualClock
from callproof.clocks.real import ScaledClock
from callproof.contract.dates import written
from callproof.contract.shapes import Misshapen, shaped
from callproof.control import description
from callproof.control.following import EVENTS, NDJSON, Followers
from callproof.control.method import Method
from callproof.control.wire import TOKEN_HEADER, ClockAsked, ClockTold, JournalAsked, Members, known
from callproof.errors import Refusal
from callproof.exchange.counting import POLLS, Counts
from callproof.exchange.elsewhere import from_elsewhere
from callproof.exchange.exchange import Answer, Body
from callproof.exchange.journal import Journal
from callproof.exchange.reach import ALLOW, is_known_as
from callproof.limits import USUAL, Bounds
from callproof.storage.watching import StorageTrouble

A = TypeVar("A", bound=Struct)
log = logging.getLogger("callproof.control")


_OF_COMMANDS = "Commands of callproof take it from --control-token or CALLPROOF_CONTROL_TOKEN."
_MISSING = f"The control API wants its token in {TOKEN_HEADER}, and none was sent. {_OF_COMMANDS}"
_WRONG = f"The token in {TOKEN_HEADER} is not that of this control API. {_OF_COMMANDS}"


def nobody() -> None:
    """Nobody wants to hear of changes."""


class ControlError(Refusal):
    """The bench cannot do it; ``status`` is the HTTP status, the text one sentence for the tester."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """The methods that every end has; an end adds its own with ``add``. ``changed`` hears of each that may
    have changed something. ``alone`` says that no other process answers for the end."""

    def __init__(
        self,
        end: str,
        clock: Clock,
        journal: Journal,
        token: str = "",
        changed: Callable[[], None] = nobody,
        names: Collection[str] = (),
        *,
        counts: Counts,
        alone: bool = True,
        bounds: Bounds = USUAL,
    ) -> None:
        self.end = end
        self.clock = clock
        self.journal = journal
        self.token = token
        self._changed = changed
        self._names = names
        self.alone = alone
        self.bounds = bounds
        self.counts = counts
        self.methods: list[Method] = []
        self._simple: dict[tuple[str, str], Method] = {}
        self._open_to_all: set[str] = set()
        self._followers = Followers(journal, counts, bounds.listeners)
        waits = (
            "Exchanges since a number; waits for the first, up to wait seconds. With follow a stream of "
            "them as they happen, one JSON object a line, or server-sent events for who accepts those."
        )
        self.add("GET", "/journal", waits, self._journal, JournalAsked)
        self.add("DELETE", "/journal", "Forget the journal's entries.", self._forget)
        self.add("GET", "/clock", "What time it is and what is due next.", self._clock)
        moves = (
            "Move a manual clock on, by seconds or to a moment. Let one that runs by itself run at another"
            " speed from now on: 0 stands still, 1 is the machine's."
        )
        self.add("POST", "/clock", moves, self._advance, ClockAsked)
        self.add("GET", "/openapi.json", "This description.", self._described)

    @overload
    def add(
        self,
        verb: str,
        path: str,
        summary: str,
        act: Callable[..., object],
        *,
        open_to_all: bool = False,
    ) -> None: ...
    @overload
    def add(
        self, verb: str, path: str, summary: str, act: Callable[Concatenate[A, ...], object], asks: type[A]
    ) -> None: ...
    def add(
        self,
        verb: str,
        path: str,
        summary: str,
        act: Callable[..., object],
        asks: type[Struct] = Members,
        *,
        open_to_all: bool = False,
    ) -> None:
        """A method, as ``Method`` says."""
        method = Method(verb, path, summary, act, asks, open_to_all)
        self.methods.append(method)
        if "{" not in path:
            self._simple[verb, path] = method

    def is_trusted(self) -> bool:
        """Whether the request that is answered tells the token, if there is one to tell."""
        told = request.headers.get(TOKEN_HEADER, "")
        return not self.token or hmac.compare_digest(told.encode(), self.token.encode())

    def steer(self, app: Flask) -> None:
        """The methods as routes of the app; call it once, after the last ``add``."""
        app.extensions[Control.__name__] = self
        app.register_blueprint(self._blueprint())

    def _blueprint(self) -> Blueprint:
        blueprint = Blueprint("bench", __name__, url_prefix="/_bench")
        self._open_to_all = {f"/_bench{method.path}" for method in self.methods if method.open_to_all}
        blueprint.before_request(self._let_in)
        blueprint.register_error_handler(ControlError, _refuse)
        blueprint.register_error_handler(StorageTrouble, _troubled)
        blueprint.register_error_handler(RequestTimeout, _too_slow)
        blueprint.register_error_handler(RequestEntityTooLarge, _too_large)
        for method in self.methods:
            path = method.path.replace("{", "<").replace("}", ">")
            blueprint.add_url_rule(
                path,
                endpoint=f"{method.verb} {method.path}".replace(".", "-"),
                view_func=self._view(method),
                methods=[method.verb],
            )
        return blueprint

    def _view(self, method: Method) -> Callable[..., Response]:
        def view(**path: str) -> Response:
            asked = _asked(method, request.args, request.get_data)
            return _answer(self._done(method, asked, *path.values()), 200)

        return view

    def directly(self, verb: str, target: str, content: bytes) -> Answer | None:
        """What is answered to this very process, which is let in: the same, without Flask around it. None
        for what it takes a request to tell."""
        path, _, query = target.removeprefix("/_bench").partition("?")
        method = self._simple.get((verb, path))
        if method is None:
            return None
        try:
            asked = _asked(method, dict(parse_qsl(query, keep_blank_values=True)), lambda: content)
            told = self._done(method, asked)
        except ControlError as error:
            return _plainly({"error": str(error)}, error.status)
        except StorageTrouble as error:
            return _plainly({"error": str(error)}, 503)
        except Exception:
            log.exception("%s %s failed", verb, path)
            return _plainly({}, 500)
        return None if isinstance(told, Response) else _plainly(told, 200)

    def _done(self, method: Method, asked: Struct, *path: str) -> object:
        told = method.act(*([asked] if method.members else []), *path)
        if method.verb == "POST" and isinstance(self.clock, ManualClock):
            # What the action set off happens before its answer, so that a step of a test is whole.
            self.clock.advance()
        if method.verb != "GET":
            self._changed()
        return told

    def _let_in(self) -> Response | None:
        if not is_known_as(request.host, self._names):
            return _answer({"error": f"The control API is not served as {request.host}; {ALLOW}."}, 403)
        if not self.is_trusted() and request.path not in self._open_to_all:
            return _answer({"error": _WRONG if TOKEN_HEADER in request.headers else _MISSING}, 403)
        if from_elsewhere(request.environ):
            origin = request.headers.get("Origin", "other sites")
            return _answer({"error": f"The control API does not serve pages of {origin}."}, 403)
        return None

    def _journal(self, asked: JournalAsked) -> object:
        since = known(asked.since)
        if asked.follows:
            return self._following(since)
        wait = min(asked.wait, self.bounds.wait_seconds)
        with self.counts.open(POLLS) if wait else nullcontext():
            # Before the entries: what ends in between is one of them or still counted.
            held = self.journal.held
            entries = self.journal.since(int(since or 0), wait=wait, limit=int(asked.limit))
        told = [entry.as_json() for entry in entries]
        return {"lastId": self.journal.last_id, "held": held, "entries": told}

    def _following(self, since: float | None) -> Response:
        events = request.accept_mimetypes.best_match((NDJSON, EVENTS)) == EVENTS
        if events and since is None:
            # A browser that comes again says what it has.
            since = request.headers.get("Last-Event-ID", type=int)
        stream = self._followers.follow(None if since is None else int(since), events=events)
        if stream is None:
            raise ControlError(f"{self.bounds.listeners} listeners follow this journal already.", 503)
        answer = Response(stream, mimetype=EVENTS if events else NDJSON)
        # What stands between may not hold it back to make it one piece.
        answer.headers.update({"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        return answer

    def _forget(self) -> object:
        self.journal.clear()
        return {"lastId": self.journal.last_id}

    def _clock(self) -> ClockTold:
        now = self.clock.now()
        speed = self.clock.speed if isinstance(self.clock, ScaledClock) else 0.0
        return ClockTold(self.clock.id, self.clock.kind, now, written(now), self.clock.next_due(), speed)

    def _advance(self, asked: ClockAsked) -> ClockTold:
        if isinstance(self.clock, ScaledClock) and (speed := known(asked.speed)) is not None:
            if not self.alone:
                raise ControlError("Of several workers each would have to be told.", 409)
            self.clock.run(speed)
            return self._clock()
        if not isinstance(self.clock, ManualClock):
            raise ControlError(f"This end runs on a {self.clock.kind} clock, which nobody can move.", 409)
        if isinstance(asked.to, UnsetType):
            self.clock.advance(known(asked.advance) or 0)
        else:
            self.clock.advance_to(asked.to)
        return self._clock()

    def _described(self) -> object:
        return description.openapi(self.end, self.methods)


def _asked(method: Method, query: Mapping[str, str], content: Callable[[], bytes]) -> Struct:
    """The query of a GET, of which other members do not matter, or the body of any other method."""
    try:
        if method.verb == "GET":
            mine = {name: value for name, value in query.items() if name in method.members}
            return shaped(mine, method.asks, text=True)
        return shaped(_body(content()), method.asks)
    except Misshapen as error:
        where = "/".join(map(str, error.path)) or "The body"
        raise ControlError(f"{where}: {error}.") from None


def _body(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw) if raw else {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlError(f"The body is not JSON: {str(error).partition(' - at ')[0]}.") from None
    except RecursionError:
        raise ControlError("The body is not JSON: it is nested too deeply.") from None


def _refuse(error: ControlError) -> Response:
    return _answer({"error": str(error)}, error.status)


def _too_slow(_: RequestTimeout) -> Response:
    return _answer({"error": "The body of the request did not arrive in time."}, 408)


def _too_large(_: RequestEntityTooLarge) -> Response:
    most = current_app.config["MAX_CONTENT_LENGTH"]
    return _answer({"error": f"The body of the request has more than {most} bytes."}, 413)


def _troubled(error: StorageTrouble) -> Response:
    return _answer({"error": str(error)}, 503)


def control_of(app: Flask) -> Control:
    """That of an end."""
    found: Control = app.extensions[Control.__name__]
    return found


def _plainly(body: object, status: int) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), Body(msgspec.json.encode(body)))


def _answer(body: object, status: int) -> Response:
    if isinstance(body, Response):
        return body
    return Response(msgspec.json.encode(body), status, mimetype="application/json")
