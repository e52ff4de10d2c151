"""What callproof needs of a machine, looked at piece by piece: what is there, what is wrong, what to do."""

import os
import platform
import re
import socket
import sqlite3
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from threading import Event

import requests
from requests.utils import get_environ_proxies
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from callproof.clocks.machine import monotonic, now
from callproof.contract.dates import zone_problem
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.exchange import trust
from callproof.exchange.trust import VARIABLES, Trust
from callproof.running.serve import forks, system
from callproof.running.threads import Address, PortTaken, url
from callproof.storage.address import IN_MEMORY, StorageError, shown, spelled
from callproof.storage.engine import engine_of, reason

PACKAGE = "callproof"
OLDEST = (3, 11)
# Extras, with what each brings.
EXTRAS = {"load": "locust", "postgres": "psycopg"}
NEAR = "127.0.0.1,localhost,::1"
# Seconds that two clocks are compared, by how many they may part, and the years in which the date is sane.
COMPARED, APART, YEARS = 0.2, 0.1, (2025, 2100)
KNOCK = 2.0
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?(?:>=([\d.]+))?(.*)")


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """``said`` is what is there; of a note or a problem ``remedy`` says what to do, as a sentence."""

    about: str
    state: State
    said: str
    remedy: str = ""


@dataclass(frozen=True)
class Wanted:
    """What ``callproof serve`` is going to be told; ``ports`` are those of the ends."""

    host: str
    ports: Mapping[Side, int]
    database: str = IN_MEMORY


def look(wanted: Wanted) -> Iterator[Finding]:
    """Everything, in the order in which one thing rests on another."""
    yield python()
    yield runs_on()
    yield dependencies()
    yield from extras()
    yield loopback()
    for side in wanted.ports:
        yield port(side, wanted.host, wanted.ports[side])
    yield database(wanted.database)
    yield scratch()
    yield clock()
    yield zones()
    yield proxies()
    yield from roots()
    yield browser()


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    said = f"Python {'.'.join(map(str, version))} in {sys.prefix}"
    if version >= OLDEST:
        return Finding("python", State.OK, said)
    wanted = ".".join(map(str, OLDEST))
    return Finding("python", State.PROBLEM, said, f"Install Python {wanted} or newer, and callproof in it.")


def runs_on() -> Finding:
    said = f"{system()} {platform.release()}"
    if forks():
        return Finding("system", State.OK, said)
    remedy = "callproof serve answers there by threads of one process; docs/systems.md says what else."
    return Finding("system", State.NOTE, said, remedy)


def dependencies(
    required: Iterable[str] | None = None, version: Callable[[str], str] = metadata.version
) -> Finding:
    """``required`` is what the package asks for, as in ``click>=8.1``; extras are left out."""
    about = "dependencies"
    if required is None:
        try:
            required = metadata.requires(PACKAGE) or ()
        except metadata.PackageNotFoundError:
            said = "callproof is not installed, so nobody knows what it needs"
            return Finding(about, State.NOTE, said, "Install it: pip install .")
    known = [found for text in required if (found := _REQUIREMENT.match(text)) and "extra" not in found[3]]
    wrong = [said for found in known if (said := _lacking(found[1], found[2] or "", version))]
    if wrong:
        remedy = f"pip install --upgrade {PACKAGE}"
        return Finding(about, State.PROBLEM, "; ".join(wrong), f"Install them anew: {remedy}")
    return Finding(about, State.OK, f"all {len(known)} are there, as new as they have to be")


def extras(version: Callable[[str], str] = metadata.version) -> Iterator[Finding]:
    for extra, package in EXTRAS.items():
        lacking = _lacking(package, "", version)
        remedy = f"Only where it is wanted: pip install '{PACKAGE}[{extra}]'" if lacking else ""
        state = State.NOTE if lacking else State.OK
        yield Finding(f"extra {extra}", state, lacking or f"{package} {version(package)}", remedy)


def loopback() -> Finding:
    """Whether a program of this machine reaches another one."""
    about, address = "loopback", Address()
    try:
        with socket.create_connection((address.host, address.port), timeout=KNOCK):
            names = {str(found[4][0]) for found in socket.getaddrinfo("localhost", 80)}
    except OSError as error:
        remedy = (
            "Let programs connect to 127.0.0.1: look at the firewall, and at localhost in the hosts file."
        )
        return Finding(about, State.PROBLEM, f"127.0.0.1 is not reached ({error})", remedy)
    finally:
        address.close()
    return Finding(about, State.OK, f"127.0.0.1 is reached, localhost is {', '.join(sorted(names))}")


def port(side: Side, host: str, number: int) -> Finding:
    about = f"port of the {'CRM' if side is Side.CRM else 'virtual PBX'}"
    try:
        Address(host, number).close()
    except PortTaken as error:
        where = url(host, number)
        who = "an end of callproof answers there" if _is_ours(side, where) else "somebody else has it"
        remedy = f"End who listens there, or take a free port: callproof serve --{side}-port 0"
        return Finding(about, State.PROBLEM, f"{error}; {who}", remedy)
    return Finding(about, State.OK, f"{number} is free" if number else "any that is free")


