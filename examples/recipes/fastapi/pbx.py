"""What the CRM asks of the PBX, by the addresses of the module's settings."""

import asyncio

import httpx
from api import code_of, state, telephonies

client = httpx.AsyncClient(timeout=10)


async def ask(method: str, url: str, **how) -> int | None:
    """The status of the answer, None where there was none. An address keeps the query that it has."""
    try:
        url = httpx.URL(url).copy_merge_params(how.pop("params", {}))
        return (await client.request(method, url, **how)).status_code
    except httpx.HTTPError:
        return None


def notify(method: str, url: str, **how):
    """Keeps nobody waiting; notices go one after the other."""
    before = state["notices"]

    async def go():
        if before:
            await before
        await ask(method, url, **how)

    state["notices"] = asyncio.ensure_future(go())


def change_user(number: int, **members):
    user = state["users"][number]
    before = user["status"]
    user.update({name: value for name, value in members.items() if value is not None})
    if user["status"] == before or not user["online"] or not code_of(number):
        return
    for m in telephonies():
        if url := m["integrations"]["telephony"].get("changeUserStatusUrl"):
            asked = {
                "clientId": m["clientId"],
                "code": code_of(number),
                "userId": number,
                "status": user["status"],
            }
            notify("GET", url, params=asked)
