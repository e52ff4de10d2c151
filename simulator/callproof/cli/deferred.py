"""A command that is known by name and imported when it is used."""

from importlib import import_module

import click


class Deferred(click.Command):
    """Stands for the command ``name`` in lists and completions; ``help`` is its first sentence."""

    def __init__(self, name: str, module: str, help: str) -> None:  # noqa: A002
        super().__init__(name, help=help)
        self.module = module

    def loaded(self) -> click.Command:
        """The command itself."""
        found = getattr(import_module(self.module), str(self.name))
        assert isinstance(found, click.Command), f"{self.module} has no command {self.name}"
        return found
