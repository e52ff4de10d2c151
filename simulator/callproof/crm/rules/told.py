"""What a PBX tells of calls, as far as the CRM acts on it; the rest of a message is kept as it came."""

import msgspec


class CallEvent(msgspec.Struct, rename="camel"):
    """One event in canonical types."""

    phone: str
    type: str
    codes: list[str] = []
    user_ids: list[int] = []
    site: str | None = None
    external_phone: str | None = None
    call_external_id: str | None = None
    hangup_status: str | None = None


class FinishedCall(msgspec.Struct, rename="camel"):
    """One call of an upload in canonical types."""

    external_id: str
    date: str
    type: str
    phone: str
    code: str | None = None
    user_id: int | None = None
    site: str | None = None
    record_url: str | None = None
    duration_waiting: int | None = None
