"""Whether somebody answers at an address."""

import requests

from callproof.exchange.bounded import ask
from callproof.exchange.trust import USUAL, Trust

SECONDS = 1.0
# At an end of ours a file: opening a page may set something off. Of any other system any answer will do.
PATH = "/pages/callproof.css"


def reached(address: str, trust: Trust = USUAL) -> bool:
    """Any answer counts, whatever it says."""
    try:
        with trust.session() as session:
            # To its end: a server that is hung up on keeps its file open.
            ask(session, requests.Request("GET", f"{address.rstrip('/')}{PATH}").prepare(), SECONDS)
    except requests.RequestException:
        return False
    return True
