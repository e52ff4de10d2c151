"""Puts a side under test opposite the end that we play."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from time import time
from urllib.parse import urlsplit

from callproof.clocks.clock import Clock
from callproof.clocks.manual import ManualClock
from callproof.clocks.real import RealClock
from callproof.conformance.foreign import Foreign, told_time
from callproof.conformance.process import demand_answer, running
from callproof.conformance.stimuli import Hands, text
from callproof.conformance.target import HttpRequest, Target
from callproof.contract.operations import Side
from callproof.control.client import Ends
from callproof.crm.account import api_key
from callproof.crm.settings import CrmSettings
from callproof.pbx.plan import account_plan
from callproof.pbx.settings import PbxSettings
from callproof.running.certificate import Certificate, TlsOptions
from callproof.running.opening import Opening
from callproof.running.threads import LOOPBACK, Address

# Within how many seconds the side under test has to answer before the run, and when something went wrong.
AT_FIRST, LATER = 6.0, 30.0


@contextmanager
def opposite(target: Target, seed: int, *, strict: bool) -> Iterator[tuple[Ends, Foreign]]:
    """Both ends, one of them ours and started here, and the stand-in for the other.

    Raises Unreachable when the side under test does not get ready or does not answer.
    """
    with ExitStack() as stack:
        certificate = _certificate(target, stack)
        address = Address(LOOPBACK, target.listen, certificate)
        stack.callback(address.close)
        key = target.api_key or api_key(seed)
        names = {
            "port": str(_free_port()),
            "python": sys.executable,
            "api_key": key,
            "crm_url" if target.side is Side.PBX else "pbx_url": address.url,
        }
        if certificate:
            names["ca"] = certificate.ca
            trust = replace(target.trust, files=(*target.trust.files, certificate.ca))
            target = replace(target, trust=trust)
        target = _with_names(replace(target, api_key=key), names)
        names["crm_url" if target.side is Side.CRM else "pbx_url"] = target.url
        clock: Clock = RealClock()
        if target.timed or target.side is Side.CRM:
            # A test clock of the other side most likely begins with its machine's time.
            clock = ManualClock(time())
        opening = stack.enter_context(Opening(clock))
        _open_ours(opening, target, address, seed, strict=strict)
        printed: Callable[[], str]
        if target.start:
            environment = {f"CALLPROOF_{name.upper()}": value for name, value in names.items()}
            environment.update(target.start.env)
            process = stack.enter_context(running(target.start, target.folder, environment, target.trust))
            there = partial(demand_answer, target.start.ready, LATER, process, trust=target.trust)
            printed = process.printed
        else:
            spoken_to = target.url if _is_spoken_to(target) else ""
            demand_answer(spoken_to, AT_FIRST, trust=target.trust)
            there = partial(demand_answer, spoken_to, LATER, trust=target.trust)
            printed = str
        ours = opening.controlled(target.side.other, address.url)
        hands = Hands(names, target.url, target.folder, trust=target.trust, printed=printed)
        if target.timed:
            # Getting ready took its time; both clocks begin together, now, or where an earlier run left it.
            ours.advance_to(max(time(), told_time(target, hands)))
        theirs = Foreign(target, hands, ours)
        if target.side is Side.PBX:
            ends = Ends(ours, theirs, key, target.patience, there)
        else:
            ends = Ends(theirs, ours, key, target.patience, there)
        stack.callback(ends.close)
        yield ends, theirs


def _open_ours(opening: Opening, target: Target, address: Address, seed: int, *, strict: bool) -> None:
    if target.side is Side.PBX:
        settings = CrmSettings(
            api_key=target.api_key,
            seed=seed,
            strict=strict,
            timezone=target.account.timezone,
            country=target.account.country,
            allowed_hosts=_own_hosts(target),
            rewrites=target.rewrite,
            trust=target.trust,
        )
        opening.crm(settings, address)
        return
    opening.pbx(
        PbxSettings(
            crm_url=target.url,
            api_key=target.api_key,
            seed=seed,
            code=target.code,
            client_id=target.client_id,
            plan=account_plan(target.account),
            timezone=target.account.timezone,
            allowed_hosts=_own_hosts(target),
            rewrites=target.rewrite,
            trust=target.trust,
            budgets=target.budgets,
        ),
        address,
    )


def _certificate(target: Target, stack: ExitStack) -> Certificate | None:
    """Of our end, where it is to have one. Raises Misuse when it cannot be made."""
    if target.tls is None:
        return None
    # Only here: cryptography takes its time to be imported.
    from callproof.running.authority import certified

    folder = str(target.folder / target.tls.folder) if target.tls.folder else ""
    return stack.enter_context(certified(TlsOptions(folder, target.tls.names)))


def _own_hosts(target: Target) -> tuple[str, ...]:
    """Whom the file allows us to call, and where it says that the side is."""
    return (*target.allow_hosts, urlsplit(target.url).hostname or "")


def _is_spoken_to(target: Target) -> bool:
    """Whether the run needs an answer from the address of the side under test."""
    ways = [stimulus.way for stimulus in target.all_stimuli]
    return target.side is Side.CRM or any(
        isinstance(way, HttpRequest) and way.url.startswith("/") for way in ways
    )


def _with_names(target: Target, names: dict[str, str]) -> Target:
    start = target.start
    if start:
        command = tuple(text(word, names) for word in start.command)
        env = {name: text(value, names) for name, value in start.env.items()}
        ready, log = text(start.ready, names), text(start.log, names)
        start = replace(start, command=command, ready=ready, env=env, log=log)
    return replace(target, url=text(target.url, names).rstrip("/"), start=start)


def _free_port() -> int:
    address = Address()
    address.close()
    return address.port
