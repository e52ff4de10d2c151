"""What is done at the other side before and after a run: a telephony is registered and switched off again,
and who can call whom is read."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import orjson
import requests

from callproof import kinds
from callproof.contract.guide import CALL_BACKS, Account, extension_of
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.operations import BY_NAME, Side
from callproof.control.client import ActionRefused, End, Unreachable
from callproof.control.wire import TOKEN_HEADER, ClockTold
from callproof.exchange.bounded import fetch
from callproof.exchange.trust import Trust, why
from callproof.load.job import CRM, PBX_FLEET, Job
from callproof.traffic import records
from callproof.traffic.arrivals import Source
from callproof.traffic.records import Kept

CODE = "callproof-load"
# Seconds until somebody has to have answered.
TIMEOUT = 30.0
# As many customers and users as are read from a foreign CRM.
CUSTOMERS, USERS_PER_PAGE = 2000, 100
LINES = ("+7-499-100-00-01", "+7-499-100-00-02", "+7-499-100-00-03", "+7-499-100-00-04")


class _User(Kept, frozen=True, kw_only=True):
    """Some servers write numbers as texts."""

    id: int | str


class _Users(Kept, frozen=True, kw_only=True):
    users: list[_User]


class _Sites(Kept, frozen=True, kw_only=True):
    """By their codes; some servers write none as an empty list."""

    sites: Mapping[str, object] | list[object]


def end_of(job: Job) -> End:
    """The first address of the target; all of them serve one account."""
    return End(
        Side.CRM if job.model == PBX_FLEET else Side.PBX, job.urls[0], job.token, trust=Trust(job.ca)
    )


def has_control(job: Job) -> bool:
    """Whether callproof's control API answers at the target, or something else does.

    Raises Unreachable when nothing answers, ActionRefused when the control API wants another token.
    """
    url, headers = job.urls[0], {TOKEN_HEADER: job.token} if job.token else {}
    try:
        with Trust(job.ca).session() as session:
            answer = fetch(session, "GET", f"{url}/_bench/clock", TIMEOUT, headers=headers)
    except requests.RequestException as error:
        raise Unreachable(f"Nothing answers at {url} ({why(error)})") from None
    if answer.status_code == 403 and TOKEN_HEADER in answer.text:
        raise ActionRefused(f"The control API at {url} refused: {' '.join(answer.text.split())[:200]}")
    try:
        kinds.decode(answer.content, ClockTold)
    except msgspec.MsgspecError:
        return False
    return True


def foreign_lacks(job: Job) -> str:
    """What a load has to say of a foreign side, and does not, as a sentence; else ""."""
    if job.model == CRM and not job.make_call_url:
        return "a foreign PBX needs a make-call-url"
    if job.model == CRM and not job.extensions:
        return "a foreign PBX needs extensions"
    return ""


def prepare(job: Job, end: End, account: Account | None = None) -> Job:
    """The job with its extensions, lines, shop and customers. ``account`` is who a callproof.yaml says is
    at the CRM, for one that does not tell it.

    Raises Unreachable when the target does not answer, ActionRefused when it will not be prepared.
    """
    return _prepare_crm(job, end, account) if job.model == PBX_FLEET else _prepare_pbx(job, end)


def _prepare_crm(job: Job, end: End, account: Account | None) -> Job:
    lines = job.source.lines or LINES
    extensions = dict(job.extensions) or _extensions(job, end, account)
    job = replace(job, extensions=extensions, shop=_shop(job, end, account))
    _register(job, end, lines, active=True)
    return replace(job, source=Source(job.source.customers or _customers(job, end), lines))


def _extensions(job: Job, end: End, account: Account | None) -> dict[str, int]:
    path = f"{BY_NAME['users'].path}?limit={USERS_PER_PAGE}"
    try:
        users = records.told(end, _ask(job, end, "GET", path), _Users).users
    except ActionRefused as error:
        if account:
            return dict(zip(account.extensions, account.users, strict=True))
        said = "Name the users by `extensions` in the load file, or by `account` in a callproof.yaml"
        raise ActionRefused(f"{error}. {said} that is its `target.config`") from None
    if not users:
        raise ActionRefused("The CRM has no user who could take a call; name some under `extensions`.")
    return {extension_of(int(user.id)): int(user.id) for user in users}


def _shop(job: Job, end: End, account: Account | None) -> str:
    try:
        sites = records.told(end, _ask(job, end, "GET", BY_NAME["sites"].path), _Sites).sites
    except ActionRefused as error:
        if account:
            return account.shops[0]
        said = "Name a shop by `account.shops` in a callproof.yaml that is the load file's `target.config`"
        raise ActionRefused(f"{error}. {said}") from None
    return next(iter(sites)) if isinstance(sites, Mapping) and sites else ""


def _customers(job: Job, end: End) -> tuple[str, ...]:
    try:
        return records.phones(end, job.api_key, CUSTOMERS)
    except Unreachable as error:
        raise Unreachable(f"{error}. Name some numbers by `customers` in the load file") from None


def release(job: Job, end: End) -> None:
    """Switch the telephony of the run off, so that nobody's clicks go to an address where nobody is.

    Raises Unreachable when the target does not answer, ActionRefused when it will not.
    """
    if job.model == PBX_FLEET:
        _register(job, end, job.source.lines, active=False)


def _register(job: Job, end: End, lines: tuple[str, ...], *, active: bool) -> None:
    codes: list[Json] = [{"userId": user, "code": code} for code, user in job.extensions.items()]
    phones: list[Json] = [{"siteCode": job.shop, "externalPhone": line} for line in lines]
    module: JsonObject = {
        "code": CODE,
        "integrationCode": CODE,
        "active": active,
        "name": "callproof load",
        "clientId": job.client_id,
        "baseUrl": "http://127.0.0.1:9",
        "integrations": {
            "telephony": {
                "makeCallUrl": "http://127.0.0.1:9/make-call",
                "allowEdit": False,
                "inputEventSupported": True,
                "outputEventSupported": True,
                "hangupEventSupported": True,
                "additionalCodes": codes,
                "externalPhones": phones,
            }
        },
    }
    path = BY_NAME["module-edit"].path.replace("{code}", CODE)
    _ask(job, end, "POST", path, {"integrationModule": orjson.dumps(module).decode()})


def _ask(job: Job, end: End, method: str, path: str, form: dict[str, str] | None = None) -> JsonObject:
    answer = end.api(method, path, job.api_key, form or {})
    try:
        body: Json = answer.json()
    except requests.JSONDecodeError:
        body = None
        if answer.ok:
            raise Unreachable(f"The CRM at {end.url} answers {path} with no JSON") from None
    if not isinstance(body, dict) or body.get("success") is not True:
        said = f"{answer.status_code} {' '.join(answer.text.split())[:200]}".rstrip()
        raise ActionRefused(f"The CRM at {end.url} refused {method} {path}: {said}")
    return body


def _prepare_pbx(job: Job, end: End) -> Job:
    """Of a virtual PBX of ours everything is known; of another one the file tells it."""
    if job.control:
        extensions = dict(job.extensions) or {
            known.extension: known.user for known in records.extensions(end)
        }
        job = replace(
            job,
            extensions=extensions,
            make_call_url=job.make_call_url or CALL_BACKS["make-call"],
            status_url=job.status_url or CALL_BACKS["status-notice"],
        )
    # A clicked call shows no line of its own.
    return replace(job, source=Source(job.source.customers, job.source.lines or ("",)))
