"""The virtual PBX as a Flask app: what the CRM calls, recordings, and the control API."""

from collections.abc import Callable

from callproof.contract.guide import CALL_BACKS, LOGO, RECORDINGS
from callproof.contract.operations import BY_NAME
from callproof.exchange.answering import Answering
from callproof.exchange.app import EndApp
from callproof.exchange.spoiling import Spoiling
from callproof.pbx.api import PbxApi, name_of
from callproof.pbx.control import control
from callproof.pbx.pbx import Pbx
from callproof.pbx.softphone.pages import add_pages
from callproof.web.site import ALONE, Site, Surroundings, nothing_more


def create_app(
    pbx: Pbx,
    token: str = "",
    around: Surroundings = ALONE,
    more: Callable[[Site], None] = nothing_more,
) -> EndApp:
    """makeCallUrl, changeUserStatusUrl and recordings, the control API under ``/_bench`` and the pages;
    ``more`` adds some."""
    api = PbxApi(pbx)
    spoiling = Spoiling(pbx.faults, pbx.clock, name_of, pbx.settings.api_key)
    bounds = pbx.settings.bounds
    most = bounds.pbx_request_bytes
    answering = Answering(
        api.respond,
        api.refuse,
        pbx.journal,
        pbx.clock,
        pbx.faults,
        spoiling,
        most=most,
        bounds=bounds,
        telling=pbx.telling,
        counts=pbx.counts,
    )
    app = EndApp(__name__, answering, api.refuse, (*CALL_BACKS.values(), RECORDINGS, LOGO), most)
    for name, path in CALL_BACKS.items():
        app.add_method(name, BY_NAME[name].method, path)
    app.add_method("record", BY_NAME["record"].method, f"{RECORDINGS}<name>")
    control(pbx, token).steer(app)
    add_pages(app, pbx, token, around, more)
    return app
