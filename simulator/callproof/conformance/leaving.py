"""What a scenario takes back when it is over, at a side that nothing else takes back to its beginning."""

import msgspec
import orjson

from callproof import kinds
from callproof.conformance.drivers import act
from callproof.conformance.judge import UnderTest
from callproof.conformance.watching import Journals
from callproof.contract.jsontypes import JsonObject, merged
from callproof.contract.operations import Side
from callproof.control.client import ActionRefused, Ends


class _Told(msgspec.Struct):
    status: str = "free"
    online: bool = True


class _Answered(msgspec.Struct):
    user: _Told = msgspec.field(default_factory=_Told)


def leave(ends: Ends, journals: Journals, judged: UnderTest) -> None:
    """Telephonies are off at a CRM; the users of the account are free and at their desks again, and a PBX
    has heard of it.

    Raises Unreachable when an end does not answer; a CRM that lets nobody change its users keeps them.
    """
    if judged.side is Side.CRM:
        _switch_off(ends, journals)
    else:
        ends.crm.mend()
    for user in judged.account.users:
        if _needs_it(ends, user):
            _freed(ends, user)
    ends.settle()


def _switch_off(ends: Ends, journals: Journals) -> None:
    """Every module that was registered: whoever is not there is told of nothing by the next scenario."""
    for code in journals.codes():
        told = merged(journals.told(code, Side.PBX), {"active": False})
        form = {"integrationModule": orjson.dumps(told).decode()}
        ends.crm.api("POST", f"/api/v5/integration-modules/{code}/edit", ends.api_key, form)


def _needs_it(ends: Ends, user: int) -> bool:
    answer = ends.crm.api("GET", f"/api/v5/users/{user}", ends.api_key, {})
    try:
        told = kinds.decode(answer.content, _Answered).user
    except msgspec.DecodeError:
        return False
    return answer.status_code == 200 and told != _Told()


def _freed(ends: Ends, user: int) -> None:
    state: JsonObject = {"user": user, "online": True, "status": "free"}
    try:
        act(ends, "set user", state)
    except ActionRefused:
        ends.crm.api("POST", f"/api/v5/users/{user}/status", ends.api_key, {"status": "free"})
