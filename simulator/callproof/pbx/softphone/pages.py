"""The virtual PBX's pages, put together."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from callproof.pbx.pbx import Pbx
from callproof.web.guard import Guard
from callproof.web.reach import reached
from callproof.web.site import About, Link, Site, Surroundings

LINKS = (Link("/", "phone.title"),)
TEMPLATES = Path(__file__).parent / "templates"


def add_pages(app: Flask, pbx: Pbx, token: str, around: Surroundings, more: Callable[[Site], None]) -> None:
    """Add the pages to the app of this PBX; ``more`` adds those that both ends have."""
    site = Site(
        about=lambda: _about(pbx, around),
        guard=Guard("pbx", pbx.settings.api_key, token),
        pulse=pbx.pulse,
        folders=(TEMPLATES,),
        links=LINKS,
        zone=lambda: pbx.settings.timezone,
        answers=reached,
    )
    blueprint = site.blueprint(app)
    _Softphone(pbx, site).add()
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

    def add(self) -> None:
        self._site.page("/", self._home)

    def _home(self) -> str:
        return self._site.write("softphone/home.html")
