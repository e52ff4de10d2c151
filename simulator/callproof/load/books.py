"""Where a target tells which calls it has stored: callproof's control API, a view of a callproof.yaml, or
the history that a CRM gives back by the API itself."""

import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import requests

from callproof import kinds
from callproof.clocks.backoff import retry_delay
from callproof.conformance.stimuli import Hands, Misconfigured
from callproof.conformance.target import Target
from callproof.contract.operations import BY_NAME
from callproof.contract.schemas import DATETIME_FORMAT
from callproof.control.client import ActionRefused, Unreachable
from callproof.control.driven import Controlled
from callproof.load.job import PBX_FLEET, Job
from callproof.traffic import records
from callproof.traffic.records import Kept

VIEW = "calls"
# As many calls as one answer of the API gives at most.
PAGE = 100
# A CRM that is asked too often is asked again, so many times, after so many seconds.
TRIES, FIRST_RETRY, LONGEST_RETRY = 6, 0.5, 15.0
_AGAIN = (429, 503)
# How far dates of the same moment may be apart that are written in zones which nobody told.
_ZONES = timedelta(days=1)


class Books(Protocol):
    """``by`` says where the calls stand, as in "reconciled by ..."; what was acknowledged may be written
    down ``settles`` seconds later."""

    by: str
    settles: float

    def stored(self) -> Iterable[str]:
        """The names of this run's calls, one as often as it is stored.

        Raises Unreachable when the target does not answer, ActionRefused when it does not tell."""
        ...

    def close(self) -> None: ...


class NoBooks:
    """Nothing tells what the target has stored, and ``why``, as sentences."""

    def __init__(self, why: str) -> None:
        self.why = why

    def close(self) -> None:
        """There is nothing to close."""


class OfBench:
    """The calls of one of callproof's own ends that came after what it has now."""

    by, settles = "the control API", 0.0

    def __init__(self, job: Job, end: Controlled) -> None:
        """Raises Unreachable, ActionRefused."""
        self._job, self._end = job, end
        self._after = records.last_position(end)

    def stored(self) -> Iterable[str]:
        if self._job.model != PBX_FLEET:
            return (call.id for call in records.calls(self._end, self._after, _AtPbx))
        rows = records.calls(self._end, self._after, _InHistory)
        return _of_run(self._job, (str(row.external_id) for row in rows))

    def close(self) -> None:
        """The end is not of these books alone."""


class OfView:
    """The calls that the view of a callproof.yaml shows."""

    def __init__(self, job: Job, target: Target) -> None:
        """Raises Unreachable, and StimulusFailed for a view that tells nothing now."""
        self.by = f"the view {VIEW!r} of the target's file"
        self.settles = target.patience
        url = job.urls[0]
        parts = urlsplit(url)
        names = {
            "port": str(parts.port or {"https": 443}.get(parts.scheme, 80)),
            "python": sys.executable,
            "api_key": job.api_key,
            "crm_url": url,
        }
        self._job, self._view = job, target.views[VIEW]
        self._hands = Hands(names, url, target.folder, trust=target.trust)
        try:
            self.stored()
        except Exception:
            self.close()
            raise

    def stored(self) -> Iterable[str]:
        found = self._hands.look(self._view)
        try:
            rows = kinds.convert(found, list[_InHistory])
        except msgspec.ValidationError as error:
            said = f"the view {VIEW!r} answered something else: {error}"
            raise Misconfigured(f"{self._view.place}: {said}") from None
        return _of_run(self._job, (str(row.external_id) for row in rows))

    def close(self) -> None:
        self._hands.close()


class OfHistory:
    """What ``GET telephony/calls`` of a CRM gives back, part after part, as far back as the run reaches."""

    by, settles = "GET telephony/calls", 2.0

    def __init__(self, job: Job, end: Controlled) -> None:
        """Raises Unreachable, and ActionRefused for a CRM that gives nothing back."""
        self._job, self._end = job, end
        began = datetime.fromtimestamp(time.time(), ZoneInfo(job.timezone))
        self._oldest = (began - _ZONES).strftime(DATETIME_FORMAT)
        self._dice = random.Random()
        self._part("")

    def stored(self) -> Iterator[str]:
        cursor, cursors, known = "", {""}, set[int | str]()
        while True:
            part = self._part(cursor)
            # A part may begin with calls of the one before, when others came in between.
            new = [row for row in part.calls if row.id is None or row.id not in known]
            known.update(row.id for row in new if row.id is not None)
            yield from _of_run(self._job, (str(row.external_id) for row in new))
            cursor = str(part.pagination.next_cursor or "")
            dates = [row.date for row in part.calls]
            if not cursor or not dates or ("" not in dates and max(dates) < self._oldest):
                return
            if cursor in cursors:
                endless = f"has no end: the cursor {cursor!r} comes again"
                raise Unreachable(f"The history of the CRM at {self._end.url} {endless}")
            cursors.add(cursor)

    def close(self) -> None:
        """The end is not of these books alone."""

    def _part(self, cursor: str) -> "_Part":
        query = {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
        path = f"{BY_NAME['calls'].path}?{urlencode(query)}"
        for attempt in range(1, TRIES + 1):
            answer = self._end.api("GET", path, self._job.api_key, {})
            if answer.status_code not in _AGAIN or attempt == TRIES:
                break
            time.sleep(retry_delay(attempt, FIRST_RETRY, LONGEST_RETRY, self._dice))
        if answer.status_code != 200:
            raise ActionRefused(f"GET {BY_NAME['calls'].path} is answered {_said(answer)}")
        try:
            return kinds.decode(answer.content, _Part)
        except msgspec.MsgspecError as error:
            raise ActionRefused(f"GET {BY_NAME['calls'].path} gives no history back: {error}") from None


def open_books(job: Job, end: Controlled, target: Target | None) -> Books | NoBooks:
    """The books of a target, as they stand before a run.

    Raises Unreachable when the target does not answer, Misconfigured when its file says wrongly how it is
    looked into.
    """
    if job.control:
        return OfBench(job, end)
    if job.model != PBX_FLEET:
        return NoBooks("A PBX that is not callproof's does not tell which calls it has made.")
    if target and VIEW in target.views:
        return OfView(job, target)
    try:
        return OfHistory(job, end)
    except ActionRefused as error:
        hint = f"Name a callproof.yaml with the view {VIEW!r} as target.config."
        return NoBooks(f"The CRM does not tell which calls it has stored: {error}. {hint}")


class _AtPbx(Kept, frozen=True, kw_only=True):
    id: str


class _InHistory(Kept, frozen=True, kw_only=True):
    """``date`` is as the account writes it, so that texts compare as moments do; some CRMs name calls by
    numbers."""

    id: int | str | None = None
    external_id: int | str | None = None
    date: str = ""


class _Pagination(Kept, frozen=True, kw_only=True):
    next_cursor: int | str | None = None


class _Part(Kept, frozen=True, kw_only=True):
    calls: list[_InHistory]
    pagination: _Pagination = _Pagination()


def _of_run(job: Job, names: Iterable[str]) -> list[str]:
    """Others may use the account as well."""
    return [name for name in names if name.startswith(f"{job.run}-")]


def _said(answer: requests.Response) -> str:
    return f"{answer.status_code} {' '.join(answer.text.split())[:200]}".rstrip()
