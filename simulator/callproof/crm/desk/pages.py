"""The CRM's pages, put together."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from callproof.crm.crm import Crm
from callproof.web.guard import Guard
from callproof.web.reach import reached
from callproof.web.site import About, Link, Site, Surroundings

LINKS = (Link("/", "desk.title"),)
TEMPLATES = Path(__file__).parent / "templates"


def add_pages(app: Flask, crm: Crm, token: str, around: Surroundings, more: Callable[[Site], None]) -> None:
    """Add the pages to the app of this CRM; ``more`` adds those that both ends have."""
    settings = crm.settings
    site = Site(
        about=lambda: _about(crm, around),
        guard=Guard("crm", settings.api_key, token),
        pulse=crm.pulse,
        folders=(TEMPLATES,),
        links=LINKS,
        zone=lambda: crm.settings.timezone,
        answers=reached,
    )
    blueprint = site.blueprint(app)
    _Desk(crm, site).add()
    more(site)
    app.register_blueprint(blueprint)


def _about(crm: Crm, around: Surroundings) -> About:
    settings = crm.settings
    key = settings.api_key
    return About("crm", around.name, settings.base_url, around.database, key, "pbx", around.other)


class _Desk:
    def __init__(self, crm: Crm, site: Site) -> None:
        self._crm = crm
        self._site = site

    def add(self) -> None:
        self._site.page("/", self._home)

    def _home(self) -> str:
        return self._site.write("desk/home.html")
