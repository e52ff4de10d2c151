"""What a CRM that is not callproof's has stored: by its history, by a view of its file, or unknown."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from callproof.control.client import Unreachable
from callproof.errors import Misuse, OutOfReach
from callproof.load.job import Job
from callproof.load.loadfile import load_file
from callproof.load.main import Director, RunOptions, read
from callproof.load.reconcile import Reconciliation
from tests.load.ends import LOCUST
from tests.load.foreign import PAGE, ForeignCrm

LOAD = "model: pbx-fleet\ntarget: {{url: {url}, api-key: any{more}}}\nrate: 70\nduration: 1s\nspeed: 2000\n"
CONFIG = """\
target: crm
url: http://127.0.0.1:$port
api-key: any
views:
  calls: {request: {url: /test/calls}}
"""
TODAY = "2124-05-01 12:00:00"


@pytest.fixture
def crm() -> ForeignCrm:
    return ForeignCrm()


def written(folder: Path, url: str, more: str = "", *, config: str = "") -> str:
    """The name of a load.yaml with the usual thresholds, beside a callproof.yaml."""
    if config:
        (folder / "callproof.yaml").write_text(config, "utf-8")
    file = folder / "load.yaml"
    named = ", config: callproof.yaml" if config else ""
    file.write_text(LOAD.format(url=url, more=named) + more, "utf-8")
    return str(file)


def played(file: str) -> "subprocess.CompletedProcess[str]":
    command = [*LOCUST, "--headless", "--only-summary", "--load", file]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def started(file: str) -> Director:
    return read(RunOptions(file)).start(lambda kind, message, worker: None)


@pytest.mark.parametrize("config", ["", CONFIG], ids=["history", "view"])
@pytest.mark.parametrize(("loses", "code"), [(0, 0), (50, 1)])
def test_usual_thresholds_answer_whether_a_foreign_crm_lost_a_call(
    tmp_path: Path, config: str, loses: int, code: int
) -> None:
    crm = ForeignCrm(loses=loses, reads=not config)
    with crm.served() as url:
        done = played(written(tmp_path, url, config=config))
    # How many calls a second a busy machine makes is its own affair.
    judged = [line for line in done.stdout.splitlines() if line.startswith(("kept ", "BROKEN "))]
    broken = [line for line in judged if line.startswith("BROKEN") and "arrival rate" not in line]
    assert done.returncode == int("BROKEN" in done.stdout), done.stdout + done.stderr
    # Below the tables of locust's, which it prints when it ends; what bounded the run is behind a comma.
    assert done.stdout.splitlines()[-1].partition(",")[0] == ("Not passed" if done.returncode else "Passed")
    assert sum("lost == 0" in line for line in judged) == 1
    assert len(crm.rows) > 40
    assert ["lost == 0" in line for line in broken] == [True] * code, broken
    by = "the view 'calls' of the target's file" if config else "GET telephony/calls"
    assert f"Reconciled by {by}: " in done.stdout


def test_a_crm_that_does_not_tell_is_loaded_and_the_verdict_says_what_is_not_known(tmp_path: Path) -> None:
    with ForeignCrm(reads=False).served() as url:
        found = started(written(tmp_path, url)).results()
    assert [str(one.threshold) for one in found.judged] == [
        "failed == 0",
        "unfinished == 0",
        "arrival rate within 2 %",
    ]
    assert "GET /api/v5/telephony/calls is answered 404" in found.reconciliation.why_not
    assert "the view 'calls' as target.config" in found.reconciliation.why_not
    assert "nobody knows whether calls were lost" in found.verdict


USERS, SITES, CUSTOMERS = "/api/v5/users", "/api/v5/reference/sites", "/api/v5/customers"


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (USERS, r"refused GET /api/v5/users\S+ 404 .*Name the users by `extensions` in the load file"),
        (
            SITES,
            r"refused GET /api/v5/reference/sites: 404 .*Name a shop by `account.shops` in a callproof",
        ),
        (CUSTOMERS, r"404 .*Name some numbers by `customers` in the load file"),
    ],
)
def test_what_a_crm_does_not_list_the_load_has_to_say_and_is_told_how(
    tmp_path: Path, without: str, said: str
) -> None:
    with (
        ForeignCrm(without=(without,)).served() as url,
        pytest.raises(OutOfReach, match=re.compile(said, re.DOTALL)),
    ):
        started(written(tmp_path, url))


def test_a_crm_with_nothing_but_telephony_is_loaded_as_its_files_say(tmp_path: Path) -> None:
    crm = ForeignCrm(without=(USERS, SITES, CUSTOMERS))
    account = "account: {users: [7, 8], extensions: ['701', '702'], shops: [north, south]}\n"
    with crm.served() as url:
        file = written(tmp_path, url, "customers: [+7-900-000-00-01]\n", config=CONFIG + account)
        started(file).results()
    on, off = (module["integrations"]["telephony"] for module in crm.modules)
    assert on["additionalCodes"] == [{"userId": 7, "code": "701"}, {"userId": 8, "code": "702"}]
    assert {line["siteCode"] for line in on["externalPhones"]} == {"north"}
    assert off["externalPhones"] == on["externalPhones"]
    assert [module["active"] for module in crm.modules] == [True, False]


def test_a_threshold_that_nothing_can_answer_is_refused_before_a_call_begins(tmp_path: Path) -> None:
    with ForeignCrm(reads=False).served() as url:
        file = written(tmp_path, url, "thresholds:\n  - failed == 0\n  - lost == 0\n")
        with pytest.raises(Misuse, match=r"load.yaml:8: `lost == 0` cannot be judged. The CRM does"):
            started(file)


def test_a_view_that_tells_nothing_is_refused_at_its_line(tmp_path: Path, crm: ForeignCrm) -> None:
    wrong = CONFIG.replace("/test/calls", "/test/none")
    with (
        crm.served() as url,
        pytest.raises(OutOfReach, match=r"yaml:5: 'calls' was answered 404"),
    ):
        started(written(tmp_path, url, config=wrong))
    odd = CONFIG.replace("{request: {url: /test/calls}}", "{command: [echo, '[7]']}")
    with (
        crm.served() as url,
        pytest.raises(Misuse, match=r"yaml:5: the view 'calls' answered something else"),
    ):
        started(written(tmp_path, url, config=odd))


def test_the_history_is_read_part_by_part_as_far_back_as_the_run_reaches(
    tmp_path: Path, crm: ForeignCrm
) -> None:
    with crm.served() as url:
        director = started(written(tmp_path, url))
        run = director.conductor.job.run
        for number in range(5 * PAGE):
            crm.add(f"old-{number}")
        for number in range(2 * PAGE + 3):
            crm.add(f"{run}-{number}", TODAY)
        crm.too_often = 1
        director.conductor.tally.acknowledged |= {f"{run}-{number}" for number in (0, 1, 2 * PAGE + 3)}
        found = director.results().reconciliation
    assert found == Reconciliation(
        acknowledged=3,
        stored=2 * PAGE + 3,
        lost=(f"{run}-{2 * PAGE + 3}",),
        unclaimed=2 * PAGE + 1,
        by="GET telephony/calls",
    )


def test_what_is_written_down_a_moment_later_is_not_lost(tmp_path: Path, crm: ForeignCrm) -> None:
    config = CONFIG + "patience: 0.1\n"
    with crm.served() as url:
        director = started(written(tmp_path, url, config=config))
        late = f"{director.conductor.job.run}-1"
        director.conductor.tally.acknowledged.add(late)
        looks: Iterator[list[dict[str, str]]] = iter(([], [{"externalId": late}]))
        crm.app.view_functions["/test/calls"] = lambda: next(looks)
        found = director.results().reconciliation
    assert (found.lost, found.stored) == ((), 1)


def test_a_history_that_goes_in_circles_is_no_history(tmp_path: Path, crm: ForeignCrm) -> None:
    with crm.served() as url:
        director = started(written(tmp_path, url))
        crm.app.view_functions["/api/v5/telephony/calls"] = lambda: {
            "calls": [{"externalId": "a", "date": TODAY}],
            "pagination": {"nextCursor": "again"},
        }
        with pytest.raises(OutOfReach, match="has no end: the cursor 'again' comes again"):
            director.results()


def test_nobody_at_the_address_is_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(OutOfReach, match=r"Nothing answers at http://127.0.0.1:1 \(ConnectionError\)"):
        started(written(tmp_path, "http://127.0.0.1:1"))


def test_control_that_is_demanded_is_not_looked_for(tmp_path: Path, crm: ForeignCrm) -> None:
    with crm.served() as url:
        file = written(tmp_path, url)
        text = Path(file).read_text("utf-8").replace("api-key", "control: true, api-key")
        Path(file).write_text(text, "utf-8")
        with pytest.raises(OutOfReach, match=r"If not, leave target.control out."):
            started(file)


def test_a_foreign_pbx_needs_an_address_for_clicks(tmp_path: Path, crm: ForeignCrm) -> None:
    with crm.served() as url:
        file = written(tmp_path, url)
        text = Path(file).read_text("utf-8").replace("pbx-fleet", "crm")
        Path(file).write_text(text, "utf-8")
        with pytest.raises(Misuse, match=r"is not callproof's; a foreign PBX needs a make-call-url"):
            started(file)


def job(folder: Path, config: str, target: str) -> Job:
    (folder / "callproof.yaml").write_text(config, "utf-8")
    file = folder / "load.yaml"
    file.write_text(f"model: pbx-fleet\ntarget: {target}\nrate: 1\nduration: 1s\n", "utf-8")
    return load_file(str(file)).job


def test_what_the_load_does_not_say_of_the_target_its_file_says(tmp_path: Path) -> None:
    config = (
        "target: crm\nurl: http://127.0.0.1:5/\napi-key: theirs\nclient-id: me\n"
        "account: {timezone: Europe/Moscow}\n"
    )
    found = job(tmp_path, config, "{config: callproof.yaml}")
    assert (found.urls, found.api_key, found.client_id) == (("http://127.0.0.1:5",), "theirs", "me")
    assert found.timezone == "Europe/Moscow"
    found = job(tmp_path, config, "{config: callproof.yaml, url: http://a, api-key: ours, timezone: UTC}")
    assert (found.urls, found.api_key, found.timezone) == (("http://a",), "ours", "UTC")


@pytest.mark.parametrize(
    ("config", "target", "words"),
    [
        (CONFIG, "{config: callproof.yaml}", "load.yaml:2: a url says where .*leaves the port open"),
        (
            "target: pbx\n",
            "{config: callproof.yaml, url: http://a}",
            "callproof.yaml is about a pbx",
        ),
        ("target: crm\nurl: 7\n", "{config: callproof.yaml}", "callproof.yaml:2: url: "),
        (CONFIG, "{api-key: x}", "load.yaml:2: a url says where the target listens$"),
        (CONFIG, "{config: none.yaml}", "none.yaml:1: the file cannot be read"),
    ],
)
def test_a_mistake_about_the_targets_file_is_shown(
    tmp_path: Path, config: str, target: str, words: str
) -> None:
    with pytest.raises(Misuse, match=words):
        job(tmp_path, config, target)


def test_unreachable_books_are_no_verdict(tmp_path: Path, crm: ForeignCrm) -> None:
    with crm.served() as url:
        director = started(written(tmp_path, url))
    with pytest.raises(OutOfReach, match="Nothing could be reconciled"):
        director.results()
    assert issubclass(Unreachable, OutOfReach)
