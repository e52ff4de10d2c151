"""What an integrator says of the side under test: ``callproof.yaml``, with ``schemas/target.json``."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import msgspec

from callproof.conformance.actions import ACTIONS
from callproof.conformance.judge import UnderTest
from callproof.conformance.scenario import KEPT
from callproof.contract.dates import zone_problem
from callproof.contract.guide import CLIENT_ID, GUIDES, MODULE_CODE, Account
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import Side
from callproof.contract.phones import country_problem
from callproof.contract.schemas import load
from callproof.exchange import trust
from callproof.exchange.trust import USUAL, Trust
from callproof.files.typed import typed
from callproof.files.yamlfile import Document, Path_

UPLOAD_EVERY, PASS_TIME, ADD_CUSTOMER = "upload every", "pass time", "add customer"
SET_BUDGETS = "set budgets"


@dataclass(frozen=True)
class HttpRequest:
    """``url`` may be a path below the target's; ``json`` and ``form`` exclude each other."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Command:
    words: tuple[str, ...]


@dataclass(frozen=True)
class Prompt:
    text: str


Way: TypeAlias = HttpRequest | Command | Prompt


@dataclass(frozen=True)
class Stimulus:
    """One way to make the side under test do or tell something; ``answer`` maps names to dotted paths.

    ``place`` is its file:line.
    """

    name: str
    way: Way
    answer: Mapping[str, str] = field(default_factory=dict)
    place: str = ""


@dataclass(frozen=True)
class Start:
    """A process and the address that answers once it is ready, within so many seconds.

    So many ``instances`` of it may run side by side. ``env`` is what its environment has beside callproof's
    own variables, ``log`` a file that has all that it prints.
    """

    command: tuple[str, ...]
    ready: str
    within: float = 20.0
    instances: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    log: str = ""


