"""Whose certificates are believed by whoever asks over https, and the sessions that ask."""

import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from callproof.exchange.bounded import Bounded, endless, within
from callproof.exchange.direct import OwnSession

# What other programs are told by, heard beside the files that are named.
VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
# OpenSSL's numbers of what is wrong with a certificate.
_EXPIRED, _OTHER_NAMES = 10, (62, 64)
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNEXPECTED_MESSAGE")
# How an alert of TLS begins, which a server sends to whoever speaks plain HTTP.
_ALERT = r"\x15\x03"


@dataclass(frozen=True)
class Trust:
    """``files`` are CAs in PEM that are believed beside the public roots, those of this machine and those
    that ``VARIABLES`` name. Certificates of ``unchecked`` hosts, or of one as ``host:port``, are taken as
    they are."""

    files: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    def session(self) -> requests.Session:
        """A session that believes this, and that ``ask`` can bound. A proxy of the environment has no
        business between ends."""
        session = OwnSession()
        session.trust_env = False
        session.mount("http://", Bounded())
        session.mount("https://", _Https(self))
        return session

    def context(self) -> ssl.SSLContext:
        """What ``checks`` a peer by the roots, shared by all that believe the same."""
        return _context((*self.files, *_of_environment()))

    def checks(self, url: str) -> bool:
        parts = urlsplit(url)
        host = parts.hostname or ""
        named = {name.lower().strip("[]") for name in self.unchecked}
        return host not in named and f"{host}:{parts.port or 443}" not in named


# Public roots and those of the environment alone.
USUAL = Trust()


def problem(file: str) -> str:
    """Why the file cannot be a CA, as the end of a sentence; empty when it can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        return "holds no certificate in PEM (it begins with -----BEGIN CERTIFICATE-----)"
    except OSError as error:
        return f"cannot be read: {os.strerror(error.errno or 0)}"
    return ""


def why(error: requests.RequestException) -> str:
    """Why there is no answer, in plain words where it is TLS, the address, or an answer without end; else
    its kind."""
    if isinstance(error, (requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema)):
        return "an address begins with http:// or https://"
    return endless(error) or tls_problem(error) or type(error).__name__


def knock(url: str, seconds: float, trust: "Trust") -> int:
    """The status of whatever answers there within so many seconds. Raises requests.RequestException."""
    with (
        trust.session() as session,
        within(seconds),
        session.get(url, timeout=seconds, stream=True, allow_redirects=False) as answer,
    ):
        return answer.status_code


def is_distrust(error: requests.RequestException) -> bool:
    """Whether it is the peer's certificate that is not believed, which waiting does not mend."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def tls_problem(error: requests.RequestException) -> str:
    """What is wrong about TLS, as the end of a sentence; empty when it is something else."""
    host = urlsplit((error.request.url if error.request else "") or "").hostname or "the peer"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = cause.verify_message.rstrip(".")
            if cause.verify_code in _OTHER_NAMES:
                return f"the certificate of {host} is for other names ({said})"
            if cause.verify_code == _EXPIRED:
                return f"the certificate of {host} has expired"
            return f"the certificate of {host} is not trusted ({said}); name its CA with --ca FILE"
        if isinstance(cause, ssl.SSLError):
            if cause.reason in _NO_TLS:
                return f"{host} does not speak TLS there; is its address http://?"
            return f"no TLS with {host} ({(cause.reason or str(cause)).lower().replace('_', ' ')})"
    if _ALERT in str(error):
        return f"{host} speaks TLS there; is its address https://?"
    return ""


class _Https(BaseAdapter):
    """Asks hosts with a look at their certificates, or without one."""

    def __init__(self, trust: Trust) -> None:
        super().__init__()
        self._trust = trust

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        checks = self._trust.checks(request.url or "")
        adapter = self._checking if checks else self._believing
        return adapter.send(request, stream, timeout, checks, cert, proxies)

    def close(self) -> None:
        for name in ("_checking", "_believing"):
            if adapter := vars(self).get(name):
                adapter.close()

    # Made when first used: the roots of a machine take a while to read, and most ends speak plain HTTP.
    @cached_property
    def _checking(self) -> Bounded:
        return _Adapter(self._trust)

    @cached_property
    def _believing(self) -> Bounded:
        # Whoever named the host has been told.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return Bounded()


class _Adapter(Bounded):
    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        super().__init__()

    def init_poolmanager(self, *args: int, **kwargs: object) -> None:
        super().init_poolmanager(*args, ssl_context=self._trust.context(), **kwargs)

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """The context has the roots, and would be given requests' own again for each connection."""


@lru_cache(maxsize=16)
def _context(files: tuple[str, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # As curl, PHP, Node, Ruby and Java take a CA: many private ones lack what the strict reading demands.
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    # One certificate of a chain, or that of the peer itself, may be what is named.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    for file in files:
        if Path(file).is_dir():
            context.load_verify_locations(capath=file)
        else:
            context.load_verify_locations(file)
    return context


def _of_environment() -> tuple[str, ...]:
    """What can be read of it; as other programs do, the rest is passed over."""
    named = (os.environ.get(name, "") for name in VARIABLES)
    return tuple(file for file in named if file and (Path(file).is_dir() or not problem(file)))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it is made of."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if not isinstance(found, BaseException) or found in seen:
            continue
        seen.append(found)
        yield found
        waiting += [*found.args, getattr(found, "reason", None), found.__cause__, found.__context__]
