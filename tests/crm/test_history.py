"""The history is given back (evidence#calls-read)."""

import pytest

from callproof.crm.rules.model import Grant
from tests.support import KEY, Account, call_item


def read(account: Account, **query: str) -> tuple[list[str], str | None]:
    answer = account.get("telephony/calls", **query)
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    return [call["externalId"] for call in body["calls"]], body["pagination"].get("nextCursor")


def test_a_call_is_told_with_who_took_it_and_whose_it_is(registered: Account) -> None:
    customer = registered.get("customers/customer-1").get_json()["customer"]
    phone = customer["phones"][0]["number"]
    order = {"externalId": "o", "number": "17A", "customer": {"id": customer["id"]}}
    registered.post("orders/create", site="shop1", order=order)
    registered.upload(
        call_item(
            "c-1", phone=phone, externalPhone="+7-499-999-99-99", recordUrl="http://127.0.0.1:9/a.wav"
        )
    )
    answer = registered.get("telephony/calls")
    user = registered.get("users/1").get_json()["user"]
    assert answer.get_json() == {
        "success": True,
        "pagination": {"limit": 20},
        "calls": [
            {
                "id": 1,
                "externalId": "c-1",
                "type": "in",
                "date": "2024-05-01 12:00:00",
                "code": "100",
                "manager": {
                    "id": 1,
                    "firstName": user["firstName"],
                    "lastName": user["lastName"],
                    "code": "100",
                },
                "phone": phone,
                "result": "answered",
                "duration": 30,
                "isMissed": False,
                "externalPhone": "+7-499-999-99-99",
                "orderNumber": "17A",
                "customer": {"id": customer["id"]},
            }
        ],
    }


def test_what_nobody_took_has_no_manager_and_is_missed_when_it_came_in(registered: Account) -> None:
    missed = {"result": "no answer", "duration": 0, "code": "999"}
    registered.upload(call_item("in", **missed), call_item("out", type="out", userId=2, **missed))
    out, came = registered.get("telephony/calls").get_json()["calls"]
    assert ("manager" in came, "customer" in came, came["isMissed"]) == (False, False, True)
    assert (out["manager"]["id"], out["isMissed"]) == (2, False)


def test_the_newest_call_comes_first_whatever_was_uploaded_first(registered: Account) -> None:
    registered.upload(
        call_item("b", date="2024-05-01 11:00:00"), call_item("a", date="2024-05-01 10:00:00")
    )
    registered.upload(call_item("late", date="2024-04-30 23:00:00"))
    registered.upload(call_item("c", date="2024-05-01 11:00:00"))
    assert read(registered) == (["c", "b", "a", "late"], None)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_cursors_lead_through_the_history_once(registered: Account, limit: int) -> None:
    dates = [f"2024-05-01 1{number % 2}:00:00" for number in range(7)]
    registered.upload(*(call_item(f"c-{number}", date=date) for number, date in enumerate(dates)))
    whole, _ = read(registered)
    found, cursor = read(registered, limit=str(limit), cursor="")
    while cursor:
        part, cursor = read(registered, limit=str(limit), cursor=cursor)
        assert 0 < len(part) <= limit
        found += part
    assert found == whole == ["c-5", "c-3", "c-1", "c-6", "c-4", "c-2", "c-0"]


def test_a_call_that_comes_meanwhile_shifts_no_page(registered: Account) -> None:
    registered.upload(
        *(call_item(f"c-{number}", date=f"2024-05-01 0{number}:00:00") for number in range(4))
    )
    first, cursor = read(registered, limit="2")
    registered.upload(call_item("new"))
    assert cursor is not None
    assert (first, read(registered, limit="2", cursor=cursor)[0]) == (["c-3", "c-2"], ["c-1", "c-0"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "0"), ("limit", "101"), ("limit", "many"), ("cursor", "x"), ("cursor", "-1")],
)
def test_a_part_that_cannot_be_is_refused(registered: Account, name: str, value: str) -> None:
    answer = registered.get("telephony/calls", **{name: value})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, [name])


def test_a_filter_of_the_history_leaves_a_finding(registered: Account) -> None:
    assert registered.get("telephony/calls", **{"filter[type]": "in"}).status_code == 200
    assert [(finding.kind, finding.pointer) for finding in registered.findings] == [("ignored", "/filter")]


def test_a_key_of_some_shops_reads_their_calls_and_those_of_none(registered: Account) -> None:
    registered.upload(call_item("one", site="shop1"), call_item("two", site="shop2"), call_item("none"))
    with registered.crm.store.begin() as session:
        session.save_grant(Grant("selective", ("telephony_read",), ("shop2",)))
    answer = registered.client.get("/api/v5/telephony/calls", headers={"X-API-KEY": "selective"})
    assert [call["externalId"] for call in answer.get_json()["calls"]] == ["none", "two"]


def test_without_a_telephony_the_history_is_read_all_the_same(account: Account) -> None:
    assert read(account) == ([], None)
    refused = account.client.post("/api/v5/telephony/calls", headers={"X-API-KEY": KEY})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
