"""A CRM that does what the contract leaves open is accused of nothing, and of a flaw only its own row."""

from pathlib import Path
from shutil import copytree

import pytest

from callproof.conformance.findings import findings
from callproof.conformance.verdict import Outcome, Verdict
from callproof.face.verdicts import play
from tools.docs import ROOT

# Whole services, on a machine that may be busy.
pytestmark = pytest.mark.timeout(300)


def judged(folder: Path, edits: dict[tuple[str, str], str], *scenarios: str) -> Verdict:
    """The verdict on the example CRM in which texts of its files are others."""
    copytree(ROOT / "examples" / "crm-service", folder / "crm")
    for (name, find), put in edits.items():
        file = folder / "crm" / name
        text = file.read_text("utf-8")
        assert text.count(find) == 1, find
        file.write_text(text.replace(find, put), "utf-8")
    return play(*scenarios, target=folder / "crm" / "callproof.yaml")


def rows(verdict: Verdict, *outcomes: Outcome) -> set[str]:
    """Those that came to one of the outcomes."""
    return {row.requirement.id for row in verdict.requirements if row.outcome in outcomes}


def red(verdict: Verdict) -> set[str]:
    return rows(verdict, Outcome.FAILED, Outcome.WARNED)


AS_SENT = {
    ("modules.py", '[{"userId": str(row["userId"]), "code": str(row["code"])} for row in rows]'): "rows",
    ("account.py", 'row["userId"] == str(user_id)'): 'str(row["userId"]) == str(user_id)',
    ("account.py", 'if row["code"] == code'): 'if str(row["code"]) == code',
}
COUNTS_ALL = {("telephony.py", "len(sent) - len(known)}"): "len(sent)}"}
KEEPS_TWICE = {
    ("telephony.py", "    if account.call(external_id):\n        return False\n"): "",
    ("telephony.py", '    user_id = sent.get("userId")\n'): (
        '    known = account.call(external_id) is not None\n    user_id = sent.get("userId")\n'
    ),
    ("telephony.py", "    )\n    return True\n"): "    )\n    return not known\n",
}


def test_an_id_may_be_given_back_as_the_number_that_was_sent(tmp_path: Path) -> None:
    assert red(judged(tmp_path, AS_SENT, "2-module/registration", "2-module/change")) == set()


def test_a_crm_that_counts_a_repeat_is_told_so_and_accused_of_nothing(tmp_path: Path) -> None:
    verdict = judged(tmp_path, COUNTS_ALL, "3-history")
    assert (red(verdict), rows(verdict, Outcome.NOTED)) == (set(), {"CRM-HISTORY-07"})


def test_a_call_that_is_kept_twice_goes_before_how_it_is_counted(tmp_path: Path) -> None:
    verdict = judged(tmp_path, KEEPS_TWICE | COUNTS_ALL, "3-history/sent-twice")
    assert red(verdict) == {"CRM-HISTORY-03"}
    first = findings(verdict)[0]
    assert first.row is not None
    assert (first.row.id, "call in the CRM's history" in first.headline) == ("CRM-HISTORY-03", True)


NO_STATUS = {("people.py", '@v5.post("/users/<number>/status")'): '@v5.post("/users/<number>/state")'}


def test_a_change_of_status_that_is_refused_has_not_to_be_told(tmp_path: Path) -> None:
    verdict = judged(tmp_path, NO_STATUS, "8-status/each-change", "8-status/answer-ignored")
    assert red(verdict) == {"CRM-USER-02"}
    (told,) = [one for one in findings(verdict) if one.outcome is Outcome.FAILED]
    assert "refused with 404" in told.headline
    assert told.exchange is not None
    assert told.exchange.is_of("user-status")


def test_a_call_that_is_refused_has_not_to_be_kept(tmp_path: Path) -> None:
    refuses = {("checks.py", ', "not allowed", "unknown")'): ")"}
    assert red(judged(tmp_path, refuses, "3-history/sent-twice")) == {"CRM-HISTORY-01"}


def test_a_notice_that_is_never_sent_says_nothing_of_its_client_id(tmp_path: Path) -> None:
    silent = {
        ("pbx.py", "def notify_status("): "def notify_status(*_):\n    return\n\n\ndef notify_nobody("
    }
    verdict = judged(tmp_path, silent, "8-status/answer-ignored", "8-status/changed")
    assert red(verdict) == {"CRM-STATUS-01"}


def test_an_empty_list_that_is_taken_is_told_as_what_it_is(tmp_path: Path) -> None:
    takes = {("telephony.py", "        if not sent:\n"): "        if False:\n"}
    verdict = judged(tmp_path, takes, "3-history/batch-of-51")
    assert (red(verdict), rows(verdict, Outcome.NOTED)) == (set(), {"CRM-HISTORY-08", "CRM-API-06"})
    (told,) = findings(verdict)
    assert "empty list" in told.remedy
    assert "50" not in told.headline + told.remedy
