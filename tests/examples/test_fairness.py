"""A PBX that keeps the contract in a way of its own is not blamed for it."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from msgspec import structs

from callproof.exchange.faults import Fault, catalogue
from tests.examples.judging import CRM, Edit, judged

# Whole services, on a machine that may be busy.
pytestmark = pytest.mark.timeout(300)

SLOW = "11-trouble/slow"
NEVER = (CRM, "            over = False\n", "            over = True\n")
# Reports go on a thread of their own: the hook is answered before the CRM has answered.
ASIDE = (
    CRM,
    "    def deliver(self):\n",
    """    def deliver(self):
        from threading import Thread

        Thread(target=self.deliver_in_turn).start()

    def deliver_in_turn(self):
        with self.turns:
            self.deliver_all()

    from threading import Lock

    turns = Lock()

    def deliver_all(self):
""",
)


def rows(folder: Path, seconds: float, monkeypatch: pytest.MonkeyPatch, *more: Edit) -> dict[str, str]:
    """What becomes of the rows with a client that waits so long, opposite a CRM that takes 1.5 s."""
    known = catalogue()["crm-slow"]
    faults = cast(dict[str, Fault], catalogue())
    slow = replace(known, change=structs.replace(known.change, delay=1.5))
    monkeypatch.setitem(faults, "crm-slow", slow)
    waits = (CRM, "TIMEOUT_SECONDS = 5", f"TIMEOUT_SECONDS = {seconds}")
    return judged(folder, waits, *more, play=(SLOW,)).rows()


@pytest.mark.parametrize("more", [(), (NEVER,), (ASIDE,)])
def test_an_upload_that_was_answered_late_need_not_be_repeated(
    more: tuple[Edit, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows(tmp_path, 20, monkeypatch, *more)
    assert found["PBX-HISTORY-05"] == "passed"
    assert "PBX-TROUBLE-02" not in found
    assert set(found.values()) == {"passed"}


@pytest.mark.parametrize(("more", "outcome"), [((), "passed"), ((ASIDE,), "passed"), ((NEVER,), "noted")])
def test_an_upload_that_nobody_waited_for_has_to_be_repeated(
    more: tuple[Edit, ...], outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows(tmp_path, 0.3, monkeypatch, *more)["PBX-TROUBLE-02"] == outcome
