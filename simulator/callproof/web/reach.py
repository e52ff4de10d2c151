"""Whether somebody answers at an address."""

import requests

from callproof.exchange.trust import USUAL, Trust

SECONDS = 1.0


def reached(address: str, trust: Trust = USUAL) -> bool:
    """Any answer counts, whatever it says."""
    try:
        with trust.session() as session:
            session.get(address, timeout=SECONDS, stream=True, allow_redirects=False).close()
    except requests.RequestException:
        return False
    return True