def database(address: str) -> Finding:
    """Whether it can be opened; nothing is written into it."""
    about = "database"
    if address == IN_MEMORY:
        return Finding(about, State.OK, f"memory, by SQLite {sqlite3.sqlite_version}")
    try:
        said = _opened(spelled(address))
    except StorageError as error:
        return Finding(about, State.PROBLEM, str(error), "Name another one with --db.")
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        why = reason(address, error)
        hint = "Start its server, or name another one with --db."
        if isinstance(error, ImportError):
            hint = f"Install its driver: pip install '{PACKAGE}[postgres]'"
        return Finding(about, State.PROBLEM, f"{shown(address)} cannot be opened: {why}", hint)
    return Finding(about, State.OK, f"{shown(address)}: {said}")


def scratch() -> Finding:
    """Where what is kept for a moment goes, as files of a failure and the CA of a run."""
    try:
        with tempfile.NamedTemporaryFile() as file:
            return Finding("scratch files", State.OK, str(Path(file.name).parent))
    except OSError as error:
        remedy = "Let TMPDIR name a folder that may be written."
        return Finding("scratch files", State.PROBLEM, f"none can be written ({error})", remedy)


def clock(
    date: Callable[[], float] = now,
    steady: Callable[[], float] = monotonic,
    rest: Callable[[float], object] | None = None,
) -> Finding:
    """The date against what passes: one that is being set jumps, and calls are dated by it."""
    date_began, began = date(), steady()
    (rest or Event().wait)(COMPARED)
    apart = (date() - date_began) - (steady() - began)
    year = datetime.fromtimestamp(date_began, UTC).year
    said = f"{datetime.fromtimestamp(date_began, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if not YEARS[0] <= year < YEARS[1]:
        return Finding("clock", State.PROBLEM, said, "Set the date of this machine: calls are dated by it.")
    if abs(apart) > APART:
        said = f"{said}, which has moved {apart:+.2f} s against what passed"
        remedy = "Let the date be set first, as by chrony or ntpd: it jumps while calls are dated by it."
        return Finding("clock", State.PROBLEM, said, remedy)
    return Finding("clock", State.OK, f"{said}, as fast as time passes")


def zones() -> Finding:
    if problem := zone_problem("Europe/Moscow"):
        return Finding("time zones", State.PROBLEM, problem, "Install them: pip install tzdata")
    return Finding("time zones", State.OK, "the IANA database is there")


def proxies() -> Finding:
    """callproof goes past proxies on this machine, but what is tested may not."""
    caught = _proxies("http://127.0.0.1:8080") | _proxies("http://localhost:8080")
    if caught:
        hosts = ", ".join(sorted(caught))
        remedy = f"callproof passes it by; for your side and for curl: export NO_PROXY={NEAR}"
        return Finding("proxies", State.PROBLEM, f"requests to this machine would go to {hosts}", remedy)
    others = _proxies("http://crm.example")
    return Finding("proxies", State.OK, "this machine is spared" if others else "none is named")


def roots() -> Iterator[Finding]:
    """Whose certificates are believed."""
    try:
        count = len(Trust().context().get_ca_certs())
    except OSError as error:
        remedy = "Install it anew: pip install --force-reinstall certifi"
        yield Finding("trust store", State.PROBLEM, f"the public roots cannot be read ({error})", remedy)
    else:
        yield Finding("trust store", State.OK, f"{count} roots")
    for name in VARIABLES:
        file = os.environ.get(name, "")
        if file and not Path(file).is_dir() and (problem := trust.problem(file)):
            remedy = f"Let it name a file in PEM, or unset it: unset {name}"
            yield Finding("trust store", State.PROBLEM, f"{name}: {file} {problem}", remedy)


def browser() -> Finding:
    try:
        name = getattr(webbrowser.get(), "name", "") or "the system's"
    except webbrowser.Error:
        remedy = "callproof serve --open opens none; open its address yourself, or let BROWSER name one."
        return Finding("browser", State.NOTE, "none was found", remedy)
    return Finding("browser", State.OK, str(name))


def _lacking(package: str, oldest: str, version: Callable[[str], str]) -> str:
    try:
        found = version(package)
    except metadata.PackageNotFoundError:
        return f"{package} is not installed"
    return f"{package} {found} is older than {oldest}" if _numbers(found) < _numbers(oldest) else ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _is_ours(side: Side, where: str) -> bool:
    end = End(side, where, timeout=KNOCK)
    try:
        end.clock()
    except ActionRefused:
        return True
    except (Unreachable, requests.RequestException):
        return False
    finally:
        end.close()
    return True


def _opened(address: str) -> str:
    """What is there, in words. Raises what SQLAlchemy and SQLite do, ImportError without a driver."""
    read = make_url(address)
    if read.get_backend_name() == "sqlite":
        return _file(Path(read.database or ""))
    engine = engine_of(address, "commit")
    try:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("SHOW server_version").scalar())
    finally:
        engine.dispose()


def _file(path: Path) -> str:
    folder = path.resolve().parent
    if not os.access(folder, os.W_OK):
        raise StorageError(f"The folder {folder} is not there, or may not be written.")
    if not path.exists():
        return "a new file will be made"
    with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as connection:
        connection.execute("PRAGMA schema_version").fetchone()
    connection.close()
    if not os.access(path, os.W_OK):
        raise StorageError(f"The file {path} may not be written.")
    return "a file that SQLite reads"


def _proxies(address: str) -> set[str]:
    """Where requests to an address would go, without a user and a password that stand there."""
    found = get_environ_proxies(address)
    named = [found[kind] for kind in ("http", "https", "all") if found.get(kind)]
    return {proxy.rpartition("//")[2].rpartition("@")[2] for proxy in named}
