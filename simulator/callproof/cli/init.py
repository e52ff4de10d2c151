"""``callproof init``."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from callproof.cli.common import CONFIG, echo, option
from callproof.contract.printing import printable
from callproof.errors import Misuse

if TYPE_CHECKING:
    from callproof.conformance.target import Target

RUNS_ALREADY = "-"


@dataclass(frozen=True)
class _Known:
    """What is known of a side: where it listens, and the words that start it, in which environment, if it
    does not run already."""

    target: str
    url: str
    words: tuple[str, ...]
    api_key: str
    env: Mapping[str, str] = field(default_factory=dict)


@click.command()
@option("--target", type=click.Choice(["pbx", "crm"]), help="Your side; pbx where nobody can be asked.")
@option("--service-url", default="", metavar="URL", help="Where your side listens, if it runs already.")
@option(
    "--start",
    default="",
    metavar="COMMAND",
    help="How it is started, with $port for a free port; guessed from the folder, as from package.json.",
)
@option("--api-key", default="", help="The API key of your CRM, or the one that your PBX has.")
@option("--load", "of_load", of="init", is_flag=True, help="Write a load.yaml for callproof load instead.")
@click.argument("file", default="", metavar="[FILE]", type=click.Path(dir_okay=False))
def init(
    target: str | None, service_url: str, start: str, api_key: str, *, of_load: bool, file: str
) -> None:
    """Write a commented callproof.yaml, to be filled in, or with --load a load.yaml.

    At a terminal it asks for what was not said, but for a load.yaml, which takes what a callproof.yaml
    beside it says. A file that is there is left alone.
    """
    file = file or ("load.yaml" if of_load else CONFIG)
    if Path(file).exists():
        raise Misuse(f"{file} is there already; name another file.")
    if service_url and not service_url.startswith(("http://", "https://")):
        raise Misuse(f"--service-url: {service_url!r} is no address; it begins with http:// or https://.")
    if of_load:
        if start:
            raise Misuse("callproof load starts nothing: leave --start out, and start your side yourself.")
        _write_load(file, target, service_url.rstrip("/"), api_key)
        return
    told = _Known(target or "", service_url.rstrip("/"), _split(start), api_key)
    folder = Path(file).resolve().parent
    known = _asked(told, folder) if sys.stdin.isatty() and sys.stdout.isatty() else _guessed(told, folder)
    _write(file, known)
    shown = printable(file)
    echo(f"{shown} is written. Fill it in, then: callproof check --probe --config {shown}")


def _guessed(told: _Known, folder: Path) -> _Known:
    from callproof.cli import guessing

    guess = guessing.Guess(words=told.words)
    if not told.words and not told.url:
        guess = guessing.started(folder)
        if guess.seen:
            echo(printable(f"As {guess.seen} is there, your side is started by: {' '.join(guess.words)}"))
    return _Known(told.target or "pbx", told.url, guess.words, told.api_key, guess.env)


def _asked(told: _Known, folder: Path) -> _Known:
    """The same from a person, with what can be guessed as defaults."""
    from callproof.cli import guessing

    side = told.target or click.prompt(
        "Which side is yours?", type=click.Choice(["pbx", "crm"]), default="pbx"
    )
    url, words, key, env = told.url, told.words, told.api_key, told.env
    if not url and not words:
        guess = guessing.started(folder)
        question = f"How is it started? $port is a free port, {RUNS_ALREADY} says that it runs already"
        said = click.prompt(question, default=" ".join(guess.words) or RUNS_ALREADY)
        words = () if said == RUNS_ALREADY else _split(said)
        env = guess.env if words == guess.words else {}
        if not words:
            url = str(click.prompt("Where does it listen?", default="http://127.0.0.1:9000")).rstrip("/")
    if side == "crm" and not key:
        key = click.prompt("An API key with all rights to a test account? Empty for later", default="")
    return _Known(side, url, words, key, env)


def _write(file: str, known: _Known) -> None:
    # Only here, so that a command that only says something does not load the conformance room.
    from callproof.cli import guessing
    from callproof.conformance.target import Start
    from callproof.conformance.target_file import START, URL, written
    from callproof.contract.operations import Side

    url = known.url or URL
    runs = bool(known.url) and not known.words
    start = None if runs else Start(known.words or START.command, f"{url}/", env=known.env)
    _keep(file, written(Side(known.target), url, start, known.api_key), secret=bool(known.api_key))
    if runs:
        echo(f"{url} {'answers' if guessing.answers(url) else 'does not answer now'}.")


def _write_load(file: str, target: str | None, url: str, api_key: str) -> None:
    # Only here, for the same reason.
    from callproof.cli import guessing
    from callproof.conformance.target import load_target
    from callproof.contract.operations import Side
    from callproof.load.job import CRM, PBX_FLEET
    from callproof.load.written import URL, written

    beside = Path(file).resolve().parent / CONFIG
    known = load_target(str(beside)) if beside.is_file() else None
    side = Side(target) if target else known.side if known else Side.CRM
    config = known is not None and known.side is side is Side.CRM
    by_hand = ""
    if config and known and guessing.PORT in known.url and not url:
        # Nothing is started by a load, so nobody knows the port.
        url = URL
        by_hand = _by_hand(known, URL)
    text = written(PBX_FLEET if side is Side.CRM else CRM, url, api_key, config=config, start=by_hand)
    _keep(file, text, secret=bool(api_key))
    shown = printable(file)
    named = "" if file == "load.yaml" else f" --load {shown}"
    echo(f"{shown} is written. Fill it in, then: callproof load --headless{named}")


def _by_hand(known: "Target", url: str) -> str:
    """The shell's line that starts the side at this address, "" where the file starts none."""
    from callproof.conformance.stimuli import text

    if not known.start:
        return ""
    names = {"port": str(urlsplit(url).port), "python": "python3", "api_key": known.api_key}
    variables = [f"{name}={shlex.quote(text(value, names))}" for name, value in known.start.env.items()]
    return " ".join([*variables, shlex.join(text(word, names) for word in known.start.command)])


def _keep(file: str, text: str, *, secret: bool) -> None:
    from callproof.reports import output

    if secret:
        # Who may read the folder may not act for the account.
        output.write_private(file, text.encode())
    else:
        output.write(file, text.encode())


def _split(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise Misuse(f"--start: {command!r} is no command: {error}.") from None
