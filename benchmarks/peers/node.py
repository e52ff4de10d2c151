"""Peers from npm: Prism, Mockoon and mountebank."""

import json
from uuid import NAMESPACE_URL, uuid5

from benchmarks.peers.constants import EVENT, MANAGER, UPLOAD
from benchmarks.peers.peer import Peer, Place
from benchmarks.processes import free_port
from benchmarks.telephony import EVENT_PATH, MANAGER_PATH, UPLOAD_PATH

ROUTES = (
    ("POST", EVENT_PATH, EVENT),
    ("POST", UPLOAD_PATH, UPLOAD),
    ("GET", MANAGER_PATH, MANAGER),
)
_JSON = {"Content-Type": "application/json"}


def _bin(place: Place, name: str) -> str:
    return str(place.tools / "node_modules" / ".bin" / name)


def _prism(place: Place) -> list[str]:
    options = ["--port", str(place.port), "--verboseLevel", "silent"]
    return [_bin(place, "prism"), "mock", str(place.plain), *options]


def _mockoon(place: Place) -> list[str]:
    file = place.work / "mockoon.json"
    file.write_text(json.dumps(_environment()), "utf-8")
    options = ["--port", str(place.port), "--disable-log-to-file", "--disable-admin-api", "--repair"]
    return [_bin(place, "mockoon-cli"), "start", "--data", str(file), *options]


def _environment() -> dict[str, object]:
    """A Mockoon data file; what is left out is filled in by ``--repair``."""
    routes = [_route(method, path, body) for method, path, body in ROUTES]
    return {
        "uuid": _uuid("environment"),
        "lastMigration": 33,
        "name": "bench",
        "port": 0,
        "hostname": "127.0.0.1",
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in routes],
        "folders": [],
        "data": [],
        "callbacks": [],
        "headers": [],
    }


def _route(method: str, path: str, body: str) -> dict[str, object]:
    response = {
        "uuid": _uuid(f"{path} response"),
        "statusCode": 200,
        "default": True,
        "headers": [{"key": key, "value": value} for key, value in _JSON.items()],
        "bodyType": "INLINE",
        "body": body,
        "disableTemplating": True,
        "rules": [],
        "callbacks": [],
    }
    endpoint = path.removeprefix("/")
    return {
        "uuid": _uuid(path),
        "type": "http",
        "method": method.lower(),
        "endpoint": endpoint,
        "responses": [response],
    }


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"callproof benchmark {name}"))


def _mountebank(place: Place) -> list[str]:
    stubs = [
        {
            "predicates": [{"equals": {"method": method, "path": path}}],
            "responses": [{"is": {"statusCode": 200, "headers": _JSON, "body": body}}],
        }
        for method, path, body in ROUTES
    ]
    imposter = {
        "port": place.port,
        "host": "127.0.0.1",
        "protocol": "http",
        "recordRequests": False,
        "defaultResponse": {"statusCode": 404},
        "stubs": stubs,
    }
    file = place.work / "mountebank.json"
    file.write_text(json.dumps({"imposters": [imposter]}), "utf-8")
    quiet = ["--nologfile", "--loglevel", "error", "--pidfile", str(place.work / "mb.pid")]
    options = ["--port", str(free_port()), "--configfile", str(file), "--noParse", *quiet]
    return [_bin(place, "mb"), "start", *options]


PEERS = (
    Peer(
        "Prism",
        "node",
        "@stoplight/prism-cli",
        keeps="nothing",
        how="our OpenAPI description with its form fields as text, answers as examples",
        command=_prism,
    ),
    Peer(
        "Mockoon",
        "node",
        "@mockoon/cli",
        keeps="the last 100 exchanges",
        how="constant answers",
        command=_mockoon,
    ),
    Peer("mountebank", "node", "mountebank", keeps="nothing", how="constant answers", command=_mountebank),
)
