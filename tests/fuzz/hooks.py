"""What Schemathesis has to know beyond the description: how to write dates and addresses, that a structure
goes as JSON text, and which users, shops and codes there are. Nothing is left out and no check is off."""

import itertools
import json
from datetime import datetime
from typing import Any

import schemathesis
from hypothesis import strategies as st

unique = itertools.count(1)
dates = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))
schemathesis.openapi.format("crm-datetime", dates.map(lambda date: date.strftime("%Y-%m-%d %H:%M:%S")))
schemathesis.openapi.format(
    "http-url", st.sampled_from(["http://127.0.0.1:9/x", "https://sip.pbx.example/x?y=1"])
)
schemathesis.openapi.format("dialled", st.from_regex(r"\A\+?[0-9]{1,15}\Z"))

PEOPLE = ("managerId", "performerId")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    if not isinstance(case.body, dict):
        return
    if isinstance(case.body.get("site"), str):
        case.body["site"] = "shop1"
    case.body = settled(case.body, case)
    for name, value in case.body.items():
        if isinstance(value, dict | list):
            case.body[name] = json.dumps(settled(value, case))


def settled(value: Any, case: Any) -> Any:
    """References lead to what exists and ids of new things are new; what breaks the description stays."""
    if isinstance(value, list):
        return [settled(item, case) for item in value]
    if not isinstance(value, dict):
        return value
    value = dict(value)
    for name in PEOPLE:
        if is_id(value.get(name)):
            value[name] = 1
    if valid_text(value.get("externalId")):
        value["externalId"] = f"new-{next(unique)}"
    if valid_text(value.get("site")):
        value["site"] = "shop1"
    for name in ("code", "integrationCode"):
        if valid_text(value.get(name)) and "code" in (case.path_parameters or {}):
            value[name] = case.path_parameters["code"]
    return value


def is_id(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) < 10
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999_999_999


def valid_text(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) < 256
    return isinstance(value, int) and not isinstance(value, bool)
