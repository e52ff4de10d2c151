"""What no CRM has in production: below /test, what makes this one act and shows what it keeps."""

import json

from api import code_of, digits, known_module, reset, state, telephonies
from fastapi import APIRouter, Request
from pbx import ask, change_user, notify

hooks = APIRouter(prefix="/test")


@hooks.post("/reset")
async def forget():
    if state["notices"]:
        await state["notices"]
    reset()


@hooks.post("/users/{number}")
async def set_user(number: int, members: dict):
    change_user(number, **members)


@hooks.post("/click-to-call")
async def click(asked: dict):
    """A click on the telephone icon, which is there for an authorised user with an extension."""
    number = int(asked["user"])
    m = next((m for m in telephonies() if m["integrations"]["telephony"].get("makeCallUrl")), None)
    if not m or not code_of(number, m) or not state["users"][number]["online"]:
        return
    phone = digits(asked["phone"])
    phone = f"7{phone[1:]}" if len(phone) == 11 and phone.startswith("8") else phone
    query = {"clientId": m["clientId"], "code": code_of(number, m), "userId": number, "phone": phone}
    for line in m["integrations"]["telephony"].get("externalPhones") or []:
        if line["siteCode"] == asked.get("site"):
            query.setdefault("externalPhone", line["externalPhone"])
    status = await ask("GET", m["integrations"]["telephony"]["makeCallUrl"], params=query)
    outcome = "started" if status == 200 else f"The call was not started: {status or 'no answer'}"
    state["initiations"].append(
        {"phone": asked["phone"], "succeeded": status == 200, "outcome": outcome, "status": status}
    )


@hooks.post("/play")
async def play(asked: dict):
    call = next(call for call in state["calls"] if call["externalId"] == asked["call"])
    headers = {"Range": asked["range"]} if asked.get("range") else {}
    await ask("GET", call["recordUrl"], params={"clientId": telephonies()[0]["clientId"]}, headers=headers)


@hooks.post("/modules/{code}")
async def switch_module(code: str, changed: dict, request: Request):
    m = known_module(code)
    m.update({name: value for name, value in changed.items() if value is not None})
    if action := (m.get("actions") or {}).get("activity"):
        activity = json.dumps({"active": m["active"], "freeze": m["freeze"]})
        form = {
            "clientId": m["clientId"],
            "activity": activity,
            "systemUrl": str(request.base_url).rstrip("/"),
        }
        notify("POST", f"{m['baseUrl'].rstrip('/')}/{action.lstrip('/')}", data=form)


@hooks.post("/modules/{code}/account")
async def open_account(code: str):
    m = known_module(code)
    await ask("POST", m["accountUrl"], data={"clientId": m["clientId"]})


@hooks.post("/customers")
async def add_customer(customer: dict):
    state["customers"].append({"id": len(state["customers"]) + 1, **customer})


@hooks.get("/{view}")
async def kept(view: str):
    found = state[view]
    return list(found.values()) if isinstance(found, dict) else found
