from collections.abc import Iterator

import pytest

from callproof.running.threads import serving
from tests.crm.desk.browsing import Browser, Listener
from tests.support import Account


@pytest.fixture
def desk(registered: Account) -> Browser:
    return Browser(registered).sign_in()


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    with serving(found.app, found.address):
        yield found
