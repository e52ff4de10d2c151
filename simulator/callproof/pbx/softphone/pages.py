"""The virtual PBX's pages, put together."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from flask import request

from callproof.clocks.real import ScaledClock
from callproof.exchange.app import EndApp
from callproof.pbx.pbx import Pbx
from callproof.pbx.softphone import remembered
from callproof.pbx.softphone.acts import Acts
from callproof.pbx.softphone.callers import Callers
from callproof.pbx.softphone.looking import Looking, spoken
from callproof.web.guard import Guard
from callproof.web.reach import reached
from callproof.web.site import About, Link, Site, Surroundings

LINKS = (Link("/", "phone.title"),)
HERE = Path(__file__).parent


def add_pages(
    app: EndApp, pbx: Pbx, token: str, around: Surroundings, more: Callable[[Site], None]
) -> None:
    """Add the pages to the app of this PBX; ``more`` adds those that both ends have."""
    site = Site(
        about=lambda: _about(pbx, around),
        guard=Guard("pbx", pbx.settings.api_key, token),
        pulse=pbx.pulse,
        folders=(HERE / "templates",),
        links=LINKS,
        zone=lambda: pbx.settings.timezone,
        answers=partial(reached, trust=pbx.settings.trust),
        names=pbx.settings.allowed_hosts,
        static={"phone": HERE / "static"},
    )
    blueprint = site.blueprint(app)
    _Softphone(pbx, site).add()
    Acts(pbx, site).add()
    more(site)
    app.register_blueprint(blueprint)


def _about(pbx: Pbx, around: Surroundings) -> About:
    settings = pbx.settings
    key = settings.api_key
    return About("pbx", around.name, settings.base_url, around.database, key, "crm", settings.crm_url)


class _Softphone:
    def __init__(self, pbx: Pbx, site: Site) -> None:
        self._pbx = pbx
        self._site = site
        self._callers = Callers(pbx, site.answers)

    def add(self) -> None:
        self._site.page("/", self._home)

    def _home(self) -> str:
        pbx = self._pbx
        self._callers.ask(opened="HX-Request" not in request.headers)
        chosen = remembered.telephones(pbx.settings.plan)
        clock, callers = pbx.clock, self._callers.found()
        return self._site.write(
            "softphone/home.html",
            look=Looking(pbx),
            spoken=spoken,
            chosen=chosen,
            dialled=remembered.dialled(),
            said=remembered.said(),
            callers=callers,
            crm_answered=self._callers.answered,
            names={caller.phone: caller.name for caller in callers},
            registration=pbx.registration,
            crm_url=pbx.settings.crm_url,
            # Time that is moved by hand stands still on the page as well.
            speed=clock.speed if isinstance(clock, ScaledClock) else 0,
        )
