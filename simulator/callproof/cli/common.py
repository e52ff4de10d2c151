"""What the commands share: options with environment variables, exit codes, the way out."""

import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from callproof.contract.guide import MANAGERS
from callproof.exchange.faults import Fault, named
from callproof.files.yamlfile import FileError
from callproof.pbx.plan import default_plan, load_plan
from callproof.pbx.rules.plan import NumberingPlan
from callproof.reports import output

NOT_CONFORMANT, USAGE, UNREACHABLE = 1, 2, 3
CRM_URL, PBX_URL = "http://127.0.0.1:8080", "http://127.0.0.1:8081"

F = TypeVar("F", bound=Callable[..., object])


def option(name: str, *names: str, **attributes: Any) -> Callable[[F], F]:
    """A click option with its environment variable."""
    variable = f"CALLPROOF_{name.removeprefix('--').upper().replace('-', '_')}"
    return click.option(name, *names, envvar=variable, show_envvar=True, **attributes)


def known_zone(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    """A time zone of the IANA database, or a usage error."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"there is no time zone {name!r}; try Europe/Moscow") from None
    return name


def plan_of(file: str | None, managers: int | None) -> tuple[NumberingPlan, int]:
    """The plan and how many users the CRM has: as many as asked for, or as the plan names."""
    try:
        plan = load_plan(file) if file else default_plan(managers or MANAGERS)
    except FileError as error:
        stop(str(error), USAGE)
    return plan, managers or max(extension.user for extension in plan.extensions.values())


def faults_of(names: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of those names, or of those requirements; stops for a name that is neither."""
    try:
        return tuple(fault for name in names for fault in named(name))
    except LookupError as error:
        stop(f"{error.args[0]}; callproof faults lists them.", USAGE)


def write_file(file: str, content: bytes) -> None:
    """Write a report, or stop with a sentence."""
    try:
        output.write(file, content)
    except output.NotWritten as error:
        stop(str(error), USAGE)


def stop(message: str, code: int) -> NoReturn:
    click.echo(f"callproof: {message}", err=True)
    sys.exit(code)
