"""How the ends of one ``callproof serve`` reach each other, and what others are told of where they are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from callproof.contract.operations import Side
from callproof.crm.settings import CrmSettings
from callproof.exchange.reach import is_wildcard
from callproof.exchange.trust import Trust
from callproof.pbx.settings import PbxSettings
from callproof.running.certificate import Certificate, TlsOptions, advice
from callproof.running.threads import LOOPBACK, Address, PortTaken, netloc, reached, url
from callproof.storage.address import IN_MEMORY, shown
from callproof.web.site import Surroundings


@dataclass(frozen=True)
class ServeOptions:
    """Which ends are served, and what of ``callproof serve`` is not a setting of an end.

    An end without settings is not started. A PBX whose settings name no CRM talks to the one beside it.
    Without a key both have the one of the CRM's database, or a new one; without a ``client_id`` the PBX has
    one that follows from the key. A public address is the one that others are told; of an end that is not
    started it says where it is. ``ready_file`` is written once all ends answer, and removed at the end.
    ``name`` is what the pages are headed by. ``browse`` opens the pages of the CRM, or of the only end, in
    a browser.
    """

    crm: CrmSettings | None
    pbx: PbxSettings | None
    host: str = LOOPBACK
    crm_port: int = 8080
    pbx_port: int = 8081
    crm_public_url: str = ""
    pbx_public_url: str = ""
    tls: TlsOptions | None = None
    clock: str = "real"
    pin: bool = False
    register: bool = False
    control_token: str = ""
    ready_file: str = ""
    name: str = Surroundings.name
    browse: bool = False


@contextmanager
def met(options: ServeOptions) -> "Iterator[Meeting]":
    """Raises Misuse when there is no certificate for it."""
    if not options.tls:
        yield Meeting(options)
        return
    # Only here: cryptography takes its time to be imported.
    from callproof.running.authority import certified

    hosts = [_host(public) for public in (options.crm_public_url, options.pbx_public_url) if public]
    if not is_wildcard(options.host):
        hosts.append(options.host)
    with certified(options.tls, hosts) as certificate:
        yield Meeting(options, certificate)


class Meeting:
    def __init__(self, options: ServeOptions, certificate: Certificate | None = None) -> None:
        self._options = options
        self._certificate = certificate
        self._public = {Side.CRM: options.crm_public_url, Side.PBX: options.pbx_public_url}
        self._ports = {Side.CRM: options.crm_port, Side.PBX: options.pbx_port}
        if options.crm and options.pbx:
            # The CRM has to know where the PBX is before that one is there.
            self._ports[Side.PBX] = options.pbx_port or _free_port(options.host)
        served = {Side.CRM: options.crm, Side.PBX: options.pbx}
        self._served = [side for side, settings in served.items() if settings]

    def address(self, side: Side) -> Address:
        """Where the end listens. Raises PortTaken."""
        try:
            found = Address(self._options.host, self._ports[side], self._certificate)
        except PortTaken as error:
            hint = f"--{side}-port 0 takes a free one, --host another address"
            raise PortTaken(f"{error}. {hint}; callproof doctor tells who listens there.") from None
        self._ports[side] = found.port
        return found

    def near(self, side: Side) -> str:
        """Where the end is reached from this machine; its port is known."""
        return url(reached(self._options.host), self._ports[side], self._certificate)

    def told(self, side: Side) -> str:
        """The address that others are told."""
        return self._public[side] or self.near(side)

    def around(self, side: Side, database: str) -> Surroundings:
        """What the pages of an end say of where they are; ``database`` is its address."""
        other = self.near(side.other) if side.other in self._served else self._public[side.other]
        return Surroundings(self._options.name, "" if database == IN_MEMORY else shown(database), other)

    def crm(self, settings: CrmSettings) -> CrmSettings:
        """With what this CRM needs to reach the PBX."""
        return replace(
            settings,
            allowed_hosts=(*settings.allowed_hosts, *self._hosts),
            rewrites={**self._rewrites(Side.PBX), **settings.rewrites},
            trust=self.trust(settings.trust),
        )

    def pbx(self, settings: PbxSettings) -> PbxSettings:
        """With what this PBX needs to reach the CRM, whose address is known."""
        crm_url = settings.crm_url.rstrip("/")
        if Side.CRM in self._served:
            crm_url = self.near(Side.CRM)
        crm_url = (
            crm_url or self._public[Side.CRM] or url(LOOPBACK, self._ports[Side.CRM], self._certificate)
        )
        return replace(
            settings,
            crm_url=crm_url,
            allowed_hosts=(*settings.allowed_hosts, *self._hosts, _host(crm_url)),
            rewrites={**self._rewrites(Side.CRM), **settings.rewrites},
            trust=self.trust(settings.trust),
        )

    def trust(self, given: Trust) -> Trust:
        """And the certificate of the ends beside each other: it is signed by our CA, or it is the user's
        and need not be for the address by which they are near."""
        if not self._certificate:
            return given
        if self._certificate.ca:
            return replace(given, files=(*given.files, self._certificate.ca))
        near = [netloc(reached(self._options.host), self._ports[side]) for side in self._served]
        return replace(given, unchecked=(*given.unchecked, *near))

    def notes(self) -> Iterator[str]:
        """What the user is told about addresses, line by line."""
        if is_wildcard(self._options.host) and any(not self._public[side] for side in self._served):
            yield (
                "Listening everywhere; others are told the addresses above. --crm-public-url and "
                "--pbx-public-url name those by which others reach the ends."
            )
        if not self._certificate:
            return
        if not self._certificate.ca:
            yield f"TLS          by the certificate in {self._certificate.cert}"
            return
        yield f"TLS          by a CA for tests only, {self._certificate.ca}; clients believe it by:"
        yield from (f"  {line}" for line in advice(self._certificate.ca))

    def ready(self, api_key: str, client_id: str) -> Mapping[str, str]:
        """What a program has to know of the ends that are served, by names for JSON; ``client_id`` is the
        PBX's, empty where none is served."""
        found: dict[str, str] = {}
        for side in self._served:
            found[f"{side}Url"] = self.near(side)
            found[f"{side}PublicUrl"] = self.told(side)
        found["apiKey"] = api_key
        if client_id:
            found["clientId"] = client_id
        if self._options.control_token:
            found["controlToken"] = self._options.control_token
        if self._certificate and self._certificate.ca:
            found["ca"] = self._certificate.ca
        return found

    @property
    def _hosts(self) -> list[str]:
        """Hosts that the user has named as ours, so that they may be called."""
        named = [_host(public) for public in self._public.values() if public]
        return named if is_wildcard(self._options.host) else [*named, self._options.host]

    def _rewrites(self, side: Side) -> dict[str, str]:
        """The public address of an end beside this one is reached here, wherever it leads."""
        public = self._public[side]
        return {public: self.near(side)} if public and side in self._served else {}


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _free_port(host: str) -> int:
    address = Address(host)
    address.close()
    return address.port
