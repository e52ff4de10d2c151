"""The most that one request may cost, as far as anybody has found out."""

import sys
from functools import cache
from urllib.parse import quote

import orjson
import requests

from tools.torture.ends import client

MEGABYTE = 1_000_000
EVENT, UPLOAD, MODULE = "telephony/call/event", "telephony/calls/upload", "integration-modules/torture/edit"


def _module(codes: int, lines: int) -> bytes:
    telephony = {
        "additionalCodes": [{"userId": n, "code": str(n)} for n in range(codes)],
        "externalPhones": [{"siteCode": "shop1", "externalPhone": f"+7499{n:07}"} for n in range(lines)],
    }
    return orjson.dumps({"clientId": "torture", "integrations": {"telephony": telephony}})


# By what is special: path, name of the member, its text.
REQUESTS: dict[str, tuple[str, str, bytes]] = {
    "100,000 empty calls": (UPLOAD, "calls", b"[" + b"{}," * 99_999 + b"{}]"),
    "one text of 1 MB": (EVENT, "event", b'"' + b"x" * MEGABYTE + b'"'),
    "60,000 extensions": (MODULE, "integrationModule", _module(60_000, 0)),
    "10,000 extensions and lines": (MODULE, "integrationModule", _module(10_000, 10_000)),
    "100,000 unknown members": (EVENT, "event", orjson.dumps({f"m{n}": n for n in range(100_000)})),
    "a number of a million digits": (EVENT, "event", b'{"phone":' + b"9" * MEGABYTE + b"}"),
    "lists, a million deep": (EVENT, "event", b"[" * MEGABYTE),
    "a million signs that are quoted": (EVENT, "event", ("я" * 200_000).encode()),
}


def send(session: requests.Session, url: str, name: str) -> int:
    """The status. What of the connection breaks raises requests.RequestException."""
    path, body = prepared(name)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return session.post(f"{url}/api/v5/{path}", data=body, headers=headers, timeout=60).status_code


@cache
def prepared(name: str) -> tuple[str, bytes]:
    path, member, text = REQUESTS[name]
    return path, f"{member}={quote(text)}".encode()


def many_fields(session: requests.Session, url: str) -> int:
    """A query of 12 kB whose every field is remarked upon."""
    query = "&".join(f"unknown{n}=1" for n in range(800))
    return session.get(f"{url}/api/v5/users?{query}", timeout=60).status_code


def main(url: str, name: str) -> None:
    """Again and again, until the process is ended: a client in this one would slow down who measures."""
    with client() as session:
        while True:
            send(session, url, name)
            print(flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
