"""A call that is uploaded under an id that is kept already (evidence#reading-repeat)."""

from msgspec.structs import replace

from callproof import kinds
from callproof.contract.dates import read
from callproof.contract.jsontypes import JsonObject
from callproof.contract.phones import same_phone
from callproof.crm.asked import Asked
from callproof.crm.rules.dates import TOLERANCE
from callproof.crm.rules.told import FinishedCall
from callproof.crm.store.sessions import ShortSession

# By what one call is told from another, in whatever notation.
_OF_WHICH_CALL = ("phone", "type", "date")


def meet(session: ShortSession, asked: Asked, place: int, call: FinishedCall, document: JsonObject) -> None:
    """Say what is lost by a repeat, and take its recording where that is the reading
    (evidence#reading-repeat)."""
    known = session.call(call.external_id)
    if known is None or _is_another(asked, known.document, place, call):
        return
    stays = known.document
    if asked.readings.repeat == "update-record-url" and call.record_url:
        stays = {**stays, "recordUrl": call.record_url}
        session.save_call(replace(known, document=stays))
    lost = [
        name for name, value in document.items() if name not in _OF_WHICH_CALL and stays.get(name) != value
    ]
    if lost:
        asked.remark(
            f"/{place}/{lost[0]}",
            f"the call is kept already, and {' and '.join(sorted(lost))} of the repeat not",
            "Upload a call once, when all of it is known, its recording too.",
            "PBX-HISTORY-10",
        )


def _is_another(asked: Asked, known: JsonObject, place: int, call: FinishedCall) -> bool:
    """A known id with another number, direction or date is that of another call, which is lost."""
    kept = kinds.convert(known, FinishedCall)
    country, zone = asked.settings.country, asked.settings.timezone
    differing = [
        name
        for name, differs in (
            ("phone", kept.phone != call.phone and not same_phone(kept.phone, call.phone, country)),
            ("type", kept.type != call.type),
            ("date", abs(read(kept.date, zone) - read(call.date, zone)) > TOLERANCE),
        )
        if differs
    ]
    if differing:
        asked.remark(
            f"/{place}/externalId",
            f"another call is kept under this id, with another {' and '.join(differing)}; this one is lost",
            "Give each call an id of its own, among all telephonies of the account.",
            "PBX-HISTORY-10",
        )
    return bool(differing)