@dataclass(frozen=True)
class TlsEnd:
    """The end opposite listens with TLS. ``folder``, beside the file, keeps its CA; ``names`` are hosts
    that its certificate is for beside those of this machine."""

    folder: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """The side under test; ``folder`` is where its commands run."""

    side: Side
    folder: Path
    url: str = ""
    code: str = MODULE_CODE
    client_id: str = CLIENT_ID
    account: Account = GUIDES
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
    trust: Trust = USUAL
    tls: TlsEnd | None = None
    # Where a stimulus or a view would stand that is missing.
    place: str = ""

    def judged(self, run: str) -> UnderTest:
        """Whom a run judges; ``run`` is its word for ids that no other run has."""
        keeps, budgets = not self.set_up, self.budgets
        return UnderTest(self.side, self.code, self.client_id, self.account, run, keeps, budgets)

    @property
    def instances(self) -> int:
        """How many of it may run side by side."""
        return self.start.instances if self.start else 1

    @property
    def timed(self) -> bool:
        """Whether the side has a test clock, so that no time has to be waited for."""
        return PASS_TIME in self.stimuli

    @property
    def budgets(self) -> bool:
        """Whether it may be a CRM that refuses who asks too often, as no test can set."""
        return self.side is Side.CRM and SET_BUDGETS not in self.stimuli

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the side does not have: what its file declares absent, and what it need not know."""
        optional = (name for name, rule in ACTIONS.items() if rule.optional and rule.end is self.side)
        # A CRM whose time cannot be moved is not waited for, as a PBX is.
        clock = [PASS_TIME] if self.side is Side.CRM and not self.timed else []
        return (*self.absent, *clock, *(name for name in optional if name not in self.stimuli))

    @property
    def asks(self) -> bool:
        """Whether a person has to act, at a terminal."""
        return any(isinstance(stimulus.way, Prompt) for stimulus in self.all_stimuli)

    @property
    def all_stimuli(self) -> Sequence[Stimulus]:
        """Everything that is done to the side, or asked of it."""
        return (*self.stimuli.values(), *self.views.values(), *self.set_up, *self.clean_up)


class _Stimulus(msgspec.Struct):
    """Exactly one of the first three is there, as the schema demands."""

    request: JsonObject | None = None
    command: tuple[str, ...] | None = None
    prompt: str = ""
    answer: dict[str, str] = {}


class _TargetYaml(msgspec.Struct, rename="kebab"):
    target: Side
    url: str = ""
    code: str = MODULE_CODE
    client_id: str = CLIENT_ID
    account: Account = GUIDES
    api_key: str = ""
    listen: int = 0
    start: Start | None = None
    set_up: tuple[_Stimulus, ...] = ()
    clean_up: tuple[_Stimulus, ...] = ()
    stimuli: dict[str, _Stimulus] = {}
    views: dict[str, _Stimulus] = {}
    absent: tuple[str, ...] = ()
    patience: float = 2.0
    rewrite: dict[str, str] = {}
    allow_hosts: tuple[str, ...] = ()
    ca: tuple[str, ...] = ()
    insecure_callbacks: tuple[str, ...] = ()
    tls: TlsEnd | None = None


def load_target(file: str) -> Target:
    """Raises FileError, which names the line, for anything wrong in the file."""
    document = Document(Path(file))
    document.demand(load("target"), document.data)
    return _TargetReader(document).target(Path(file).resolve().parent)


class _TargetReader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._read = typed(document, _TargetYaml)

    def target(self, folder: Path) -> Target:
        read = self._read
        actions = {name for name, rule in ACTIONS.items() if rule.end is read.target}
        others = {ADD_CUSTOMER} if read.target is Side.CRM else set()
        self._demand_known("stimuli", read.stimuli, actions | others | {UPLOAD_EVERY, PASS_TIME})
        self._demand_known("views", read.views, set(KEPT[read.target]))
        self._demand_place(read.account)
        if read.start and read.start.instances > 1:
            self._demand_room(read)
        return Target(
            side=read.target,
            folder=folder,
            url=read.url,
            code=read.code,
            client_id=read.client_id,
            account=read.account,
            api_key=read.api_key,
            listen=read.listen,
            start=read.start,
            set_up=self._listed("set-up", read.set_up),
            clean_up=self._listed("clean-up", read.clean_up),
            stimuli=self._named("stimuli", read.stimuli, "POST"),
            views=self._named("views", read.views, "GET"),
            absent=read.absent,
            patience=read.patience,
            rewrite=read.rewrite,
            allow_hosts=read.allow_hosts,
            trust=self._trust(folder),
            tls=read.tls,
            place=self._place(("stimuli",)),
        )

    def _demand_known(self, part: str, named: Iterable[str], known: Collection[str]) -> None:
        for name in named:
            if name not in known:
                problem = f"{name!r} is none of the {self._read.target}'s {part}"
                raise self._document.error((part, name), f"{problem}: {', '.join(sorted(known))}")

    def _demand_place(self, account: Account) -> None:
        for name, problem in (
            ("timezone", zone_problem(account.timezone)),
            ("country", country_problem(account.country)),
        ):
            if problem:
                raise self._document.error(("account", name), problem)

    def _trust(self, folder: Path) -> Trust:
        files = tuple(str(folder / name) for name in self._read.ca)
        for number, file in enumerate(files):
            if said := trust.problem(file):
                raise self._document.error(("ca", number), f"{self._read.ca[number]} {said}")
        return Trust(files, self._read.insecure_callbacks)

    def _demand_room(self, read: "_TargetYaml") -> None:
        """Several instances need ports of their own, and nobody is asked for several things at once."""
        words = " ".join((*read.start.command, *read.start.env.values())) if read.start else ""
        if read.listen or "$port" not in read.url or "$port" not in words:
            problem = "instances side by side need $port in url and in command or env, and no listen"
            raise self._document.error(("start", "instances"), problem)
        if read.start and read.start.log and "$port" not in read.start.log:
            problem = "instances side by side need $port in it, so that each has a file of its own"
            raise self._document.error(("start", "log"), problem)

    def _listed(self, part: str, found: Sequence[_Stimulus]) -> tuple[Stimulus, ...]:
        return tuple(self._stimulus(part, sent, "POST", (part, at)) for at, sent in enumerate(found))

    def _named(self, part: str, found: Mapping[str, _Stimulus], method: str) -> dict[str, Stimulus]:
        return {name: self._stimulus(name, sent, method, (part, name)) for name, sent in found.items()}

    def _stimulus(self, name: str, sent: _Stimulus, method: str, path: Path_) -> Stimulus:
        way: Way = Prompt(sent.prompt)
        if sent.command is not None:
            way = Command(sent.command)
        elif sent.request is not None:
            request = {"method": method, **sent.request}
            way = typed(self._document, HttpRequest, request, (*path, "request"))
        return Stimulus(name, way, sent.answer, self._place(path))

    def _place(self, path: Path_) -> str:
        return f"{self._document.name}:{self._document.line(path)}"
