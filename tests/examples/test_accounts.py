"""Both examples with other people, and without a reset: nothing of ours is demanded of them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from callproof.conformance import loading, runner
from callproof.conformance.judge import UnderTest
from callproof.conformance.process import running
from callproof.conformance.target import Start
from callproof.conformance.verdict import Outcome, Verdict
from callproof.contract.guide import Account
from callproof.crm.account import DEFAULT_SEED, api_key
from callproof.face.verdicts import play
from callproof.pbx.plan import account_plan
from callproof.running.pair import built_in
from callproof.running.threads import Address
from tools.docs import ROOT

# Whole services, on a machine that may be busy.
pytestmark = pytest.mark.timeout(600)

OTHERS = Account((17, 23), ("301", "302"), ("north", "south"), ("+7-495-111-11-11", "+7-495-222-22-22"))
ENVIRONMENT = {
    "ACCOUNT_USERS": "17 23",
    "ACCOUNT_EXTENSIONS": "301 302",
    "ACCOUNT_SHOPS": "north south",
    "ACCOUNT_LINES": "+7-495-111-11-11 +7-495-222-22-22",
}
# What names people and shops, and what leaves something behind.
PLAYED = {
    "crm": ("1-api/forms", "2-module", "3-history/sent-twice", "5-manager", "6-event", "7-call/no-icon",
            "8-status", "9-people"),
    "pbx": ("2-module", "3-history/at-once", "5-manager/responsible", "6-event/answered",
            "7-call/for-a-shop", "8-status", "11-trouble/late-notice", "11-trouble/stranger"),
}  # fmt: skip


def target(folder: Path, side: str, **changed: object) -> Path:
    """The example's file with some of its parts changed, None to leave one out."""
    copytree(ROOT / "examples" / f"{side}-service", folder / side)
    file = folder / side / "callproof.yaml"
    read = {**yaml.safe_load(file.read_text("utf-8")), **changed}
    file.write_text(
        yaml.safe_dump({name: part for name, part in read.items() if part is not None}), "utf-8"
    )
    return file


def problems(verdict: Verdict) -> list[str]:
    """Everything that fails or warns."""
    checks = [check for played in verdict.scenarios for check in played.checks]
    bad = [check for check in checks if verdict.outcome(check) in (Outcome.FAILED, Outcome.WARNED)]
    return [f"{check.where} {check.requirement}: {check.problem}" for check in bad] + [
        played.broken for played in verdict.broken
    ]


def test_both_ends_of_ours_play_with_other_people() -> None:
    with built_in(plan=account_plan(OTHERS)) as pair:
        ends = pair.ends
        results = runner.run(loading.find(), ends, judged=UnderTest(account=OTHERS))
    verdict = Verdict(results, DEFAULT_SEED, strict=False)
    assert (problems(verdict), verdict.conformant) == ([], True)


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_an_example_with_other_people_keeps_the_contract(
    side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    account = {
        "users": list(OTHERS.users),
        "extensions": list(OTHERS.extensions),
        "shops": list(OTHERS.shops),
        "lines": list(OTHERS.lines),
    }
    verdict = play(*PLAYED[side], target=target(tmp_path, side, account=account))
    assert (problems(verdict), verdict.conformant) == ([], True)


@contextmanager
def kept(folder: Path, side: str) -> Iterator[Path]:
    """An example that runs on from check to check and is never reset."""
    ports = [Address(), Address()]
    for port in ports:
        port.close()
    theirs, ours = ports
    changed = {"set-up": None, "start": None, "url": theirs.url, "absent": ["set-up"], "listen": ours.port}
    file = target(folder, side, **changed)
    key = yaml.safe_load(file.read_text("utf-8")).get("api-key", api_key(DEFAULT_SEED))
    environment = {"CALLPROOF_CRM_URL": ours.url, "CALLPROOF_API_KEY": key, "PATH": os.environ["PATH"]}
    ready = f"{theirs.url}/{'api/system-info' if side == 'crm' else 'test/calls'}"
    with running(Start((sys.executable, "service.py", str(theirs.port)), ready), file.parent, environment):
        yield file


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_a_side_that_forgets_nothing_is_judged_again_with_the_same_verdict(
    side: str, tmp_path: Path
) -> None:
    with kept(tmp_path, side) as file:
        for _ in range(2):
            verdict = play(*PLAYED[side], target=file)
            assert (problems(verdict), verdict.conformant) == ([], True)


def test_dates_in_utc_fail_where_the_account_is_said_to_be_elsewhere(tmp_path: Path) -> None:
    for zone, expected in (("UTC", []), ("Europe/Moscow", ["PBX-HISTORY-06"])):
        file = target(tmp_path / zone.replace("/", "-"), "pbx", account={"timezone": zone})
        verdict = play("6-event/missed", target=file)
        failed = [row for row in verdict.requirements if row.outcome is Outcome.FAILED]
        assert [row.requirement.id for row in failed] == expected
        told = {
            check.problem.partition("'")[0] + check.problem.rpartition("'")[2]
            for check in verdict.scenarios[0].checks
            if check.problem
        }
        assert told == {"date is , sent in UTC, the account is in Europe/Moscow"} if expected else not told
