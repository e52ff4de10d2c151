"""Options of ``callproof serve`` about where its ends are, who is told so, and their certificates."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from callproof.cli.common import echo, option
from callproof.crm.account import new_key
from callproof.errors import Misuse
from callproof.exchange.reach import is_loopback, is_wildcard
from callproof.exchange.sockets import look_up
from callproof.running.certificate import TlsOptions
from callproof.running.meeting import ServeOptions

F = TypeVar("F", bound=Callable[..., object])

_FILE = click.Path(exists=True, dir_okay=False)


def public_url(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """An address without a slash at its end, to which paths are added, or a usage error."""
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or parts.username:
        raise click.BadParameter(f"{value!r} is no address such as https://crm.test.internal:8080.")
    if is_wildcard(host) or port == 0:
        raise click.BadParameter(
            f"{value!r} is nothing that others could reach; name a host of this machine."
        )
    return value.rstrip("/")


def placed(command: F) -> F:
    """The options; ``places_of`` reads them."""
    return _decorated(command, _OPTIONS)


def at_ports(command: F) -> F:
    """The ports of both ends alone, as ``crm_port`` and ``pbx_port``."""
    return _decorated(command, _PORTS)


def _decorated(command: F, options: Sequence[Callable[[F], F]]) -> F:
    for decorate in reversed(options):
        command = decorate(command)
    return command


def places_of(options: dict[str, Any]) -> dict[str, Any]:
    """The fields of ServeOptions that come of them. Raises Misuse for options that do not fit together."""
    found: dict[str, Any] = {"control_token": _token(options)}
    if own := options["public_url"]:
        if not options["only"]:
            raise Misuse("--public-url is the address of --only one end; of two ends, name each one's.")
        found[f"{options['only']}_public_url"] = own
    return {**found, "tls": _tls(options)}


def _token(options: dict[str, Any]) -> str:
    """The one that is given, or one of this start's own where other machines are let in; told at once, as
    nobody else knows it."""
    given: str = options["control_token"]
    if given or options["expose"]:
        return given
    try:
        bound = look_up(options["host"])
    except OSError:
        return ""  # is told by who listens
    if is_loopback(bound):
        return ""
    token = new_key()
    echo(
        f"--host {options['host']} lets other machines in, so the control API and the pages want the token"
        f" {token}. --control-token gives one of yours, --expose wants none."
    )
    return token


def _tls(options: dict[str, Any]) -> TlsOptions | None:
    cert, key = options["tls_cert"] or "", options["tls_key"] or ""
    names, folder = options["tls_names"], options["tls_folder"] or ""
    if bool(cert) is not bool(key):
        raise Misuse("--tls-cert and --tls-key belong together.")
    if cert and (names or folder):
        raise Misuse("--tls-cert is the certificate; --tls-name and --tls-folder are for one that is made.")
    if not (options["tls"] or cert or names or folder):
        return None
    return TlsOptions(folder, names, cert, key)


_PORTS = tuple(
    option(
        f"--{side}-port",
        default=default,
        show_default=True,
        type=click.IntRange(0, 65535),
        help="0 takes a free one.",
    )
    for side, default in (("crm", ServeOptions.crm_port), ("pbx", ServeOptions.pbx_port))
)
_OPTIONS = (
    option("--only", type=click.Choice(["crm", "pbx"]), help="Start one end alone."),
    option(
        "--host",
        default=ServeOptions.host,
        show_default=True,
        help="Address or name to listen on; 0.0.0.0 and :: are all of this machine. Beyond loopback"
        " a control token is made, unless --control-token gives one or --expose wants none.",
    ),
    option(
        "--expose",
        is_flag=True,
        help="Listen beyond this machine without a --control-token: who reaches it may do everything.",
    ),
    *_PORTS,
    option(
        "--crm-url",
        default="",
        help="The CRM that the virtual PBX talks to; by default the one started here.",
    ),
    option(
        "--crm-public-url",
        default="",
        metavar="URL",
        callback=public_url,
        help="The CRM's address as others reach it, in all that they are told; its host may be called.",
    ),
    option(
        "--pbx-public-url",
        default="",
        metavar="URL",
        callback=public_url,
        help="The same of the virtual PBX: in registrations, call-backs and recordings.",
    ),
    option(
        "--public-url",
        default="",
        metavar="URL",
        callback=public_url,
        help="With --only, the public address of that end.",
    ),
    option(
        "--tls",
        is_flag=True,
        help="Listen with TLS, by a certificate of a CA that is made for it. Other --tls options imply it.",
    ),
    option(
        "--tls-name",
        "tls_names",
        multiple=True,
        metavar="HOST",
        help="A host that the certificate is for, beside loopback, this machine and the public addresses.",
    ),
    option(
        "--tls-folder",
        type=click.Path(file_okay=False),
        metavar="FOLDER",
        help="Keep the CA there, so that it is the same next time; by default it goes with the run.",
    ),
    option("--tls-cert", type=_FILE, metavar="FILE", help="Your own certificate, with its chain, in PEM."),
    option("--tls-key", type=_FILE, metavar="FILE", help="Its key in PEM, without a password."),
    option(
        "--ready-file",
        default="",
        metavar="FILE",
        help="Write addresses and key there as JSON once all ends answer; removed at the end.",
    ),
)
