"""Opens an end: its settings become a CRM or a PBX, its Flask app, and answers on an address."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from flask import Flask

from callproof.bench.pages import add_bench
from callproof.bench.watching import Beside
from callproof.clocks.clock import Clock
from callproof.contract.operations import Side
from callproof.control.api import control_of
from callproof.control.client import End, Ends
from callproof.control.inside import InProcess
from callproof.crm.app import create_app as crm_app
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.exchange.journal import Journal
from callproof.exchange.ledger import Ledger
from callproof.exchange.nearby import Nearby
from callproof.limits import Bounds
from callproof.pbx.settings import PbxSettings
from callproof.running.threads import Address, serving
from callproof.web.pulse import Pulse
from callproof.web.site import ALONE, Site, Surroundings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from callproof.pbx.pbx import Pbx


class Opening:
    """Ends that are opened on one clock and closed together, in the one order in which nothing is missed:
    first nobody waits for a journal any more, then nobody is answered, then nothing that was planned
    happens, then the stores are closed.

    ``token`` is demanded from users of the control API. ``ledger`` is where the one end is counted that
    other processes answer for too. Ends that are ``nearby`` ask each other without a socket.
    """

    def __init__(
        self, clock: Clock, token: str = "", ledger: Ledger | None = None, *, nearby: bool = False
    ) -> None:
        self._clock = clock
        self._token = token
        self._ledger = ledger
        # Those that nobody is told of are asked over HTTP.
        self.nearby = Nearby()
        self._tells = nearby
        self._stores = ExitStack()
        self._answering = ExitStack()
        self._apps: dict[Side, Flask] = {}
        self._journals: list[Journal] = []
        self._pulses: list[Pulse] = []

    def __enter__(self) -> "Opening":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def crm(
        self, settings: CrmSettings, address: Address | None = None, around: Surroundings = ALONE
    ) -> Crm:
        """A CRM that a thread answers for, on a free port of this machine unless an address is given.

        Its ``base_url`` is that address; ``around`` is what its pages say of where they are. Raises
        StorageError when its database cannot be used.
        """
        address = self._kept(address)
        crm = self._crm(replace(settings, base_url=address.url))
        self._serve(crm, around)
        self._answer(self._apps[Side.CRM], address, settings.bounds)
        return crm

    def pbx(self, settings: PbxSettings, address: Address | None = None) -> "Pbx":
        """The same for a virtual PBX."""
        address = self._kept(address)
        pbx = self._pbx(replace(settings, base_url=address.url))
        self._serve(pbx)
        self._answer(self._apps[Side.PBX], address, settings.bounds)
        return pbx

    def open(
        self, settings: CrmSettings | PbxSettings, address: Address, around: Surroundings = ALONE
    ) -> None:
        """The same for either; ``around`` is what its pages say of where they are."""
        self._answer(self.app(settings, around), self._kept(address), settings.bounds)

    def app(self, settings: CrmSettings | PbxSettings, around: Surroundings = ALONE) -> Flask:
        """The app of an end for which something else answers, at its ``base_url``."""
        end = self._crm(settings) if isinstance(settings, CrmSettings) else self._pbx(settings)
        return self._serve(end, around)

    def controlled(self, side: Side, url: str) -> End:
        """The control API of what ``crm`` or ``pbx`` opened, without a socket in between."""
        app = self._apps[side]
        return End(side, url, self._token, InProcess(app, url, control_of(app).directly))

    def interrupt(self) -> None:
        """Nobody waits any more for what comes into a journal, and no page for what changes."""
        for pulse in self._pulses:
            pulse.close()
        for journal in self._journals:
            journal.interrupt()

    def close(self) -> None:
        self.interrupt()
        with self._stores:
            self._stores.callback(self._clock.close)
            self._answering.close()

    def _serve(self, end: "Crm | Pbx", around: Surroundings = ALONE) -> Flask:
        """The app of the end, with the pages that both have; these know its control API."""
        settings = end.settings
        side = Side.CRM if isinstance(end, Crm) else Side.PBX
        own = End(side, settings.base_url, self._token, InProcess(self._later(side), settings.base_url))
        beside = Beside(side.other, self._token, settings.trust)

        def more(site: Site) -> None:
            alone = not isinstance(settings, CrmSettings) or settings.workers == 1
            add_bench(site, own, beside, _pair if alone else None)

        if isinstance(end, Crm):
            made = crm_app(end, self._token, around, more)
        else:
            from callproof.pbx.app import create_app as pbx_app

            made = pbx_app(end, self._token, around, more)
        self._apps[side] = made
        if self._tells:
            self.nearby.add(settings.base_url, made)
        return made

    def _later(self, side: Side) -> "WSGIApplication":
        """The app of a side, which is not made yet."""
        return lambda environ, start_response: self._apps[side](environ, start_response)

    def _kept(self, address: Address | None) -> Address:
        address = address or Address()
        self._answering.callback(address.close)
        return address

    def _answer(self, app: Flask, address: Address, bounds: Bounds) -> None:
        self._answering.enter_context(serving(app, address, bounds))

    def _crm(self, settings: CrmSettings) -> Crm:
        crm = Crm(settings, self._clock, self._ledger, nearby=self.nearby)
        self._journals.append(crm.journal)
        self._pulses.append(crm.pulse)
        self._stores.callback(crm.close)
        return crm

    def _pbx(self, settings: PbxSettings) -> "Pbx":
        # Only here: a CRM that is served in a process of its own begins without waiting for it.
        from callproof.pbx.pbx import Pbx

        pbx = Pbx(settings, self._clock, self._ledger, nearby=self.nearby)
        self._journals.append(pbx.journal)
        self._pulses.append(pbx.pulse)
        self._stores.callback(pbx.close)
        return pbx


@contextmanager
def _pair() -> Iterator[Ends]:
    """Two ends of their own, on a clock of their own."""
    # Only here: it opens ends itself.
    from callproof.running.pair import built_in

    with built_in() as pair:
        yield pair.ends
