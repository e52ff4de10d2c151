"""The CRM's pages, put together."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from callproof.crm.crm import Crm
from callproof.crm.desk.customers import Customers
from callproof.crm.desk.history import History
from callproof.crm.desk.home import Home
from callproof.crm.desk.orders import Orders
from callproof.crm.desk.settings import Settings
from callproof.crm.desk.visitor import Visitor, full_name, name_of, order_number
from callproof.exchange.app import EndApp
from callproof.web.guard import Guard
from callproof.web.reach import reached
from callproof.web.site import About, Link, Site, Surroundings

LINKS = (
    Link("/", "desk.title"),
    Link("/customers", "desk.customers"),
    Link("/orders", "desk.orders"),
    Link("/history", "desk.history"),
    Link("/settings", "desk.settings"),
)
HERE = Path(__file__).parent


def add_pages(
    app: EndApp, crm: Crm, token: str, around: Surroundings, more: Callable[[Site], None]
) -> None:
    """Add the pages to the app of this CRM; ``more`` adds those that both ends have."""
    settings = crm.settings
    site = Site(
        about=lambda: _about(crm, around),
        guard=Guard("crm", settings.api_key, token),
        pulse=crm.pulse,
        folders=(HERE / "templates",),
        links=LINKS,
        zone=lambda: crm.settings.timezone,
        answers=partial(reached, trust=crm.settings.trust),
        names=crm.settings.allowed_hosts,
        static={"desk": HERE / "static"},
        more=lambda: {
            "desk": Visitor(crm),
            "name_of": name_of,
            "full_name": full_name,
            "order_number": order_number,
        },
    )
    blueprint = site.blueprint(app)
    Home(crm, site).add()
    Customers(crm, site).add()
    Orders(crm, site).add()
    History(crm, site).add()
    Settings(crm, site).add()
    more(site)
    app.register_blueprint(blueprint)


def _about(crm: Crm, around: Surroundings) -> About:
    settings = crm.settings
    key = settings.api_key
    return About("crm", around.name, settings.base_url, around.database, key, "pbx", around.other)
