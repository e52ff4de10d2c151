"""Makes the side under test do something: by a request, a program or a person."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import requests

from callproof.conformance.target import Command, HttpRequest, Prompt, Stimulus
from callproof.contract.jsontypes import Json
from callproof.control.client import ActionRefused, Unreachable

TIMEOUT = 30.0
_NAME = re.compile(r"\$(\w+)")


class Hands:
    """Does what a stimulus says. ``known`` are the names that every stimulus may use.

    Raises Unreachable when the side under test does not answer at all, ActionRefused when it says no.
    """

    def __init__(
        self, known: Mapping[str, str], url: str, folder: Path, ask: Callable[[str], str] = input
    ) -> None:
        self._known = dict(known)
        self._url = url.rstrip("/")
        self._folder = folder
        self._ask = ask
        self._session = requests.Session()
        self._session.trust_env = False

    def do(self, stimulus: Stimulus, args: Mapping[str, Json] | None = None) -> Json:
        """What the side answered, with the members that the stimulus names in front."""
        names = {**self._known, **(args or {})}
        match stimulus.way:
            case HttpRequest():
                answer = self._request(stimulus.name, stimulus.way, names)
            case Command():
                answer = self._command(stimulus.name, stimulus.way, names)
            case Prompt():
                typed = self._ask(f"{text(stimulus.way.text, names)} [Enter] ").strip()
                answer = {"id": typed} if typed else {}
        if not stimulus.answer:
            return answer
        found = {name: _member(answer, path) for name, path in stimulus.answer.items()}
        return {**(answer if isinstance(answer, Mapping) else {}), **found}

    def close(self) -> None:
        self._session.close()

    def _request(self, name: str, way: HttpRequest, names: Mapping[str, Json]) -> Json:
        url = text(way.url, names)
        if url.startswith("/"):
            url = self._url + url
        try:
            response = self._session.request(
                way.method,
                url,
                headers={key: text(value, names) for key, value in way.headers.items()},
                json=filled(way.json, names) if way.json is not None else None,
                data={key: text(value, names) for key, value in way.form.items()} if way.form else None,
                timeout=TIMEOUT,
            )
        except requests.RequestException as error:
            raise Unreachable(
                f"The side under test does not answer {name!r}: {way.method} {url}: {type(error).__name__}"
            ) from None
        if not response.ok:
            raise ActionRefused(f"{name!r} was answered {response.status_code}: {response.text[:200]}")
        return _json(response.content)

    def _command(self, name: str, way: Command, names: Mapping[str, Json]) -> Json:
        words = [text(word, names) for word in way.words]
        known = {f"CALLPROOF_{key.upper()}": value for key, value in self._known.items()}
        try:
            done = subprocess.run(
                words, cwd=self._folder, env={**os.environ, **known}, capture_output=True, timeout=TIMEOUT
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unreachable(f"The program of {name!r} cannot be run: {error}") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise ActionRefused(f"The program of {name!r} exited with {done.returncode}: {said}")
        return _json(done.stdout)


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
    """``$name`` in a text becomes its value, nothing when it has none."""
    return _NAME.sub(lambda found: str(names.get(found[1], "")), template)


def _json(content: bytes) -> Json:
    try:
        found: Json = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found


def _member(answer: Json, path: str) -> Json:
    for part in path.split("."):
        answer = answer.get(part) if isinstance(answer, Mapping) else None
    return answer
