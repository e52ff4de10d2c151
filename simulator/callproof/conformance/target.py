"""What an integrator says of the side under test: ``callproof.yaml``, with ``schemas/target.json``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast

from callproof.conformance.drivers import ACTIONS
from callproof.conformance.scenario import KEPT
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.contract.schemas import load
from callproof.files.yamlfile import Document

UPLOAD_EVERY, PASS_TIME = "upload every", "pass time"


@dataclass(frozen=True)
class Request:
    """``url`` may be a path below the target's; ``json`` and ``form`` exclude each other."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Json = None
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]


@dataclass(frozen=True)
class Prompt:
    text: str


Way: TypeAlias = Request | Command | Prompt


@dataclass(frozen=True)
class Stimulus:
    """One way to make the side under test do or tell something; ``answer`` maps names to dotted paths."""

    name: str
    way: Way
    answer: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Start:
    """A process and the address that answers once it is ready, within so many seconds."""

    command: tuple[str, ...]
    ready: str
    within: float = 20.0


@dataclass(frozen=True)
class Target:
    """The side under test; ``folder`` is where its commands run."""

    side: Side
    folder: Path
    url: str = ""
    code: str = "virtual-pbx"
    client_id: str = "2dbh26tahjj26sg"
    api_key: str = ""
    listen: int = 0
    start: Start | None = None
    set_up: tuple[Stimulus, ...] = ()
    clean_up: tuple[Stimulus, ...] = ()
    stimuli: Mapping[str, Stimulus] = field(default_factory=dict)
    views: Mapping[str, Stimulus] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    patience: float = 2.0
    rewrite: Mapping[str, str] = field(default_factory=dict)
    allow_hosts: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether the side has a test clock, so that no time has to be waited for."""
        return PASS_TIME in self.stimuli

    @property
    def asks(self) -> bool:
        """Whether a person has to act, at a terminal."""
        ways = (*self.stimuli.values(), *self.views.values(), *self.set_up, *self.clean_up)
        return any(isinstance(stimulus.way, Prompt) for stimulus in ways)


def load_target(file: str) -> Target:
    """Raises FileError, which names the line, for anything wrong in the file."""
    document = Document(Path(file))
    document.demand(load("target"), document.data)
    data = cast(JsonObject, document.data)
    side = Side(str(data["target"]))
    actions = {name for name, rule in ACTIONS.items() if rule.end is side} | {UPLOAD_EVERY, PASS_TIME}
    for part, known in (("stimuli", actions), ("views", set(KEPT[side]))):
        for name in cast(JsonObject, data.get(part) or {}):
            if name not in known:
                choices = ", ".join(sorted(known))
                raise document.error((part, name), f"{name!r} is none of the {side}'s {part}: {choices}")
    start = cast("JsonObject | None", data.get("start"))
    usual = Target(side, Path(file).parent)
    return Target(
        side=side,
        folder=Path(file).resolve().parent,
        url=str(data.get("url", "")),
        code=str(data.get("code", usual.code)),
        client_id=str(data.get("client-id", usual.client_id)),
        api_key=str(data.get("api-key", "")),
        listen=cast(int, data.get("listen", 0)),
        start=_start(start) if start else None,
        set_up=_listed(data, "set-up"),
        clean_up=_listed(data, "clean-up"),
        stimuli=_named(data, "stimuli"),
        views=_named(data, "views"),
        absent=tuple(cast("list[str]", data.get("absent") or ())),
        patience=cast(float, data.get("patience", usual.patience)),
        rewrite=cast("Mapping[str, str]", data.get("rewrite") or {}),
        allow_hosts=tuple(cast("list[str]", data.get("allow-hosts") or ())),
    )


def _start(sent: JsonObject) -> Start:
    usual = Start((), "")
    command = tuple(cast("list[str]", sent["command"]))
    return Start(command, str(sent["ready"]), cast(float, sent.get("within", usual.within)))


def _listed(data: JsonObject, part: str) -> tuple[Stimulus, ...]:
    return tuple(_stimulus(part, sent, "POST") for sent in cast("list[JsonObject]", data.get(part) or ()))


def _named(data: JsonObject, part: str) -> dict[str, Stimulus]:
    method = "GET" if part == "views" else "POST"
    found = cast("dict[str, JsonObject]", data.get(part) or {})
    return {name: _stimulus(name, sent, method) for name, sent in found.items()}


def _stimulus(name: str, sent: JsonObject, method: str) -> Stimulus:
    answer = cast("Mapping[str, str]", sent.get("answer") or {})
    return Stimulus(name, _way(sent, method), answer)


def _way(sent: JsonObject, method: str) -> Way:
    if "command" in sent:
        return Command(tuple(cast("list[str]", sent["command"])))
    if "prompt" in sent:
        return Prompt(str(sent["prompt"]))
    request = cast(JsonObject, sent["request"])
    return Request(
        str(request.get("method", method)),
        str(request["url"]),
        cast("Mapping[str, str]", request.get("headers") or {}),
        request.get("json"),
        cast("Mapping[str, str] | None", request.get("form")),
    )
