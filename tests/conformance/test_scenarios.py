"""The scenario language: what is right is read, what is wrong is named by file and line."""

from pathlib import Path
from textwrap import dedent

import pytest

from callproof.conformance import loading
from callproof.conformance.scenario import (
    Do,
    Expect,
    Repeat,
    Send,
    Wait,
)
from callproof.files.yamlfile import FileError

GOOD = """
title: T
steps:
  - do: customer calls
    from: "1"
    to: "2"
    as: call
  - wait: 5
  - repeat: 3
    steps:
      - send: user-status
        path: {id: 1}
        form: {status: busy}
  - expect: pbx sends call-event
    with: {type: in}
    proves: PBX-EVENT-03
    within: 2
"""

EXPECT = "title: T\nsteps:\n  - expect: pbx sends call-event\n    proves: PBX-EVENT-01\n"
SENDS, SENDS_AGAIN = EXPECT, EXPECT.removeprefix("title: T\nsteps:\n")
CALL_STEP = '  - do: customer calls\n    from: "1"\n    to: "2"\n    as: call\n'
CALL = f"title: T\nsteps:\n{CALL_STEP}"


def write(folder: Path, text: str) -> str:
    file = folder / "mine.yaml"
    file.write_text(dedent(text).lstrip("\n"), "utf-8")
    return str(file)


