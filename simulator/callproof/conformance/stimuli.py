"""Makes the side under test do something: by a request, a program or a person."""

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import requests

from callproof.conformance.process import surroundings
from callproof.conformance.target import Command, HttpRequest, Prompt, Stimulus
from callproof.contract.jsontypes import Json, with_whole_numbers
from callproof.contract.printing import printable_lines
from callproof.control.client import ActionRefused, Unreachable
from callproof.exchange.bounded import SERVER_ERROR, fetch
from callproof.exchange.trust import USUAL as PUBLIC
from callproof.exchange.trust import Trust, why
from callproof.limits import USUAL

# Actions whose answer a scenario cannot do without: it has the id of the call.
ANSWERED = frozenset({"customer calls", "dial"})
_NAME = re.compile(r"\$(\w+)")
# How much is shown of what a side says that refused or failed.
SHOWN = 200


class StimulusFailed(ActionRefused):
    """The side under test did not do what it was made to; ``worked`` says that it once did in this run,
    ``failed`` that it says itself that it went wrong over it."""

    def __init__(self, text: str, *, worked: bool = False, failed: bool = False) -> None:
        super().__init__(text)
        self.worked = worked
        self.failed = failed


class Unanswered(Unreachable):
    """The side under test does not answer at all; ``asked`` is what it was to do, and where that stands."""

    def __init__(self, text: str, stimulus: Stimulus) -> None:
        super().__init__(text)
        place = f" ({stimulus.place})" if stimulus.place else ""
        self.asked = f"for {stimulus.name!r}{place}"


class Misconfigured(StimulusFailed):
    """``callproof.yaml`` or a scenario is wrong, whatever the side under test does."""

    exit_code = 2


class Hands:
    """Does what a stimulus says. ``known`` are the names that every stimulus may use, ``printed`` is a
    sentence with what the side printed last.

    Raises Unanswered when the side under test does not answer at all, StimulusFailed when it says no, and
    Misconfigured for a program that cannot be run or an answer that cannot be read.
    """

    def __init__(
        self,
        known: Mapping[str, str],
        url: str,
        folder: Path,
        ask: Callable[[str], str] = input,
        trust: Trust = PUBLIC,
        printed: Callable[[], str] = str,
    ) -> None:
        self._known = dict(known)
        self.printed = printed
        self._url = url.rstrip("/")
        self._folder = folder
        self._ask = ask
        self._worked: set[str] = set()
        self._session = trust.session()

    def do(self, stimulus: Stimulus, args: Mapping[str, Json] | None = None) -> Json:
        """What the side answered, with the members that the stimulus names in front."""
        names = {**self._known, **(args or {})}
        match stimulus.way:
            case HttpRequest():
                answer = self._json(stimulus, self._request(stimulus, stimulus.way, names))
            case Command():
                answer = self._json(stimulus, self._command(stimulus, stimulus.way, names))
            case Prompt():
                answer = self._prompt(stimulus, stimulus.way, names)
        self._worked.add(stimulus.name)
        if stimulus.answer:
            found = {name: _member(answer, path) for name, path in stimulus.answer.items()}
            answer = {**(answer if isinstance(answer, Mapping) else {}), **found}
        if stimulus.name in ANSWERED and not isinstance(stimulus.way, Prompt):
            _demand_id(stimulus, answer)
        return answer

    def look(self, view: Stimulus) -> list[Json]:
        """What a view shows. Raises Misconfigured for something else than a list as well."""
        found = self.do(view)
        if not isinstance(found, list):
            raise Misconfigured(placed(view, f"the view {view.name!r} answered no list"))
        return [with_whole_numbers(element) for element in found]

    def close(self) -> None:
        self._session.close()

    def _request(self, stimulus: Stimulus, way: HttpRequest, names: Mapping[str, Json]) -> bytes:
        url = text(way.url, names)
        if url.startswith("/"):
            url = self._url + url
        try:
            response = fetch(
                self._session,
                way.method,
                url,
                USUAL.side_seconds,
                most=USUAL.side_bytes,
                headers={key: text(value, names) for key, value in way.headers.items()},
                json=filled(way.json, names) if way.json is not None else None,
                data={key: text(value, names) for key, value in way.form.items()} if way.form else None,
            )
        except requests.RequestException as error:
            said = f"does not answer {stimulus.name!r}: {way.method} {url}: {why(error)}"
            raise Unanswered(f"The side under test {said}", stimulus) from None
        if not response.ok:
            raise self._refused(stimulus, way, response)
        return response.content

    def _refused(self, stimulus: Stimulus, way: HttpRequest, response: requests.Response) -> StimulusFailed:
        worked, failed = stimulus.name in self._worked, response.status_code >= SERVER_ERROR
        if not failed:
            answer = " ".join(response.text.split())[:SHOWN]
            said = f"{stimulus.name!r} was answered {response.status_code}: {answer}"
            return StimulusFailed(placed(stimulus, said), worked=worked)
        first = next(filter(None, map(str.strip, response.text.splitlines())), "nothing")[:SHOWN]
        said = (
            f"your side answered {response.status_code} to {stimulus.name!r} ({way.method} {way.url}): "
            f"{first}; either it failed, or the address is not meant for that. {self.printed()}"
        )
        return StimulusFailed(placed(stimulus, said), worked=worked, failed=True)

    def _command(self, stimulus: Stimulus, way: Command, names: Mapping[str, Json]) -> bytes:
        words = [text(word, names) for word in way.words]
        known = {f"CALLPROOF_{key.upper()}": value for key, value in self._known.items()}
        try:
            done = subprocess.run(
                words,
                cwd=self._folder,
                env=surroundings(known),
                capture_output=True,
                timeout=USUAL.side_seconds,
            )
        except OSError as error:
            said = f"The program of {stimulus.name!r} cannot be run: {error}"
            raise Misconfigured(placed(stimulus, said)) from None
        except subprocess.TimeoutExpired as error:
            raise Unreachable(f"The program of {stimulus.name!r} does not end: {error}") from None
        if done.returncode:
            printed = done.stderr.decode(errors="replace").strip()[-200:]
            said = f"The program of {stimulus.name!r} exited with {done.returncode}: {printed}"
            raise StimulusFailed(placed(stimulus, said), worked=stimulus.name in self._worked)
        return done.stdout

    def _prompt(self, stimulus: Stimulus, way: Prompt, names: Mapping[str, Json]) -> Json:
        try:
            typed = self._ask(f"{printable_lines(text(way.text, names))} [Enter] ").strip()
        except (EOFError, OSError):
            said = f"{stimulus.name!r} asks a person to act, and nobody is there: run it at a terminal"
            raise Misconfigured(placed(stimulus, said)) from None
        return {"id": typed} if typed else {}

    def _json(self, stimulus: Stimulus, said: bytes) -> Json:
        """What was answered. Something else than JSON counts as nothing where nothing is asked for."""
        try:
            found: Json = msgspec.json.decode(said)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if said.strip() and (stimulus.answer or stimulus.name in ANSWERED):
                shown = said[:200].decode(errors="replace").strip()
                what = f"{stimulus.name!r} was answered, but with no JSON alone: {shown!r}"
                raise Misconfigured(placed(stimulus, what)) from None
            return {}
        return found


