"""What a telephony tells and asks: events of a call, finished calls, the responsible manager."""

from urllib.parse import urlencode

from account import account, same_phone
from api import Refused, broken, parameter, structure, success, v5
from checks import check_call, check_event
from flask import request

AT_ONCE = 50
TRUE = ("1", "true", "True")


@v5.get("/telephony/manager")
def manager():
    phone = parameter("phone")
    answer = {}
    customer = account.caller(phone)
    user = account.users.get(customer.get("managerId")) if customer else None
    if user and may_be_returned(user, request.args.get("ignoreStatus") in TRUE):
        answer["manager"] = {
            **{name: user[name] for name in ("id", "firstName", "lastName", "email")},
            "code": account.code_of(user["id"]),
        }
    if request.args.get("details") in TRUE:
        answer["links"] = links(phone, customer)
        if customer:
            known = ("id", "externalId", "firstName", "lastName", "patronymic", "email", "phones")
            answer["customer"] = {name: customer[name] for name in known if name in customer}
    return success(**answer)


def may_be_returned(user: dict, ignore_status: bool) -> bool:
    """Authorised and free, unless that is to be ignored, and in any case with an extension."""
    available = user["online"] and user["status"] == "free"
    return (available or ignore_status) and account.code_of(user["id"]) is not None


def links(phone: str, customer) -> dict:
    base, query = request.host_url.rstrip("/"), urlencode({"phone": phone})
    found = {"newOrderLink": f"{base}/orders/add?{query}"}
    if customer:
        return {**found, "customerLink": f"{base}/customers/{customer['id']}"}
    return {**found, "newCustomerLink": f"{base}/customers/add?{query}"}


@v5.post("/telephony/call/event")
def event():
    sent = structure("event", dict)
    with account.lock:
        if not account.telephonies():
            raise Refused(400, "Telephony not enabled")
        check_event(sent)
        called, unknown = addressees(sent)
        if sent["type"] == "hangup":
            close_cards(sent)
            account.ended.append((sent.get("callExternalId"), set(called)))
        else:
            told = already_told(sent.get("callExternalId"))
            account.cards += [card(sent, user, code) for user, code in called.items() if user not in told]
    return success(**unknown)


def addressees(sent: dict):
    """The users who see the card, with their extensions, and whom the settings do not know."""
    called, unknown = {}, {"notExistCodes": [], "notExistUsers": []}
    for code in map(str, sent.get("codes") or []):
        user_id = account.user_of(code)
        if user_id in account.users:
            called.setdefault(user_id, code)
        else:
            unknown["notExistCodes"].append(code)
    for user_id in map(int, sent.get("userIds") or []):
        if user_id in account.users:
            called.setdefault(user_id, account.code_of(user_id))
        else:
            unknown["notExistUsers"].append(user_id)
    return called, {name: missing for name, missing in unknown.items() if missing}


def already_told(call_id) -> set:
    """Who sees the call, or saw it until it ended: events come twice, and late."""
    if call_id is None:
        return set()
    ended = {user for known, users in account.ended if known == call_id for user in users}
    return ended | {shown["userId"] for shown in account.cards if shown["callExternalId"] == call_id}


def card(sent: dict, user_id: int, code) -> dict:
    line = sent.get("externalPhone")
    return {
        "callExternalId": sent.get("callExternalId"),
        "type": sent["type"],
        "userId": user_id,
        "code": code,
        "phone": sent["phone"],
        "shop": account.shop_of(line) if line else None,
        "open": True,
        "hangupStatus": None,
    }


def close_cards(sent: dict):
    """Those of the call, or of the number where the PBX does not tell its calls apart."""
    call_id = sent.get("callExternalId")
    for shown in account.cards:
        ours = shown["callExternalId"] == call_id if call_id else same_phone(shown["phone"], sent["phone"])
        if ours and shown["open"]:
            shown.update(open=False, hangupStatus=sent.get("hangupStatus"))


@v5.post("/telephony/calls/upload")
def upload():
    sent = structure("calls", list)
    with account.lock:
        if not account.telephonies():
            raise Refused(400, "Telephony not enabled or not supports calls upload")
        if not sent:
            raise broken({"calls": "This collection should contain 1 element or more."})
        if len(sent) > AT_ONCE:
            raise broken({"calls": f"This collection should contain {AT_ONCE} elements or less."})
        errors = {}
        for index, call in enumerate(sent):
            check_call(call, f"calls[{index}]", errors)
        if errors:
            raise broken(errors)
        known = [str(call["externalId"]) for call in sent if not keep(call)]
        for call in sent:
            # A call that is in the history is over, also when nobody said so.
            close_cards({"callExternalId": str(call["externalId"]), "phone": call["phone"]})
    counted = {"processedCallsCount": len(sent) - len(known)}
    return success(**counted, **({"duplicateCalls": known} if known else {}))


def keep(sent: dict) -> bool:
    """False for a call that is in the history already; it stays as it is."""
    external_id = str(sent["externalId"])
    if account.call(external_id):
        return False
    user_id = sent.get("userId")
    if user_id is None and "code" in sent:
        user_id = account.user_of(str(sent["code"]))
    account.calls.append(
        {**sent, "externalId": external_id, "userId": None if user_id is None else int(user_id)}
    )
    return True
