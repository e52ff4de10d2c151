"""WireMock, whose jar npm brings: with the form field judged by a JSON schema, and by path alone."""

import json
from shutil import which

from benchmarks.peers.node import ROUTES
from benchmarks.peers.peer import Peer, Place
from benchmarks.processes import NotStarted
from benchmarks.schema import payload
from benchmarks.telephony import EVENT_PATH, UPLOAD_PATH

_FIELDS = {EVENT_PATH: ("event", "payloads.call-event"), UPLOAD_PATH: ("calls", "payloads.calls-upload")}


def _wiremock(place: Place, *, judges: bool) -> list[str]:
    if not which("java"):
        raise NotStarted("there is no java")
    mappings = place.work / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    for number, (method, path, body) in enumerate(ROUTES):
        request: dict[str, object] = {"method": method, "urlPath": path}
        if judges and path in _FIELDS:
            field, schema = _FIELDS[path]
            judged = {"matchesJsonSchema": payload(place.description, schema), "schemaVersion": "V202012"}
            request["formParameters"] = {field: judged}
        response = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body}
        text = json.dumps({"request": request, "response": response})
        (mappings / f"{number}.json").write_text(text, "utf-8")
    jar = next((place.tools / "node_modules/wiremock/build").glob("wiremock-standalone-*.jar"))
    quiet = ["--no-request-journal", "--disable-request-logging", "--disable-banner", "--disable-gzip"]
    options = ["--port", str(place.port), "--bind-address", "127.0.0.1", "--root-dir", str(place.work)]
    return ["java", "-jar", str(jar), *options, *quiet]


PEERS = (
    Peer(
        "WireMock",
        "node",
        "wiremock",
        keeps="nothing",
        how="constant answers, by path alone",
        command=lambda place: _wiremock(place, judges=False),
    ),
    Peer(
        "WireMock with schema",
        "node",
        "wiremock",
        keeps="nothing",
        how="the form field judged by our JSON schema",
        command=lambda place: _wiremock(place, judges=True),
    ),
)
