"""Whether a page of somebody else makes a browser ask.

Any page that a person has open can send a form or fetch an address of this machine, and nobody but the end
that is asked can refuse it. Browsers say where a page is from: by ``Sec-Fetch-Site`` on loopback and over
TLS; elsewhere, and before 2023, by ``Origin``, of all that is no GET. Programs say neither (Node's fetch
tells ``Sec-Fetch-Mode`` alone), and are not looked at any further.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from callproof.exchange.reach import is_known_as

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SITE, _ORIGIN = "HTTP_SEC_FETCH_SITE", "HTTP_ORIGIN"
# Another port of this machine is the same site, and may be anybody's.
_OTHERS = ("cross-site", "same-site")


def from_elsewhere(environ: "WSGIEnvironment") -> bool:
    """Whether a browser asks for a page of another origin, or followed its link."""
    if site := environ.get(_SITE):
        return site in _OTHERS
    origin: str | None = environ.get(_ORIGIN)
    # The scheme is left alone: something before the end may speak TLS for it.
    return origin is not None and _host(origin) != environ.get("HTTP_HOST", "").lower()


def for_a_stranger(environ: "WSGIEnvironment", names: Collection[str]) -> bool:
    """The same, or whether it asks for a page that made its own name lead here, which is none of ours."""
    if _SITE not in environ and _ORIGIN not in environ:
        return False
    return from_elsewhere(environ) or not is_known_as(environ.get("HTTP_HOST", ""), names)


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
