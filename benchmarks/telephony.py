"""The contract's three requests as a PBX sends them, and two events that a server should refuse."""

from collections.abc import Sequence
from urllib.parse import quote, quote_plus

from benchmarks.workload import CALL, KNOWN, PHONE, Workload

API_KEY = "benchmark" * 4
UPLOADED = 50
EVENT_PATH = "/api/v5/telephony/call/event"
UPLOAD_PATH = "/api/v5/telephony/calls/upload"
MANAGER_PATH = "/api/v5/telephony/manager"

KEY_HEADER = {"X-API-KEY": API_KEY}
FORM_HEADERS = {**KEY_HEADER, "Content-Type": "application/x-www-form-urlencoded"}

EVENT = (
    f'{{"phone":"{PHONE}","type":"in","codes":["100"],'
    f'"externalPhone":"+7-499-999-99-99","callExternalId":"{CALL}"}}'
)
HANGUP = (
    f'{{"phone":"{PHONE}","type":"hangup","codes":["100"],"hangupStatus":"answered",'
    f'"externalPhone":"+7-499-999-99-99","callExternalId":"{CALL}"}}'
)
FINISHED_CALL = (
    f'{{"date":"2026-01-15 12:00:00","type":"in","phone":"{PHONE}","code":"100",'
    f'"result":"answered","duration":65,"externalId":"{CALL}","externalPhone":"+7-499-999-99-99",'
    f'"recordUrl":"http://pbx.example/records/{CALL}.mp3"}}'
)
INVALID_EVENTS = {
    "type “sideways”": EVENT.replace('"in"', '"sideways"')
    .replace(CALL, "bad-1")
    .replace(PHONE, "+79000000000"),
    "broken JSON": '{"phone":"+79000000000","type":',
}


def workloads(phones: Sequence[str]) -> dict[str, Workload]:
    """By name. ``phones`` are those of customers, whose manager is looked up."""
    return {
        "event": Workload(
            "event", "POST", EVENT_PATH, FORM_HEADERS, head="event=", item=quote_plus(EVENT), times=1
        ),
        "lookup": Workload(
            "lookup",
            "GET",
            f"{MANAGER_PATH}?phone={KNOWN}",
            KEY_HEADER,
            known=[quote(phone, safe="") for phone in phones],
        ),
        "upload": Workload(
            "upload",
            "POST",
            UPLOAD_PATH,
            FORM_HEADERS,
            head="calls=" + quote_plus("["),
            item=quote_plus(FINISHED_CALL),
            separator=quote_plus(","),
            times=UPLOADED,
            tail=quote_plus("]"),
        ),
    }
