"""The telephony of a small CRM in FastAPI: what a telephony registers, tells and asks.

CALLPROOF_API_KEY is the key that it lets in. Handlers are coroutines of one loop, so nothing needs a lock.
"""

from datetime import datetime

from api import (
    INVALID,
    NOT_A_CHOICE,
    SHOPS,
    Refused,
    app,
    broken,
    code_of,
    digits,
    known_module,
    rows,
    same,
    sent,
    state,
    telephonies,
    user_of,
)
from fastapi import Request
from fastapi.responses import JSONResponse
from hooks import hooks
from pbx import change_user

EVENTS = ("in", "out", "hangup")
HANGUPS = ("answered", "busy", "cancel", "failed", "no answered")
RESULTS = ("answered", "busy", "failed", "no answer", "not allowed", "unknown")
TRUE = ("1", "true", "True")

app.include_router(hooks)


@app.get("/api/system-info")
async def system_info(request: Request):
    address = str(request.base_url).rstrip("/")
    return {"success": True, "systemVersion": "1.0", "publicUrl": address, "technicalUrl": address}


@app.get("/api/api-versions")
async def versions():
    return {"success": True, "versions": ["5.0"]}


@app.get("/api/credentials")
async def credentials():
    scopes = ["integration_read", "integration_write", "telephony_read", "telephony_write", "user_read"]
    paths = [getattr(route, "path", "") for route in app.routes]
    methods = sorted({path.replace("/v5", "") for path in paths if path.startswith("/api/v5")})
    return {"success": True, "credentials": methods, "scopes": scopes,
            "siteAccess": "access_full", "sitesAvailable": list(SHOPS)}  # fmt: skip


@app.get("/api/v5/integration-modules/{code}")
async def module(code: str):
    shown = {name: value for name, value in known_module(code).items() if name != "clientId"}
    return {"success": True, "integrationModule": shown}


@app.post("/api/v5/integration-modules/{code}/edit")
async def edit_module(code: str, request: Request):
    """What is left out stays as it is."""
    new, known = await sent(request, "integrationModule", dict), state["modules"].get(code)
    integrations = new.get("integrations") or {}
    telephony, errors = integrations.get("telephony"), {}
    if new.get("code", code) != code:
        errors["code"] = INVALID
    elif not code.startswith(new.get("integrationCode") or ""):
        errors["code"] = "Code prefix must match integrationCode"
    if not (new.get("clientId") or known):
        errors["clientId"] = "This value should not be blank."
    if (new.get("logo") or ".svg")[-4:].lower() != ".svg":
        errors["logo"] = "Logo image must be svg"
    for name, members in (
        ("additionalCodes", {"userId", "code"}),
        ("externalPhones", {"siteCode", "externalPhone"}),
    ):
        for index, row in enumerate((telephony or {}).get(name) or []):
            if not (
                isinstance(row, dict) and members <= row.keys() and str(row.get("userId", 0)).isdecimal()
            ):
                errors[f"integrations[telephony][{name}][{index}]"] = INVALID
    if errors:
        raise broken(errors)
    kept = dict((known or {}).get("integrations", {}))
    info = {}
    if telephony is not None:
        # Extensions and ids of users come as numbers and as text.
        codes = telephony.get("additionalCodes")
        if codes is not None:
            codes = [{"userId": str(row["userId"]), "code": str(row["code"])} for row in codes]
            telephony = {**telephony, "additionalCodes": codes}
        kept["telephony"] = {**kept.get("telephony", {}), **telephony}
        users = [int(row["userId"]) for row in codes or [] if int(row["userId"]) not in state["users"]]
        shops = [r["siteCode"] for r in telephony.get("externalPhones") or [] if r["siteCode"] not in SHOPS]
        found = {"notExistUsersIds": users, "notExistSiteCodes": shops}
        info = {name: missing for name, missing in found.items() if missing}
    first = {"code": code, "integrationCode": code, "active": False, "freeze": False}
    state["modules"][code] = {**(known or first), **new, "integrations": kept}
    return JSONResponse({"success": True, "info": info or []}, 200 if known else 201)


def may_own(customer: dict, phone: str) -> bool:
    return any(same(row["number"], phone) for row in customer.get("phones") or [])


@app.get("/api/v5/telephony/manager")
async def manager(request: Request):
    asked, answer = request.query_params, {"success": True}
    phone = asked.get("phone")
    if not phone:
        raise Refused(400, "Parameter 'phone' is missing")
    owners = [customer for customer in state["customers"] if may_own(customer, phone)]
    customer = max(owners, key=lambda c: ("managerId" in c, c["id"]), default=None)
    user = state["users"].get((customer or {}).get("managerId"))
    free = user and user["online"] and user["status"] == "free"
    if user and (free or asked.get("ignoreStatus") in TRUE) and code_of(user["id"]):
        named = {name: user[name] for name in ("id", "firstName", "lastName", "email")}
        answer["manager"] = {**named, "code": code_of(user["id"])}
    if asked.get("details") in TRUE:
        base = str(request.base_url).rstrip("/")
        answer["links"] = {"newOrderLink": f"{base}/orders/add?phone={digits(phone)}"}
        if customer:
            answer["links"]["customerLink"] = f"{base}/customers/{customer['id']}"
            answer["customer"] = {name: value for name, value in customer.items() if name != "managerId"}
        else:
            answer["links"]["newCustomerLink"] = f"{base}/customers/add?phone={digits(phone)}"
    return answer