def test_every_kind_of_step_is_read(tmp_path: Path) -> None:
    (found,) = loading.find([write(tmp_path, GOOD)])
    first, wait, repeat, expect = found.steps
    assert isinstance(first, Do)
    assert (first.line, first.action, first.args, first.name) == (
        3, "customer calls", {"from": "1", "to": "2"}, "call",
    )  # fmt: skip
    assert isinstance(wait, Wait)
    assert isinstance(repeat, Repeat)
    (send,) = repeat.steps
    assert isinstance(send, Send)
    assert (send.method, send.path, send.form) == ("POST", "/api/v5/users/1/status", {"status": "busy"})
    assert isinstance(expect, Expect)
    assert (str(expect), expect.proves, expect.times, expect.within) == (
        "pbx sends call-event", ("PBX-EVENT-03",), "1", 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title: T\nsteps: [", 2, "no YAML"),
        ("title: T\n", 1, "'steps' is a required property"),
        ("title: T\ntitle: U\nsteps: [{wait: 1}]\n", 2, "'title' stands twice"),
        ("title: T\ncolour: red\nsteps: [{wait: 1}]\n", 1, "'colour' was unexpected"),
        ("title: T\nsteps:\n  - wait: -1\n", 3, "less than the minimum"),
        ("title: T\nsteps:\n  - jump: 1\n", 3, "one of do, send, fault, expect, wait, leap, repeat"),
        ("title: T\nsteps:\n  - wait: 1\n    do: register\n", 3, "exactly one of"),
        ("title: T\nsteps:\n  - do: dance\n", 3, "'dance' is not one of"),
        ("title: T\nsteps:\n  - wait: 1\n  - send: nothing\n", 4, "neither a method of the contract"),
        ("title: T\nsteps:\n  - send: user\n", 3, "path.id is missing"),
        ("title: T\nsteps:\n  - expect: pbx sends call-event\n", 3, "names the rows that it proves"),
        ("title: T\nsteps:\n  - expect: pbx dances\n    proves: PBX-API-01\n", 3, "an expectation reads"),
        ("title: T\nsteps:\n  - expect: crm sends users\n    proves: CRM-EVENT-01\n", 3, "make-call"),
        ("title: T\nsteps:\n  - expect: pbx sends call-event\n    proves: PBX-X-01\n", 4, "no requirement"),
        ("title: T\nsteps:\n  - expect: pbx sends users\n    proves: CRM-API-01\n", 4, "binds the crm"),
        ("title: T\nsteps:\n  - repeat: 2\n    steps:\n      - wait: x\n", 5, "is not of type 'number'"),
        ("title: T\nsteps:\n  - fault: nothing\n", 3, "callproof faults lists them"),
        ("title: T\nsteps:\n  - fault: crm-down\n    first: 0\n", 4, "less than the minimum"),
        (f"{EXPECT}    at-least: 3\n    at-most: 2\n", 3, "more than at most 2"),
        (f"{EXPECT}    times: 1\n    at-most: 2\n", 3, "times excludes"),
        ("title: T\ngiven:\n  upload_every: 5\nsteps: [{wait: 1}]\n", 3, "is now written 'upload-every'"),
        ("title: T\nsteps:\n  - send: users\n    api_key: x\n", 4, "is now written 'api-key'"),
        (f"{EXPECT}    at least: 3\n", 5, "is now written 'at-least'"),
        (f"{CALL}  - do: hang up\n    call: $cal.id\n    by: customer\n", 8, "gives the name 'cal'"),
        (f"{CALL}  - wait: 1\n{SENDS_AGAIN}    with: {{x: $cal.id}}\n", 10, "gives the name 'cal'"),
        (f"{SENDS}    with: {{callExternalId: $call.id}}\n{CALL_STEP}", 5, "gives the name 'call'"),
        (f"{CALL}{SENDS_AGAIN}    with: {{phone: x-$call}}\n", 9, "only where it stands alone"),
        (f"{SENDS}    as: told\n{SENDS_AGAIN}    with: {{id: $told.idd}}\n", 8, "has no member 'idd'"),
        (f"{SENDS}    after: nobody\n", 5, "gives the name 'nobody'"),
        (f"{SENDS}    with: {{module: $module.cod}}\n", 5, "it has code, clientId"),
        (f"{SENDS}    with: {{phone: {{$mathces: x}}}}\n", 5, "no operator '$mathces'; there are $any"),
        (f"{SENDS}    with:\n      phone:\n        $any: true\n        type: in\n", 7, "$any stands alone"),
        (f'{SENDS}    with: {{phone: {{$matches: "(8912"}}}}\n', 5, "'(8912' is no pattern: missing )"),
        (f"{SENDS}    with: [{{phone: {{$matches: 8}}}}]\n", 5, "$matches: 8 is no text"),
        (f"{SENDS}    headers: {{x: {{$lenght: 8}}}}\n", 5, "no operator '$lenght'"),
        ("title: T\nsteps:\n  - do: drop\n    cal: x\n", 4, "'drop' has no argument 'cal'"),
        ("title: T\ngiven:\n  users:\n    $user9: {online: true}\nsteps: [{wait: 1}]\n", 4, "name 'user9'"),
        ("title: T\ngiven:\n  customers:\n  - {site: $shop}\nsteps: [{wait: 1}]\n", 4, "name 'shop'"),
        ("title: T\nsteps:\n  - do: drop\n", 3, "'drop' needs call"),
        ("- a\n", 1, "is not of type 'object'"),
        ("", 1, "is not of type 'object'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(FileError) as caught:
        loading.find([file])
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert words in str(caught.value)


def test_names_of_steps_before_are_known_also_those_of_a_repetition(tmp_path: Path) -> None:
    text = f"""{CALL}
  - repeat: 2
    steps:
      - send: users
        query: {{page: $n, key: $key}}
      - expect: crm answers users
        proves: CRM-USER-01
        as: page
  - send: call-event
    copies: 2
    entity: {{id: a-$run-$n, u: $run$n, user: $user1}}
  - send: call-event
    copies: 2
    entity: {{callExternalId: $call.id, phone: "8$n", webAnalyticsData: $n, x: $page.value.users}}
  - expect: crm sends make-call
    proves: CRM-CALL-01
    after: page
    with: {{code: {{$not: {{$matches: ^a$|b}}}}, url: https://x/$module.code}}
"""
    assert len(loading.find([write(tmp_path, text)])[0].steps) == 5


def test_a_shipped_step_that_weighs_less_than_its_row_says_why() -> None:
    for scenario in loading.find(()):
        for step in scenario.expectations:
            assert bool(step.evidence) is bool(step.because), f"{scenario.file}:{step.line}"


def test_two_files_never_share_an_id(tmp_path: Path) -> None:
    for folder in ("mine/a", "mine/b", "6-event"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "missed.yaml").write_text("title: T\nsteps: [{wait: 1}]\n")
    (tmp_path / "mine/a/missed.yml").write_text("title: T\nsteps: [{wait: 1}]\n")

    def ids(*wanted: str) -> list[str]:
        return [found.id for found in loading.find([str(tmp_path / name) for name in wanted])]

    assert ids("mine") == ["a/missed", "b/missed"]
    assert ids("mine/a/missed.yaml") == ["missed"]
    assert ids("mine/a", "mine/a/missed.yaml") == ["missed"]
    assert ids("mine/a/missed.yaml", "6-event/missed.yaml") == ["mine/a/missed", "6-event/missed"]
    assert len(set(ids("mine/a/missed.yaml", "mine/a/missed.yml"))) == 2
    # A shipped scenario keeps its id, whoever else has that path.
    found = [scenario.id for scenario in loading.find(["6-event/missed", str(tmp_path)])]
    assert sorted(found) == sorted(
        ["6-event/missed"] + [f"{tmp_path.name}/{name}/missed" for name in ("6-event", "mine/a", "mine/b")]
    )


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=r"mine\.yaml:1: "):
        loading.find([str(file)])


def test_scenarios_are_found_by_id_beginning_folder_and_file() -> None:
    everything = [found.id for found in loading.find()]
    assert everything == sorted(everything, key=lambda found: (int(found.partition("-")[0]), found))
    assert len(everything) == len(set(everything)) >= 30
    assert [s.id for s in loading.find(["6-event/missed"])] == ["6-event/missed"]
    assert {s.id.split("/")[0] for s in loading.find(["6-event", "7"])} == {"6-event", "7-call"}
    assert {s.id.split("/")[0] for s in loading.find(["1"])} == {"1-api"}
    # A chapter's word outlives its number.
    assert next(s.id for s in loading.find(["96-trouble/slow"])) == "11-trouble/slow"
    with pytest.raises(LookupError, match="nobody"):
        loading.find(["nobody"])


def test_every_chapter_has_scenarios_that_state_their_rule() -> None:
    chapters = {found.id.split("/")[0] for found in loading.find()}
    assert len(chapters) == 10
    assert all(found.rule and any(found.expectations) for found in loading.find())
