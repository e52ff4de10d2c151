"""The command line imports what the command needs; its list of commands is written down and true."""

import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.cli.deferred import Deferred

SERVER = {"flask", "werkzeug", "sqlalchemy", "granian", "lameenc"}
CLIENT = {"requests", "jsonschema", "phonenumbers", "yaml", "rich"}
COMMANDS = [command for command in main.commands.values() if isinstance(command, Deferred)]


def imported(*arguments: str) -> set[str]:
    """The libraries that a command has imported at its end."""
    code = (
        "import sys, atexit; from callproof.cli import main; "
        f"atexit.register(lambda: print('imported', *sys.modules)); main({list(arguments)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split()) & (SERVER | CLIENT)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["init", "--help"],
        ["load", "--help"],
    ],
    ids=" ".join,
)
def test_what_only_says_something_imports_no_library(arguments: list[str]) -> None:
    assert imported(*arguments) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--help"],
        ["requirements"],
        ["requirements", "--untested"],
        ["faults"],
    ],
    ids=" ".join,
)
def test_what_needs_no_end_imports_neither_a_server_nor_a_client(arguments: list[str]) -> None:
    assert imported(*arguments) <= {"jsonschema", "phonenumbers", "yaml"}


def test_what_is_kept_in_memory_alone_needs_no_database() -> None:
    assert "sqlalchemy" not in imported("check", "6-event/answered", "7-call")
    code = "import sys, callproof.cli.serve, callproof.running.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "granian" in done.stdout.split()
    assert "sqlalchemy" not in done.stdout.split()


@pytest.mark.parametrize("command", ["call", "journal", "ladder", "check", "explore"])
def test_what_asks_running_ends_starts_none(command: str) -> None:
    assert not imported(command, "--help") & {"sqlalchemy", "granian", "lameenc"}


def test_a_check_imports_no_report_that_nobody_asked_for_and_no_words_for_what_is_right() -> None:
    assert not imported("check", "--over", "memory", "6-event/missed") & {"jsonschema", "granian"}


def test_an_end_begins_without_what_plays_scenarios() -> None:
    code = "import sys; import callproof.cli.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    loaded = set(done.stdout.split())
    ours = {f"callproof.{name}" for name in ("conformance.runner", "conformance.loading", "reports.html")}
    assert not loaded & {*ours, "jsonschema", "regex", "cryptography"}


def test_the_dialect_of_postgresql_is_imported_when_it_is_asked_for() -> None:
    code = (
        "import sys; from callproof.running.pair import built_in\n"
        "with built_in():\n"
        "    print([name for name in sys.modules if name.startswith('sqlalchemy.dialects.postgresql')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_every_command_is_listed() -> None:
    assert {command.name for command in COMMANDS} == set(main.commands)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_the_list_says_of_a_command_what_the_command_says(command: Deferred) -> None:
    loaded = command.loaded()
    assert loaded.name == command.name
    assert not loaded.hidden
    for limit in (45, 60, 1000):
        assert loaded.get_short_help_str(limit) == command.get_short_help_str(limit)


def test_a_command_that_is_nearly_right_is_named() -> None:
    result = CliRunner().invoke(main, ["validat"])
    assert (result.exit_code, "validate" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("callproof va", ["validate"]),
        ("callproof validate ev", ["event"]),
        ("callproof requirements --unt", ["--untested"]),
    ],
)
def test_a_shell_is_offered_commands_options_and_choices(words: str, offered: list[str]) -> None:
    asked = {
        "_CALLPROOF_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from callproof.cli import main; main(prog_name='callproof')"],
        env={**os.environ, **asked}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert [line.rpartition(",")[2] for line in done.stdout.splitlines()] == offered, done.stderr


def test_help_of_the_group_is_that_of_click() -> None:
    """Whatever lists the commands finds them: the names in order, each with its sentence."""
    context = click.Context(main, info_name="callproof")
    assert main.list_commands(context) == sorted(main.commands)
    assert "  validate      Judge one payload on its own" in main.get_help(context)