@app.post("/api/v5/telephony/call/event")
async def event(request: Request):
    told = await sent(request, "event", dict)
    if not telephonies():
        raise Refused(400, "Telephony not enabled")
    errors = {}
    if not digits(told.get("phone")):
        errors["phone"] = INVALID
    if told.get("type") not in EVENTS:
        errors["type"] = NOT_A_CHOICE
    if told.get("hangupStatus") not in (None, *HANGUPS):
        errors["hangupStatus"] = NOT_A_CHOICE
    if not all(str(user).isdecimal() for user in told.get("userIds") or []):
        errors["userIds"] = INVALID
    if told.get("site") not in (None, *SHOPS):
        errors["site"] = INVALID
    if errors:
        raise broken(errors)
    called, strangers = {}, {"notExistCodes": [], "notExistUsers": []}
    for code in map(str, told.get("codes") or []):
        if user_of(code) in state["users"]:
            called.setdefault(user_of(code), code)
        else:
            strangers["notExistCodes"].append(code)
    for user in map(int, told.get("userIds") or []):
        if user in state["users"]:
            called.setdefault(user, code_of(user))
        else:
            strangers["notExistUsers"].append(user)
    call = None if told.get("callExternalId") is None else str(told["callExternalId"])
    if told["type"] == "hangup":
        close_cards(call, told["phone"], told.get("hangupStatus"))
        state["ended"].append((call, set(called)))
    else:
        # Events come twice, and late: nobody sees a call again that is over.
        seen = {user for known, users in state["ended"] if call and known == call for user in users}
        seen |= {card["userId"] for card in state["cards"] if call and card["callExternalId"] == call}
        lines, line = rows("externalPhones"), told.get("externalPhone")
        shop = next((row["siteCode"] for row in lines if same(row["externalPhone"], line)), None)
        state["cards"] += [
            {
                "callExternalId": call,
                "userId": user,
                "code": code,
                "phone": told["phone"],
                "shop": shop,
                "open": True,
            }
            for user, code in called.items()
            if user not in seen
        ]
    return {"success": True, **{name: missing for name, missing in strangers.items() if missing}}


def close_cards(call: str | None, phone: str, status: str | None = None):
    for card in state["cards"]:
        ours = card["callExternalId"] == call if call else same(card["phone"], phone)
        if ours and card["open"]:
            card.update(open=False, hangupStatus=status)


@app.post("/api/v5/telephony/calls/upload")
async def upload(request: Request):
    calls = await sent(request, "calls", list)
    if not telephonies():
        raise Refused(400, "Telephony not enabled or not supports calls upload")
    if not 1 <= len(calls) <= 50:
        raise broken({"calls": "This collection should contain 1 to 50 elements."})
    errors = {}
    for index, call in enumerate(calls):
        for name in wrong(call) if isinstance(call, dict) else [""]:
            errors[f"calls[{index}][{name}]"] = INVALID
    if errors:
        raise broken(errors)
    known = []
    for call in calls:
        name = str(call["externalId"])
        if any(kept["externalId"] == name for kept in state["calls"]):
            known.append(name)
        else:
            user = call.get("userId") or user_of(call.get("code"))
            state["calls"].append({**call, "externalId": name, "userId": user and int(user)})
        # What is in the history is over, also when nobody said so.
        close_cards(name, call["phone"])
    answer = {"success": True, "processedCallsCount": len(calls) - len(known)}
    return {**answer, **({"duplicateCalls": known} if known else {})}


def wrong(call: dict) -> list[str]:
    """The members that cannot be."""
    numbers = ("userId", "duration", "durationWaiting")
    found = [name for name in numbers if not str(call.get(name) or 0).isdecimal()]
    found += [
        name
        for name, words in (("type", ("in", "out")), ("result", RESULTS))
        if call.get(name) not in words
    ]
    found += [name for name in ("phone", "externalId") if not call.get(name)]
    found += ["site"] * (call.get("site") not in (None, *SHOPS))
    try:
        datetime.strptime(call.get("date") or "", "%Y-%m-%d %H:%M:%S")
    except (TypeError, ValueError):
        found.append("date")
    return found


@app.get("/api/v5/users")
async def users(request: Request):
    return paged("users", list(state["users"].values()), request)


@app.get("/api/v5/user-groups")
async def user_groups(request: Request):
    return paged("groups", [], request)


def paged(name: str, found: list, request: Request) -> dict:
    limit = request.query_params.get("limit", "20")
    if limit not in ("20", "50", "100"):
        raise Refused(400, "Errors in the input parameters", {"limit": NOT_A_CHOICE})
    paging = {"limit": int(limit), "totalCount": len(found), "currentPage": 1, "totalPageCount": 1}
    return {"success": True, "pagination": paging, name: found}


@app.get("/api/v5/users/{number}")
async def user(number: int):
    if number not in state["users"]:
        raise Refused(404, "Not found")
    return {"success": True, "user": state["users"][number]}


@app.post("/api/v5/users/{number}/status")
async def user_status(number: int, request: Request):
    status = (await request.form()).get("status")
    if status not in ("free", "busy", "dinner", "break"):
        raise Refused(400, "Errors in the input parameters", {"status": NOT_A_CHOICE})
    change_user(number, status=status)
    return {"success": True}


@app.post("/api/v5/customers/{key}/edit")
async def edit_customer(key: str, request: Request):
    changed = await sent(request, "customer", dict)
    by = (await request.form()).get("by", "externalId")
    for customer in state["customers"]:
        if str(customer.get(by)) == key:
            customer.update(changed)
            return {"success": True, "id": customer["id"]}
    raise Refused(404, "Not found")


@app.get("/api/v5/reference/sites")
async def sites():
    return {"success": True, "sites": {code: {"code": code, "name": code.title()} for code in SHOPS}}
