"""connexion with callproof's description and constant answers. Runs in the peers' environment."""

import json
import os
from pathlib import Path
from typing import Any

from connexion import AsyncApp
from connexion.resolver import Resolver

_DOCUMENT = json.loads(Path(os.environ["BENCH_DESCRIPTION"]).read_text("utf-8"))
_MANAGER = {"id": 1, "firstName": "Ann", "lastName": "Lee", "email": "user1@crm.example", "code": "100"}


async def event(**_: Any) -> dict[str, Any]:
    return {"success": True}


async def upload(**_: Any) -> dict[str, Any]:
    return {"success": True, "processedCallsCount": 50}


async def manager(**_: Any) -> dict[str, Any]:
    return {"success": True, "manager": _MANAGER}


async def anybody(*_: Any, **__: Any) -> dict[str, Any]:
    return {"sub": "bench"}


# Any key will do: it is the requests that are compared, not the accounts.
_DOCUMENT["components"]["securitySchemes"]["header"]["x-apikeyInfoFunc"] = "connexion_app.anybody"
_VIEWS = {"call-event": event, "calls-upload": upload, "manager-lookup": manager}


def _view(operation: str) -> Any:
    return next(view for name, view in _VIEWS.items() if operation.startswith(name))


app = AsyncApp(__name__)
app.add_api(_DOCUMENT, resolver=Resolver(_view))
