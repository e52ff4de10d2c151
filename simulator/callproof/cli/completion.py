"""``callproof completion``, and what a shell can complete beside commands and options.

The shell asks by running callproof with a variable of click's; then nothing but the names is looked up.
"""

import click
from click.shell_completion import CompletionItem, get_completion_class

from callproof.cli.common import echo
from callproof.errors import InternalError

PROGRAM, VARIABLE = "callproof", "_CALLPROOF_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options and names.

    \b
    bash   echo 'eval "$(callproof completion bash)"' >> ~/.bashrc
    zsh    echo 'eval "$(callproof completion zsh)"' >> ~/.zshrc
    fish   callproof completion fish > ~/.config/fish/completions/callproof.fish

    Names are those of scenarios and their chapters, of faults and of rows. Bash has to be 4.4 or newer.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise InternalError(f"click does not know {shell}.")
    echo(kind(click.get_current_context().find_root().command, {}, PROGRAM, VARIABLE).source())


def faults(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    # Only here, as in the others: whoever completes something else need not wait for it.
    from callproof.exchange.faults import catalogue

    return [CompletionItem(name, help=fault.text) for name, fault in catalogue().items() if begun in name]


def rows(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    from callproof.contract.requirements import all_requirements

    known = all_requirements().items()
    return [CompletionItem(name, help=row.text) for name, row in known if name.startswith(begun.upper())]


def scenarios(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Chapters first, their scenarios once one stands there; else files of one's own."""
    from callproof.conformance.scenario_files import scenario_files

    ids = [file.id for file in scenario_files()]
    chapters = [*dict.fromkeys(name.partition("/")[0] for name in ids)]
    names = [*chapters, *ids] if "/" in begun or begun in chapters else chapters
    found = [CompletionItem(name) for name in names if name.startswith(begun)]
    # What the shell knows by itself, which would take the place of names.
    return found or [CompletionItem(begun, type="file")]
