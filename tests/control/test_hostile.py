"""Whatever a tester sends: an answer, and never one that says that the end is broken."""

from itertools import product

import pytest
from flask.testing import FlaskClient

from callproof.clocks.manual import ManualClock
from callproof.control.api import Control
from callproof.crm.app import create_app as crm_app
from callproof.crm.control import control as crm_control
from callproof.crm.crm import Crm
from callproof.crm.settings import CrmSettings
from callproof.pbx.app import create_app as pbx_app
from callproof.pbx.control import control as pbx_control
from callproof.pbx.pbx import Pbx
from callproof.pbx.settings import PbxSettings
from tests.support import KEY

# What a member may be instead of what it should be.
VALUES = (
    *(
        "12345678901234567890",
        "-12345678901234567890",
        "1e308",
        "1.5",
        "-1",
        "0",
        "true",
        "null",
        "[]",
        "{}",
    ),
    *(
        '""',
        '"\\u0000"',
        '"\\ud800"',
        '"x\\r\\ny"',
        '"\u00b2"',
        '"' + "9" * 5000 + '"',
        "[" * 500 + "]" * 500,
        "[[]]",
    ),
    *('{"a":' * 300 + "1" + "}" * 300, '[{"id":12345678901234567890}]', "NaN"),
)


def ends() -> list[tuple[str, FlaskClient, Control]]:
    crm = Crm(CrmSettings(api_key=KEY, base_url="http://127.0.0.1:9"), ManualClock())
    pbx = Pbx(
        PbxSettings(api_key=KEY, base_url="http://127.0.0.1:9", crm_url="http://127.0.0.1:9"), ManualClock()
    )
    return [
        ("crm", crm_app(crm).test_client(), crm_control(crm)),
        ("pbx", pbx_app(pbx).test_client(), pbx_control(pbx)),
    ]


METHODS = [
    (end, method.verb, method.path, sorted(method.members))
    for end, _, control in ends()
    for method in control.methods
]


@pytest.mark.parametrize(("end", "verb", "path", "members"), METHODS, ids=lambda value: str(value)[:40])
def test_no_member_breaks_an_end(end: str, verb: str, path: str, members: list[str]) -> None:
    client = next(client for name, client, _ in ends() if name == end)
    where = "/_bench" + path.replace("{", "").replace("}", "")
    for member, value in product(members or ["unknown"], VALUES):
        if (member, value) == ("follow", "true"):
            continue  # it would be listened to
        sent = (
            {"query_string": {member: value, "wait": "0"}}
            if verb == "GET"
            else {"data": f'{{"{member}":{value}}}'}
        )
        answer = client.open(where, method=verb, **sent)
        assert answer.status_code < 500 or "error" in answer.get_json(), (member, value[:50])
        answer.close()


@pytest.mark.parametrize("key", ["\U0001f4de", "a\nb", " a", "\x00"])
def test_a_key_that_no_header_can_carry_is_not_sent(key: str) -> None:
    client = next(client for name, client, _ in ends() if name == "pbx")
    answer = client.post("/_bench/send", json={"method": "POST", "path": "/x", "apiKey": key})
    assert answer.status_code in (200, 400)
    assert answer.get_json().get("status") is None
