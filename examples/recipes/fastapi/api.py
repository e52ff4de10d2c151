"""How this CRM is asked and how it answers, and what it keeps, all of it in memory."""

import json
import os

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

API_KEY = os.environ["CALLPROOF_API_KEY"]
SHOPS = ("shop1", "shop2")
NOT_A_CHOICE, INVALID = "The value you selected is not a valid choice.", "This value is not valid."

app = FastAPI(openapi_url=None, redirect_slashes=False)
state: dict = {}


def reset():
    state.update(modules={}, cards=[], ended=[], calls=[], initiations=[], customers=[], notices=None)
    state["users"] = {
        n: {"id": n, "firstName": name, "lastName": "M", "email": f"{name}@crm.example", "active": True,
            "isAdmin": False, "isManager": True, "groups": [], "online": True, "status": "free",
            "createdAt": "2024-01-01 00:00:00"}
        for n, name in ((1, "Anna"), (2, "Boris"))
    }  # fmt: skip


reset()


class Refused(Exception):
    def __init__(self, status: int, message: str, errors: dict | None = None):
        self.status, self.body = status, {"success": False, "errorMsg": message}
        if errors:
            self.body["errors"] = errors


def broken(errors: dict) -> Refused:
    return Refused(400, "Errors in the entity format", errors)


@app.exception_handler(Refused)
async def refuse(_, error: Refused):
    return JSONResponse(error.body, error.status)


@app.exception_handler(HTTPException)
async def refuse_http(_, error: HTTPException):
    said = {404: "API method not found", 405: "Method Not Allowed"}.get(
        error.status_code, str(error.detail)
    )
    return JSONResponse({"success": False, "errorMsg": said}, error.status_code)


@app.middleware("http")
async def demand_key(request: Request, call_next):
    # Some clients end every path with a slash, and a redirect is no JSON.
    request.scope["path"] = request.scope["path"].rstrip("/") or "/"
    # FastAPI's own dependencies are asked of known paths alone.
    if request.scope["path"].startswith("/api/") and request.scope["path"] != "/api/system-info":
        await request.body()  # which may be read again afterwards; a form alone may not
        key = request.headers.get("x-api-key") or request.query_params.get("apiKey")
        key = key or (await request.form()).get("apiKey")
        if key != API_KEY:
            said = 'Wrong "apiKey" value.' if key else '"apiKey" is missing.'
            return JSONResponse({"success": False, "errorMsg": said}, 403)
    return await call_next(request)


async def sent(request: Request, name: str, kind: type):
    """What stands as JSON in a field of the form."""
    text = (await request.form()).get(name)
    if not text:
        raise Refused(400, f"Parameter '{name}' is missing")
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise Refused(400, f"Expected array, but got: {str(text)[:80]}")
    return value


def digits(number) -> str:
    return "".join(filter(str.isdigit, str(number or "")))


def same(one, other) -> bool:
    """+7 912..., 8 912... and 912... are one number."""
    return bool(digits(one)) and digits(one)[-10:] == digits(other)[-10:]


def telephonies() -> list[dict]:
    going = [m for m in state["modules"].values() if m["active"] and not m["freeze"]]
    return [m for m in going if "telephony" in m["integrations"]]


def rows(name: str, module: dict | None = None) -> list[dict]:
    """Of this telephony, or of all together."""
    modules = [module] if module else telephonies()
    return [row for m in modules for row in m["integrations"]["telephony"].get(name) or []]


def code_of(user: int, module: dict | None = None) -> str | None:
    found = rows("additionalCodes", module)
    return next((row["code"] for row in found if row["userId"] == str(user)), None)


def user_of(code) -> int | None:
    return next((int(row["userId"]) for row in rows("additionalCodes") if row["code"] == str(code)), None)


def known_module(code: str) -> dict:
    if code not in state["modules"]:
        raise Refused(404, "Not found")
    return state["modules"][code]
