"""An environment variable is one that people can name, and means one thing whichever command reads it."""

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.cli.deferred import Deferred


def options() -> Iterator[tuple[str, click.Option]]:
    """Each option of each command with its variable."""
    for listed in main.commands.values():
        command = listed.loaded() if isinstance(listed, Deferred) else listed
        for option in command.params:
            if isinstance(option, click.Option) and option.envvar:
                yield str(option.envvar), option


def meaning(option: click.Option) -> object:
    """What a value of the variable has to be; two switches mean the same when they say so."""
    kind = option.type.to_info_dict()
    return option.opts[0], option.multiple, option.is_flag, kind, option.is_flag and option.help


def test_no_two_commands_take_one_variable_for_different_things() -> None:
    known: dict[str, object] = {}
    clashes = {
        name for name, option in options() if known.setdefault(name, meaning(option)) != meaning(option)
    }
    assert clashes == set()


def test_every_variable_can_be_written_in_a_shell_and_read() -> None:
    names = {name for name, _ in options()}
    assert len(names) > 50
    assert [name for name in names if not re.fullmatch(r"CALLPROOF(_[A-Z]+)+", name)] == []


@pytest.mark.parametrize("command", ["journal", "calls", "cards"])
def test_variables_of_other_commands_stop_none(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLPROOF_LIMIT", "crm-request-bytes=65536")
    monkeypatch.setenv("CALLPROOF_JSON", "report.json")
    monkeypatch.setenv("CALLPROOF_CRM_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CALLPROOF_URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 3, result.output
