"""A shell completes commands, options and names by what ``callproof completion`` prints."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.conformance.scenario_files import scenario_files
from callproof.errors import UnknownName, did_you_mean
from callproof.exchange.faults import catalogue, named

PROGRAM = f"#!{sys.executable}\nfrom callproof.cli import main\nmain()\n"
# As bash does it when somebody presses the key after the last of the words.
PRESSED = """\
eval "$(callproof completion bash)"
COMP_WORDS=({words}) COMP_CWORD={last}
_callproof_completion callproof
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Where callproof is found, as it is named by whoever has installed it."""
    program = tmp_path / "callproof"
    program.write_text(PROGRAM, "utf-8")
    program.chmod(0o755)
    return os.pathsep.join([str(tmp_path), os.environ["PATH"]])


def pressed(path: str, *words: str) -> list[str]:
    """What bash offers after these words, the last of which has begun."""
    script = PRESSED.format(words=" ".join(f"'{word}'" for word in ("callproof", *words)), last=len(words))
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    # compopt wants a real completion, which nobody has asked for here.
    complaints = [line for line in done.stderr.splitlines() if "compopt" not in line]
    assert complaints == []
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("che",), ["check"]),
        (("serve", "--crm-p"), ["--crm-port", "--crm-public-url"]),
        (("serve", "--clock", ""), ["real", "manual"]),
        (("requirements", "crm-history-06"), ["CRM-HISTORY-06"]),
        (("check", "3-history/read"), ["3-history/read-back"]),
        (("check", "3-"), ["3-history"]),
        (("check", "--fault", "crm-overl"), ["crm-overloaded"]),
    ],
    ids=" ".join,
)
def test_bash_completes(path: str, words: tuple[str, ...], offered: list[str]) -> None:
    assert pressed(path, *words) == offered


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete")]
)
def test_each_shell_gets_a_script_that_asks_callproof(shell: str, word: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert (result.exit_code, word in result.output) == (0, True)
    assert f"_CALLPROOF_COMPLETE={shell}_complete" in result.output


def test_a_name_that_is_mistyped_is_told_the_nearest() -> None:
    for wrong, right in (
        ("3-histry/read-back", "3-history/read-back?"),
        ("read-bak", "3-history/read-back?"),
        ("3-histori", "3-history"),
    ):
        with pytest.raises(
            UnknownName, match=f"is named '{wrong}'; did you mean {right}".replace("?", r"\?")
        ):
            scenario_files([wrong])
    with pytest.raises(UnknownName, match="did you mean crm-overloaded"):
        named("crm-overloded")
    assert did_you_mean("something else", catalogue().keys()) == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "Did you mean 'check'?"),
        (["serve", "--crm-prot", "1"], "'--crm-port'"),
        (["check", "--fault", "crm-overloded"], "crm-overloaded? callproof faults lists them."),
        (["check", "--config", "none.yaml"], "File 'none.yaml' does not exist; callproof init writes one."),
    ],
)
def test_a_mistake_at_the_command_line_is_told_what_to_type(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output