def _demand_id(stimulus: Stimulus, answer: Json) -> None:
    """Raises Misconfigured for an answer that does not name the call."""
    if _member(answer, "id") is None:
        shown = msgspec.json.encode(answer).decode()[:SHOWN]
        said = f"{stimulus.name!r} was answered, but its answer has no `id`, it is {shown}"
        where = "answer it, or say with `answer: {id: ...}` where it stands"
        raise Misconfigured(placed(stimulus, f"{said}; {where}"))


def filled(value: Json, names: Mapping[str, Json]) -> Json:
    """``$from`` becomes the argument; a member whose argument is not given is left out."""
    if isinstance(value, Mapping):
        return {key: filled(inner, names) for key, inner in value.items() if not _is_missing(inner, names)}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _NAME.fullmatch(value)
    return names[whole[1]] if whole and whole[1] in names else text(value, names)


def _is_missing(value: Json, names: Mapping[str, Json]) -> bool:
    whole = _NAME.fullmatch(value) if isinstance(value, str) else None
    return whole is not None and whole[1] not in names


def text(template: str, names: Mapping[str, Json]) -> str:
    """``$name`` in a text becomes its value, a structure as JSON, nothing when it has none."""
    return _NAME.sub(lambda found: _written(names.get(found[1], "")), template)


def _written(value: Json) -> str:
    return msgspec.json.encode(value).decode() if isinstance(value, Mapping | list) else str(value)


def placed(stimulus: Stimulus, said: str) -> str:
    """With the place that a person would have to change."""
    return f"{stimulus.place}: {said}" if stimulus.place else said


def _member(answer: Json, path: str) -> Json:
    for part in path.split("."):
        answer = answer.get(part) if isinstance(answer, Mapping) else None
    return answer
