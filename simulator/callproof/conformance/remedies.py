"""What a finding says is to be done."""

import re
from collections.abc import Sequence

from callproof.conformance.evidence import Seen
from callproof.conformance.scenario import CDR, Verb
from callproof.conformance.selection import KEY_REFUSED
from callproof.conformance.symptoms import Symptom
from callproof.conformance.target import UPLOAD_EVERY
from callproof.conformance.verdict import Verdict
from callproof.contract.operations import Side
from callproof.contract.requirements import all_requirements
from callproof.exchange.bounded import SERVER_ERROR

LOOK_AT_BENCH = "Look at what your side answered, and at its own log of that moment."
MEND_FILE = "Mend that line of the file, or name what your side does not have under absent."
_ITS_LOG = (
    "Your side failed over it, so look at what it printed; where callproof starts it, `log` under `start` "
    "keeps that."
)
_ITS_KEY = "If your side knows another key, set api-key in the file to it."
_ITS_PERIOD = (
    f"A PBX that uploads by a period alone offers the stimulus `{UPLOAD_EVERY}`, whose 0 is every second."
)
_REFUSES_KEY = re.compile(rf"[: ]({'|'.join(map(str, KEY_REFUSED))})\b")
# There is no such method, and there is no time: nobody failed.
_NO_FAILURE = (501, 503)
_EACH_ONCE = (
    "Upload each call once: what was answered with success is not sent again, but for its recordUrl."
)
_UPLOADED_CALL = f"{Side.PBX} {Verb.SENDS} {CDR}"
_HISTORY = (_UPLOADED_CALL, f"{Side.PBX} {Verb.SENDS} calls-upload")


def remedy(best: Symptom, others: Sequence[Symptom], shown: Seen | None, verdict: Verdict) -> str:
    """For what ``best`` shows best of several symptoms, and what else may be behind it."""
    told = [_of_row(best, others)]
    if _failed(shown, verdict.target):
        told.append(_ITS_LOG)
    if verdict.target is Side.CRM and best.check.breaks and _REFUSES_KEY.search(best.check.problem):
        told.append(_ITS_KEY)
    if best.absent and best.subject in _HISTORY and UPLOAD_EVERY in {why for _, why in verdict.left_out}:
        told.append(_ITS_PERIOD)
    return " ".join(told)


def _of_row(best: Symptom, others: Sequence[Symptom]) -> str:
    """What is known of the very member before what the row says of any."""
    row = best.check.requirement
    of_row = (symptom.check.remedy for symptom in others if symptom.check.requirement == row)
    known = best.check.remedy or next(filter(None, of_row), "")
    if not known and best.subject == _UPLOADED_CALL and best.counted and not best.absent:
        # The rows say that calls are to be there.
        return _EACH_ONCE
    return known or all_requirements()[row].remedy


def _failed(shown: Seen | None, target: Side | None) -> bool:
    """Whether the side under test answered so that only its own log can say why."""
    if shown is None or target is None or shown.asked_by is target:
        return False
    return shown.status is not None and shown.status >= SERVER_ERROR and shown.status not in _NO_FAILURE
