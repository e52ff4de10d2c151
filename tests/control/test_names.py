"""By which names an end may be asked for what no stranger's page may see."""

import pytest

from callproof.exchange.reach import is_known_as, names_of
from tests.support import Account

NAMES = names_of("https://pbx.example:8443", ["CRM.corp.example"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8080",
        "[::1]:8080",
        "localhost",
        "10.0.0.7",
        "crm:8080",
        "a.localhost",
        "pbx.example",
        "crm.corp.example:1",
    ],
)
def test_addresses_plain_names_and_its_own_are_known(host: str) -> None:
    assert is_known_as(host, NAMES)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[::1", "pbx.example.evil"]
)
def test_a_name_that_a_stranger_may_have_is_not(host: str) -> None:
    assert not is_known_as(host, NAMES)


@pytest.mark.parametrize("path", ["/_bench/state", "/_bench/journal", "/", "/live"])
def test_under_such_a_name_neither_control_nor_pages_are_served(account: Account, path: str) -> None:
    answer = account.client.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert "not served as evil.example" in answer.get_data(as_text=True)
