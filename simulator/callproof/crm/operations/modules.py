"""Registration of a telephony and its settings (evidence#guide-registering)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from callproof import kinds
from callproof.contract.errors import (
    BLANK,
    INVALID,
    ActivationFailed,
    EntityNotFound,
    InvalidEntity,
    SimpleConnectionDisabled,
)
from callproof.contract.findings import Kind
from callproof.contract.jsontypes import Json, JsonObject, inner
from callproof.contract.phones import phone_key, same_phone
from callproof.crm.account import api_key
from callproof.crm.asked import Asked, Reply
from callproof.crm.rules.model import Grant, Line, Module
from callproof.crm.store.sessions import CrmSession, ShortSession

# Not the sender's to set (evidence#module-freeze).
READ_ONLY = ("freeze", "native")

NO_FUNDS = "Your account has insufficient funds to activate integration module"


class _Requires(msgspec.Struct):
    scopes: list[str]


_SYMBOLIC = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def edit(session: CrmSession, asked: Asked) -> Reply:
    """Create the module or change it. A member that is absent stays as it is
    (evidence#reading-absent-codes)."""
    sent = dict(asked.document)
    code = asked.path["code"]
    _demand_codes(code, sent, strict=asked.settings.strict)
    if sent.get("code", code) != code:
        asked.remark(
            "/code",
            f"the code of the address counts, {code}",
            "Send the code that stands in the path.",
            "PBX-MODULE-08",
            Kind.FORGIVEN,
        )
        sent["code"] = code
    if asked.settings.strict and asked.operation.name == "module-edit" and not sent.get("baseUrl"):
        # Quoted from a live system, but absent in the guide's own example (evidence#module-base-url,
        # evidence#reading-base-url).
        raise InvalidEntity({"baseUrl": BLANK})
    for name in READ_ONLY:
        if sent.pop(name, None) is not None:
            asked.remark(f"/{name}", f"{name} is read-only and was left as it is", "Leave it out.")
    known = session.module(code)
    if asked.readings.absent_codes == "clear":
        _clear_absent_codes(sent)
    document = _merged(known.document if known else _fresh(code), sent)
    was_active = known is not None and known.document.get("active") is True
    if asked.readings.funds == "short" and document.get("active") and not was_active:
        raise ActivationFailed(errors=[NO_FUNDS])
    module = Module(code, document)
    _advise(asked, module)
    session.save_module(module)
    info = _info(session, module)
    return Reply({"info": info or []}, 200 if known else 201)


def get(session: ShortSession, asked: Asked) -> Reply:
    """The settings as they are in effect, without ``clientId`` (evidence#module-read-members)."""
    module = session.module(asked.path["code"])
    if module is None:
        raise EntityNotFound
    shown: JsonObject = {name: value for name, value in module.document.items() if name != "clientId"}
    integrations = dict(inner(shown, "integrations"))
    if "telephony" in integrations:
        # Clients read ids and codes only as text (evidence#digest-text-ids).
        telephony = dict(inner(integrations, "telephony"))
        telephony["additionalCodes"] = [
            {"userId": str(pair.user_id), "code": pair.code} for pair in module.extensions
        ]
        telephony["externalPhones"] = [
            {"siteCode": line.site_code, "externalPhone": line.phone} for line in module.lines
        ]
        integrations["telephony"] = telephony
    shown["integrations"] = integrations or []
    shown["actions"] = shown.get("actions") or []
    return Reply({"integrationModule": shown})


def update_scopes(session: CrmSession, asked: Asked) -> Reply:
    """Give the module a new key with the scopes that it asks for (evidence#module-requires)."""
    code = asked.path["code"]
    if session.module(code) is None:
        raise EntityNotFound
    if asked.readings.simple_connection == "disabled":
        raise SimpleConnectionDisabled
    asked_for = kinds.convert(asked.document, _Requires)
    number = len(session.directory().grants)
    key = api_key(f"{asked.settings.api_key}:{code}:{number}:{asked.now}")
    session.save_grant(Grant(key, tuple(dict.fromkeys(asked_for.scopes))))
    return Reply({"apiKey": key})


def _fresh(code: str) -> JsonObject:
    return {
        "code": code,
        "integrationCode": code,
        "active": False,
        "freeze": False,
        "native": False,
        "actions": {},
        "availableCountries": [],
        "integrations": {},
    }


def _demand_codes(code: str, sent: Mapping[str, Json], *, strict: bool) -> None:
    errors: dict[str, str] = {}
    if not _SYMBOLIC.fullmatch(code):
        errors["code"] = INVALID
    elif strict and sent.get("code", code) != code:
        errors["code"] = f"Code must be {code}, as in the address"
    elif not code.startswith(str(sent.get("integrationCode") or "")):
        errors["code"] = "Code prefix must match integrationCode"
    if errors:
        raise InvalidEntity(errors)


def _clear_absent_codes(sent: JsonObject) -> None:
    """Read a change of the telephony that names no extensions as one that has none
    (evidence#reading-absent-codes)."""
    integrations = inner(sent, "integrations")
    if isinstance(telephony := integrations.get("telephony"), dict):
        sent["integrations"] = {**integrations, "telephony": {"additionalCodes": [], **telephony}}


def _merged(old: Mapping[str, Json], new: Mapping[str, Json]) -> JsonObject:
    """Members of ``integrations`` are merged member by member; everything else is replaced."""
    document = {**old, **new}
    blocks = dict(inner(old, "integrations"))
    sent = inner(new, "integrations")
    for name in sent:
        blocks[name] = {**inner(blocks, name), **inner(sent, name)}
    document["integrations"] = blocks
    if "telephony" in blocks:
        defaults: JsonObject = {
            "allowEdit": True,
            "inputEventSupported": False,
            "outputEventSupported": False,
            "hangupEventSupported": False,
        }
        blocks["telephony"] = {**defaults, **inner(blocks, "telephony")}
    return document


def _info(session: CrmSession, module: Module) -> JsonObject:
    """Unknown users and shops are reported, not refused (evidence#module-info)."""
    users = {user.id for user in session.users()}
    sites = {site.code for site in session.directory().sites}
    no_users = [e.user_id for e in module.extensions if e.user_id not in users]
    no_sites = [line.site_code for line in module.lines if line.site_code not in sites]
    info: JsonObject = {}
    if no_users:
        info["notExistUsersIds"] = list(dict.fromkeys(no_users))
    if no_sites:
        info["notExistSiteCodes"] = list(dict.fromkeys(no_sites))
    return info


def _advise(asked: Asked, module: Module) -> None:
    """What was accepted but will disappoint: settings that keep the telephony from working."""
    if "telephony" not in inner(module.document, "integrations"):
        asked.remark(
            "/integrations", "there are no telephony settings", "Put them under integrations.telephony."
        )
        return
    if not module.document.get("active"):
        asked.remark("/active", "the module is not active, its methods will be refused", "Send true.")
    if not module.make_call_url:
        asked.remark(
            "/integrations/telephony/makeCallUrl", "without it nobody can start a call", "Send an address."
        )
    if not asked.document.get("name") and not module.document.get("name"):
        asked.remark(
            "/name", "a module outside the marketplace needs a name", "Send a name.", "PBX-MODULE-06"
        )
    codes = Counter(pair.code for pair in module.extensions)
    for code in sorted(code for code, times in codes.items() if times > 1):
        asked.remark(
            "/integrations/telephony/additionalCodes",
            f"extension {code} has several users, the last one counts",
            "Give each user an extension.",
            "PBX-MODULE-04",
        )
    for line, first in _first_of_each(module.lines, asked.settings.country):
        if first.site_code != line.site_code:
            asked.remark(
                "/integrations/telephony/externalPhones",
                f"the line {line.phone} has several shops, the first one counts: {first.site_code}",
                "Give each shop a line.",
                "PBX-MODULE-05",
            )


def _first_of_each(lines: Sequence[Line], country: str) -> Iterator[tuple[Line, Line]]:
    """Each line with the first one of the same number, which is the one that counts."""
    known: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        alike = known[phone_key(line.phone, country)]
        first = next((one for one in alike if same_phone(one.phone, line.phone, country)), None)
        if first is None:
            alike.append(line)
        yield line, first or line


SHORT = {"module": get}
HANDLERS = {"module-edit": edit, "module-scopes": update_scopes}
