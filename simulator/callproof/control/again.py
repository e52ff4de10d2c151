"""The method of a control API by which a request is made again, as the journal has it or edited."""

from typing import Annotated

import requests
from flask import current_app
from msgspec import Meta

from callproof.control.api import Control, ControlError
from callproof.control.inside import InProcess
from callproof.control.wire import Members
from callproof.exchange.calling import Caller
from callproof.exchange.reach import HostRefused

# What whoever sends it says anew.
_UNSENT = frozenset({"host", "content-length", "connection", "transfer-encoding"})
# Any address that this end is asked at will do.
_HERE = "http://127.0.0.1"


class AgainAsked(Members):
    """``url`` is a path of this end, at which it is asked, or a whole address, which this end asks."""

    method: Annotated[str, Meta(pattern="^[A-Z]{1,20}$")]
    url: Annotated[str, Meta(pattern="^(https?://|/)")]
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


def add_again(api: Control, caller: Caller) -> None:
    """``/again`` of one end, which asks others by ``caller`` and so no host that it may not ask."""

    def again(asked: AgainAsked) -> object:
        before = api.journal.last_id
        headers = {name: value for name, value in asked.headers if name.lower() not in _UNSENT}
        here = asked.url.startswith("/")
        try:
            if here:
                status, error = _here(asked, headers)
            else:
                sent = caller.send("", asked.method, asked.url, data=asked.body.encode(), headers=headers)
                status, error = sent.answer.status if sent.answer else None, sent.error
        except HostRefused as error_:
            raise ControlError(f"{error_}.", 409) from None
        except (requests.RequestException, ValueError) as error_:
            raise ControlError(f"It cannot be sent: {error_}.") from None
        return {"id": _entry(api, before, asked, "in" if here else "out"), "status": status, "error": error}

    api.add(
        "POST",
        "/again",
        "Make a request again: of this end, when url is a path, or by this end. id is that of the journal's"
        " entry, 0 where it keeps none.",
        again,
        AgainAsked,
    )


def _here(asked: AgainAsked, headers: dict[str, str]) -> tuple[int | None, str]:
    """Ask this very app; a connection that is broken off is no answer."""
    url = f"{_HERE}{asked.url}"
    prepared = requests.Request(asked.method, url, headers=headers, data=asked.body.encode()).prepare()
    try:
        return InProcess(current_app.wsgi_app, _HERE).send(prepared).status_code, ""
    except requests.ConnectionError as error:
        return None, str(error)


def _entry(api: Control, before: int, asked: AgainAsked, direction: str) -> int:
    for entry in reversed(api.journal.since(before)):
        if (entry.direction, entry.request.method) == (direction, asked.method):
            return entry.id
    return 0
