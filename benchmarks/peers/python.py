"""Peers from PyPI: moto, connexion, a bare Flask app and a bare WSGI app."""

import json
from pathlib import Path

import requests

from benchmarks.peers.peer import Peer, Place
from benchmarks.telephony import EVENT
from benchmarks.workload import Workload

APPS = Path(__file__).resolve().parent.parent / "apps"
_QUEUE = "calls"
_QUEUE_URL = "http://127.0.0.1/123456789012/calls"
_SQS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sqs/aws4_request, "
    "SignedHeaders=host, Signature=0",
}


def _granian(place: Place, app: str, interface: str = "wsgi") -> list[str]:
    threads = [] if interface == "asgi" else ["--blocking-threads", "1"]
    where = ["--host", "127.0.0.1", "--port", str(place.port), "--working-dir", str(APPS)]
    options = ["--interface", interface, "--workers", "1", "--no-log", *threads, *where]
    return [str(place.tools / "bin" / "granian"), *options, app]


def _described(description: Path) -> dict[str, str]:
    return {"BENCH_DESCRIPTION": str(description)}


def _moto(place: Place) -> list[str]:
    return [str(place.tools / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(place.port)]


def _make_queue(url: str) -> None:
    body = json.dumps({"QueueName": _QUEUE})
    requests.post(f"{url}/", data=body, headers=_headers("CreateQueue"), timeout=30).raise_for_status()


def _headers(action: str) -> dict[str, str]:
    return {**_SQS, "X-Amz-Target": f"AmazonSQS.{action}"}


def _on_sqs(_: dict[str, Workload]) -> dict[str, Workload]:
    """What comes nearest: an event as a message that is kept, and the queue looked up by its name.

    Nothing of moto's takes 50 at once in state that threads share safely.
    """
    send = Workload(
        "event",
        "POST",
        "/",
        _headers("SendMessage"),
        head=f'{{"QueueUrl":"{_QUEUE_URL}","MessageBody":"',
        item=EVENT.replace('"', '\\"'),
        times=1,
        tail='"}',
    )
    look = Workload("lookup", "POST", "/", _headers("GetQueueUrl"), f'{{"QueueName":"{_QUEUE}"}}')
    return {"event": send, "lookup": look}


PEERS = (
    Peer(
        "moto",
        "python",
        "moto[server]",
        keeps="messages, in memory",
        how="it has no telephony: SQS SendMessage as the event, GetQueueUrl as the lookup",
        command=_moto,
        introduce=_make_queue,
        asked=_on_sqs,
        validates=False,
    ),
    Peer(
        "connexion",
        "python",
        "connexion",
        keeps="nothing",
        how="our OpenAPI description with its form fields as text, constant answers, on granian",
        command=lambda place: _granian(place, "connexion_app:app", "asgi"),
        env=lambda place: _described(place.plain),
    ),
    Peer(
        "bare Flask",
        "python",
        "flask",
        keeps="nothing",
        how="form by Werkzeug, orjson, jsonschema-rs with our schemas, on granian",
        command=lambda place: _granian(place, "flask_app:app"),
        env=lambda place: _described(place.description),
    ),
    Peer(
        "bare granian",
        "python",
        "granian",
        keeps="nothing",
        how="raw WSGI, a constant answer: the floor",
        command=lambda place: _granian(place, "constant_app:app"),
    ),
)
