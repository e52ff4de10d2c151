"""The CRM as a Flask app: every method of the contract's table, the control API and the description."""

from collections.abc import Callable

import orjson
from flask import Response, request
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.routing import BaseConverter

from callproof import __version__
from callproof.contract import openapi, routes
from callproof.contract.operations import OPERATIONS
from callproof.crm.api import CrmApi
from callproof.crm.control import control
from callproof.crm.crm import Crm
from callproof.crm.desk.pages import add_pages
from callproof.exchange.answering import Answering
from callproof.exchange.app import EndApp
from callproof.exchange.spoiling import Spoiling
from callproof.web.site import ALONE, Site, Surroundings, nothing_more


def create_app(
    crm: Crm,
    token: str = "",
    around: Surroundings = ALONE,
    more: Callable[[Site], None] = nothing_more,
) -> EndApp:
    """The API under ``/api``, the control API under ``/_bench`` and the pages; ``more`` adds some."""
    api = CrmApi(crm)
    spoiling = Spoiling(crm.faults, crm.clock, _name, crm.settings.api_key)
    bounds = crm.bounds
    most = bounds.crm_request_bytes
    answering = Answering(
        api.respond,
        api.refuse,
        crm.journal,
        crm.clock,
        crm.faults,
        spoiling,
        most=most,
        bounds=bounds,
        telling=crm.telling,
        counts=crm.counts,
    )
    app = EndApp(__name__, answering, api.refuse, ("/api",), most)
    app.url_map.converters["part"] = _Part
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for operation in OPERATIONS:
        for path in operation.paths if operation.path else ():
            app.add_method(operation.name, operation.method, path.replace("{", "<part:").replace("}", ">"))
    control(crm, token).steer(app)
    add_pages(app, crm, token, around, more)
    app.register_blueprint(get_swaggerui_blueprint("/docs", "/openapi.json", {"app_name": "callproof"}))

    @app.get("/openapi.json")
    def describe() -> Response:
        # A page that was opened as localhost may not ask 127.0.0.1: that is another origin.
        described = openapi.document(request.host_url.rstrip("/"), __version__, strict=crm.settings.strict)
        return Response(orjson.dumps(described), mimetype="application/json")

    return app


class _Part(BaseConverter):
    """One part of a path."""

    regex = routes.A_PART
    part_isolating = True


def _name(method: str, path: str) -> str:
    found = routes.find(method, path)
    return found.name if found else "unknown" if path.startswith("/api") else ""
