"""Numbering plans: what a file may say, and how a mistake in one is named."""

from pathlib import Path
from typing import Any

import pytest

from callproof.contract.jsontypes import Json
from callproof.contract.schemas import load
from callproof.contract.shapes import schema_of
from callproof.files.yamlfile import FileError
from callproof.pbx.plan import default_plan, load_plan, read_plan
from callproof.pbx.planfile import PlanWritten
from callproof.pbx.rules.plan import Hours, Strategy, Then

WHOLE = """\
lines:
  - phone: "+7-499-999-99-99"
    shop: shop1
    group: sales
    hours: office
    closed: voicemail
  - phone: "+7-499-888-88-88"
    shop: shop2
    group: reserve
groups:
  sales:
    extensions: ["0100", "200"]
    strategy: linear
    ring-seconds: 15
    queue-seconds: 60
    no-answer: {group: reserve}
  reserve:
    extensions: ["200"]
    no-answer: voicemail
extensions:
  0100: {user: 1, devices: [desk, mobile]}
  200: {user: 2}
hours:
  office:
    - {days: [mon, fri], from: "09:00", to: "24:00"}
manager: {lookup-seconds: 1, ring-seconds: 10, no-answer: line-group}
recordings: {format: mp3, ready-after: 300, kept-for: 86400}
requests-per-second: 0
"""


def written(folder: Path, text: str) -> str:
    file = folder / "plan.yaml"
    file.write_text(text, "utf-8")
    return str(file)


def test_everything_that_a_plan_can_say_is_read(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, WHOLE))
    first, second = plan.lines
    assert (first.site, first.group, first.closed) == ("shop1", "sales", Then("voicemail"))
    assert first.hours == (Hours(frozenset({0, 4}), 540, 1440),)
    assert second.hours == ()
    sales = plan.groups["sales"]
    assert (sales.strategy, sales.ring_seconds, sales.queue_seconds) == (Strategy.LINEAR, 15, 60)
    assert (sales.extensions, sales.no_answer) == (("0100", "200"), Then("group", "reserve"))
    assert plan.devices("0100") == ("desk", "mobile")
    assert plan.devices("200") == ("phone",)
    assert plan.manager.no_answer == Then("line-group")
    assert (plan.recordings.format, plan.recordings.ready_after) == ("mp3", 300)
    assert plan.requests_per_second == 0


@pytest.mark.parametrize(
    ("was", "now", "line", "message"),
    [
        ("group: sales", "group: nobody", 4, "there is no group 'nobody' in this plan"),
        ("hours: office", "hours: never", 5, "there are no hours 'never'"),
        ('["0100", "200"]', '["0100", "999"]', 12, "there is no extension '999' in this plan"),
        ('["0100", "200"]', '["0100", 200]', 12, "put it in quotes"),
        ("strategy: linear", "strategy: all", 13, "'all' is not one of"),
        ("{group: reserve}", "{group: sales}", 16, "group 'sales' leads back to 'sales'"),
        ("{group: reserve}", "{group: nobody}", 16, "there is no group 'nobody' in this plan"),
        ('"09:00"', "19:00", 25, "1140 is not of type 'string'; put it in quotes"),
        ('"09:00"', '"25:00"', 25, "does not match"),
        ('to: "24:00"', 'to: "08:00"', 25, "the hours end before they begin"),
        ("{user: 2}", "{user: 2, users: 3}", 22, "'users' was unexpected"),
        ("+7-499-888-88-88", "8 499 999 99 99", 7, "stands twice"),
        ("format: mp3", "format: ogg", 27, "'ogg' is not one of"),
        ("  200: {user: 2}", "  200: {user: 2}\n  200: {user: 3}", 23, "'200' stands twice"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(
    tmp_path: Path, was: str, now: str, line: int, message: str
) -> None:
    file = written(tmp_path, WHOLE.replace(was, now, 1))
    with pytest.raises(FileError) as caught:
        load_plan(file)
    assert str(caught.value).startswith(f"{file}:{line}: "), caught.value
    assert message in str(caught.value)


def test_a_group_may_try_only_some_of_its_extensions(tmp_path: Path) -> None:
    plan = load_plan(written(tmp_path, WHOLE.replace("ring-seconds: 15", "tries: 1")))
    assert (plan.groups["sales"].tries, plan.groups["reserve"].tries) == (1, 0)


def test_a_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no\.yaml:1: the file cannot be read"):
        load_plan(str(tmp_path / "no.yaml"))
    with pytest.raises(FileError, match=r"plan\.yaml:1: the file: None is not of type"):
        load_plan(written(tmp_path, ""))


def test_the_default_plan_is_the_guides() -> None:
    plan = default_plan()
    assert {line.phone: line.site for line in plan.lines} == {
        "+7-499-999-99-99": "shop1",
        "+7-499-888-88-88": "shop2",
    }
    assert {code: extension.user for code, extension in plan.extensions.items()} == {"100": 1, "200": 2}


def test_the_reader_knows_every_key_of_the_schema() -> None:
    schema = load("numbering-plan")
    read = schema_of(PlanWritten)["$defs"]
    parts = {"GroupWritten": "groups", "PlannedExtension": "extensions"}
    parts |= {"ManagerWritten": "manager", "RecordingsWritten": "recordings"}

    def keys(part: Any) -> set[str]:
        return set(part["properties"])

    described: Any = schema["properties"]
    assert keys(read["PlanWritten"]) == keys(schema)
    assert keys(read["LineWritten"]) == keys(described["lines"]["items"])
    assert keys(read["SpanWritten"]) == keys(described["hours"]["additionalProperties"]["items"])
    for kind, name in parts.items():
        part = described[name]
        assert keys(read[kind]) == keys(part if "properties" in part else part["additionalProperties"])


@pytest.mark.parametrize("value", [10**30, {"a": -(10**30)}, "\u009f", "\U0001f4de", [1e300]])
def test_what_is_no_plan_is_told_so_whatever_stands_in_it(value: Json) -> None:
    with pytest.raises(FileError, match="the plan:"):
        read_plan({"lines": value})
