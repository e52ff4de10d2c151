"""``callproof click``: a manager clicks on a number."""

from click import command

from callproof.cli.common import CRM_URL, echo, masks, option
from callproof.cli.ends import controlled, running_end
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import Side
from callproof.contract.printing import printable
from callproof.errors import Refusal


@command()
@option("--user", type=int, required=True, metavar="ID", help="The manager who clicks.")
@option("--phone", required=True, metavar="PHONE", help="The number that is clicked.")
@option("--site", default="", metavar="CODE", help="The shop of the page, if it has one.")
@option("--crm-url", default=CRM_URL, show_default=True, help="The running CRM.")
@controlled
def click(user: int, phone: str, site: str, crm_url: str, control_token: str) -> None:
    """Let a manager of a running CRM click on a number, and tell what came of it."""
    asked: JsonObject = {"userId": user, "phone": phone, **({"site": site} if site else {})}
    with running_end(Side.CRM, crm_url, control_token) as end:
        told = end.post("/click-to-call", asked)
    code, module, outcome = (told.get(name) or "" for name in ("code", "module", "outcome"))
    who = f"User {user}{f' with extension {code}' if code else ''}"
    where = f" by {module}" if module else ""
    if not told.get("succeeded"):
        raise Refusal(printable(f"{who} is not connected to {phone}{where}: {outcome}"))
    echo(printable(masks().text(f"{who} is being connected to {phone}{where}: {outcome}")))
