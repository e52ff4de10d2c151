"""Which addresses an end may ask: this machine, and hosts that its user allowed.

An address is a stranger's text, and two readers of one text may see two hosts in it. So the one that is
looked at is the one that the transport has made of it, odd texts are refused before, and of a host that
nobody allowed the connection has to lead to this machine.
"""

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from callproof.errors import Refusal

# Nothing of this has to stand in an address as it is, and readers disagree on what it means there.
_ODD = re.compile(r"[\\\x00-\x20\x7f]")


# What to do about a Host that is not known.
ALLOW = "ask by an address, or allow the name with --allow-host or a public URL"


class HostRefused(Refusal):
    """The host is neither this machine nor allowed by an option; nothing was sent."""


class Reach:
    """``allowed_hosts`` are names or addresses, in any case."""

    def __init__(self, allowed_hosts: Collection[str]) -> None:
        self.allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    def demand(self, url: str) -> None:
        """Raises HostRefused with what is wrong with the address, or how to allow it."""
        if odd := _ODD.search(url):
            raise HostRefused(f"{url!r} is no address to ask: {odd[0]!r} stands in it unescaped")
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError as error:
            raise HostRefused(f"{url!r} is no address to ask: {error}") from None
        if "@" in parts.netloc:
            raise HostRefused(f"{host} is not asked by an address with a name or password before its host")
        if host not in self.allowed_hosts and not is_here(host):
            raise HostRefused(
                f"{host or url!r} is not this machine; allow it with --allow-host {host or 'HOST'}"
            )

    def stays_here(self, url: str) -> bool:
        """Whether the connection has to lead to this machine, whatever the name resolves to."""
        return (urlsplit(url).hostname or "").lower() not in self.allowed_hosts


def is_known_as(host: str, names: Collection[str]) -> bool:
    """Whether a request may name this ``Host``, with or without a port, as one for us.

    A page of a stranger can make its own name lead here and then ask as if it were ours (DNS rebinding). It
    needs a name of the public DNS for that: no address, and no name without a dot, as containers have.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return _address(name) is not None or "." not in name or name.endswith(".localhost") or name in names


def names_of(base_url: str, allowed_hosts: Collection[str]) -> frozenset[str]:
    """The names of the public DNS that an end at this address has."""
    own = urlsplit(base_url).hostname or ""
    return frozenset({own.lower(), *(host.lower() for host in allowed_hosts)})


def is_wildcard(host: str) -> bool:
    """Whether it is 0.0.0.0 or ::, all addresses of a machine and none to talk to."""
    address = _address(host)
    return address is not None and address.is_unspecified


def is_here(host: str) -> bool:
    """Whether it names this machine, or is the address of its loopback."""
    # Whoever asks a wildcard asks the own machine.
    return host == "localhost" or is_wildcard(host) or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether it is an address that nobody reaches from another machine."""
    address = _address(host)
    return address is not None and address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
