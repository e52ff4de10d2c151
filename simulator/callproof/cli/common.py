"""What the commands share: options with environment variables, and the ways out.

Every command imports this, so it imports next to nothing itself.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from callproof.contract.printing import printable, printable_lines
from callproof.errors import Misuse, NotWritten, OutOfReach, Refusal

if TYPE_CHECKING:
    from callproof.contract.secrets import Masks
    from callproof.exchange.trust import Trust
    from callproof.reports.redact import Redactor

NOT_CONFORMANT = Refusal.exit_code
# Where init writes what is yours.
CONFIG = "callproof.yaml"
CRM_URL, PBX_URL = "http://127.0.0.1:8080", "http://127.0.0.1:8081"

# Where the context of a command keeps its CAs, and whether it shows secrets.
_CA, _SHOWN = "callproof.ca", "callproof.secrets"

F = TypeVar("F", bound=Callable[..., object])


def echo(text: object, *, err: bool = False) -> None:
    """Print lines; no text of others in them acts on a terminal, but an end of a line in it is one. Where
    that could pass for a line of ours, the text goes through ``printable`` before."""
    try:
        click.echo(printable_lines(str(text)), err=err)  # noqa: TID251
    except BrokenPipeError:
        # Who reads errors alone decides nothing about what is printed.
        if not err:
            raise
    except OSError as error:
        if not err:
            raise NotWritten.printing(error) from None


def option(name: str, *names: str, of: str = "", **attributes: Any) -> Callable[[F], F]:
    """A click option with its environment variable. A variable means one thing in all commands: ``of`` is
    the command that has one of its own, as others have an option of this name for something else."""
    return click.option(name, *names, envvar=_variable(name, of), show_envvar=True, **attributes)


def sendable(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """A key or token that a header carries as it is, or none, or a usage error that does not repeat it."""
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise click.BadParameter("no header can have it: take letters, digits and signs of ASCII.")
    return value


def is_given(parameter: str) -> bool:
    """Whether the user of the command that runs has said so: by the option, its variable or at a prompt."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)


def _variable(name: str, of: str = "") -> str:
    """Of ``--this/--not-this`` the first: it is set to true or false."""
    said = f"{of}-{name.removeprefix('--').partition('/')[0]}".removeprefix("-")
    return f"CALLPROOF_{said.upper().replace('-', '_')}"


def _readable_ca(context: click.Context, _parameter: click.Parameter, files: tuple[str, ...]) -> None:
    from callproof.exchange.trust import problem

    for file in files:
        if said := problem(file):
            raise click.BadParameter(f"{file} {said}.")
    context.meta[_CA] = files


def trusting(command: F) -> F:
    """A command that asks over https has ``--ca``; ``trust_given`` is what came of it."""
    return option(
        "--ca",
        multiple=True,
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        callback=_readable_ca,
        expose_value=False,
        help="A CA in PEM to believe beside the public ones and those that SSL_CERT_FILE and"
        " REQUESTS_CA_BUNDLE name.",
    )(command)


def trust_given(unchecked: tuple[str, ...] = ()) -> "Trust":
    """What the command that runs was told to believe."""
    from callproof.exchange.trust import Trust

    return Trust(click.get_current_context().meta.get(_CA, ()), unchecked)


def hiding(command: F) -> F:
    """A command that shows what was sent has ``--show-secrets``; ``secrets_shown`` is what came of it."""
    return option(
        "--show-secrets",
        is_flag=True,
        callback=_remember_shown,
        expose_value=False,
        help="Show API keys, clientId, tokens, cookies and passwords; otherwise *** and their end stand"
        " for them.",
    )(command)


def _remember_shown(context: click.Context, _parameter: click.Parameter, shown: bool) -> None:
    context.meta[_SHOWN] = shown


def secrets_shown() -> bool:
    """Whether the command that runs was told to show them."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_SHOWN))


def masks(known: Iterable[str] = ()) -> "Masks":
    """What takes secrets out of what the command that runs shows."""
    from callproof.contract.secrets import Masks

    return Masks(known, shown=secrets_shown())


def redacting(known: Iterable[str] = ()) -> "Redactor":
    """The same for whole exchanges."""
    from callproof.reports.redact import Redactor

    return Redactor(known, shown=secrets_shown())


def complain(error: Exception) -> None:
    """Tell on stderr why the command that runs stops, or what it could not do."""
    echo(f"callproof: {printable(masks().text(str(error)))}", err=True)


def over_option(usual: str) -> Callable[[F], F]:
    """How ends of callproof's own reach each other."""
    return option(
        "--over",
        type=click.Choice(["http", "memory"]),
        default=usual,
        show_default=True,
        help="How callproof's own two ends ask each other: over HTTP, or without sockets, which is faster"
        " and says the same.",
    )


def known_zone(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """A time zone of the IANA database, or none, or a usage error."""
    # Only here, so that a command that knows no zone does not load the contract.
    from callproof.contract.dates import zone_problem

    if name and (problem := zone_problem(name)):
        raise click.BadParameter(problem)
    return name


def known_country(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """A country whose numbering plan is known, in any case, or none, or a usage error."""
    from callproof.contract.phones import country_problem

    if name and country_problem(name.upper()):
        raise click.BadParameter(country_problem(name))
    return name.upper()


def ends_given(crm_url: str, pbx_url: str, api_key: str) -> bool:
    """Whether running ends are named; raises Misuse when only a part of what names them is there."""
    given = {"--crm-url": crm_url, "--pbx-url": pbx_url, "--api-key": api_key}
    missing = [name for name, value in given.items() if not value]
    if missing and len(missing) < len(given):
        context = click.get_current_context()
        of_environment = [
            _variable(name)
            for name in given
            if context.get_parameter_source(name[2:].replace("-", "_")) is ParameterSource.ENVIRONMENT
        ]
        said = f"--crm-url, --pbx-url and --api-key belong together; {' and '.join(missing)} is missing."
        if of_environment:
            said += f" Here the environment has {' and '.join(of_environment)}:"
            said += " unset it where callproof runs if it is meant for your integration."
        raise Misuse(said)
    return not missing


@contextmanager
def no_verdict() -> Iterator[None]:
    """An end that refuses what a run needs of it cannot be judged: that is no verdict on anybody."""
    try:
        yield
    except Refusal as error:
        kind = Misuse if error.exit_code == Misuse.exit_code else OutOfReach
        raise kind(str(error)) from None
